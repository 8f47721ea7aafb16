# Sourced, after the harness, by tests that look at pages in a browser: headless Chromium, which is
# found here or the test is skipped.
# shellcheck shell=bash disable=SC2034,SC2154 # the harness sets work and reads the others

browser=$(command -v chromium || command -v chromium-browser) || {
    echo "skipped: chromium is not installed"
    exit 77
}
look_page=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/browser/look.html

# browse SCHEME PAGE: the findings of browser/look.html in the file findings, a line each; what the
# page's console says in the file console. SCHEME is light or dark.
browse() {
    local scheme=1
    [ "$1" = light ] || scheme=0
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$work/browser" --allow-file-access-from-files \
        --blink-settings=preferredColorScheme=$scheme --enable-logging=stderr \
        --virtual-time-budget=20000 --dump-dom "file://$look_page?page=file://$2" \
        >dom 2>browser.log || true
    grep CONSOLE browser.log >console || true
    sed 's/<li>/\n&/g; s/<\/li>/&\n/g' dom | sed -n 's/^<li>\(.*\)<\/li>$/\1/p' >findings
}

# look_at PAGE: complains of all that does not hold at 375 and 1280 pixels, light and dark.
look_at() {
    local scheme width
    for scheme in light dark; do
        browse $scheme "$1"
        command_line="$browser $1 ($scheme)"
        status=0
        grep -q '^done$' findings || complain "$1: the browser did not look to the end"
        ! grep '^FAULT' findings >out || complain "$1, $scheme: $(head -n 3 out)"
        [ ! -s console ] || complain "$1, $scheme: the console says $(head -n 3 console)"
        for width in 375 1280; do
            grep -q "^looked at $width $scheme" findings ||
                complain "$1: not seen at $width, $scheme"
        done
    done
}

# The looking itself must see: a page with a fault of each kind has them found.
look_at_a_faulty_page() {
    cat >faulty.html <<'END'
<!DOCTYPE html><html><head><style>p { color: #999; background: #fff }</style></head><body>
<h1>Heading</h1><h3>Skipped</h3><p id="a">pale</p><p id="a" style="width: 3000px">wide</p>
<table><thead><tr><td>no caption</td></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>
<script src="missing.js"></script><script>window.attacked = true; console.error("seen")</script>
</body></html>
END
    browse light "$work/faulty.html"
    command_line="$browser faulty.html"
    status=0
    local fault
    for fault in 'contrast 2\.' 'the page is [0-9]* wide' 'no language' 'no title' 'H3 after H1' \
        'id a is there twice' 'without caption' 'a heading of' 'has other cells' \
        'needs missing.js' 'a script of a file ran'; do
        grep -qE "^FAULT at 375: .*$fault" findings || complain "the looking misses \"$fault\""
    done
    grep -q seen console || complain "the looking does not hear the console"
}
