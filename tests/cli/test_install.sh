#!/usr/bin/env bash
# An installed libdear: examples/rerank.c builds against it as its first line says, and runs.
source "$(dirname "$0")/harness.sh"

: "${SOURCE:?}" "${BUILD:?}"

# step WHAT COMMAND...
step() {
    command_line=${*:2} status=0 ran=$((ran + 1))
    "${@:2}" >out 2>err || status=$?
    expect 0 "$1"
}

step "installation" cmake --install "$BUILD" --prefix "$work/usr"
export PKG_CONFIG_PATH=$work/usr/lib/pkgconfig LD_LIBRARY_PATH=$work/usr/lib
step "pkg-config" pkg-config --cflags --libs dear
read -ra flags <out
step "compiling the example" cc -Wall -Wextra -Werror "$SOURCE/examples/rerank.c" "${flags[@]}" -o rerank
DEAR_MODEL=$tiny_model step "the example" ./rerank
[ "$(grep -c '' out)" -eq 3 ] || complain "the example: three passages ranked"
cut -d ' ' -f 2- out | sort -c -g -r || complain "the example: scores fall"

DEAR=$work/usr/bin/dear
run --version
expect 0 "the installed program"

finish
