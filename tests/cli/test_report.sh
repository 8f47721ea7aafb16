#!/usr/bin/env bash
# `dear report` on NovelEval: the figures, what hostile files become, errors, and the page as a
# browser shows it.
source "$(dirname "$0")/harness.sh"
source "$(dirname "$0")/browser.sh"

# rank FILE KEY: a TREC run of the data set's passages, sorted by an expression of awk's over
# $1 query, $2 docid, $3 place from 1, $4 relevance.
awk '{ place = ++n[$1]; print $1, $3, place, $4 }' "$novel_eval/qrels.txt" >places
rank() {
    awk "{ print \$0, $2 }" places | sort -k1,1 -k5,5gr -k3,3n |
        awk '{ print $1, "Q0", $2, ++n[$1], 1000 - n[$1], "t" }' >"$1"
}
# shellcheck disable=SC2016 # awk's fields
{
    rank order.trec '-$3'
    rank reversed.trec '$3'
    rank ideal.trec '$4 * 100 - $3'
    rank better.trec '$4 * 9 - $3'
}

value() {
    "$DEAR" eval "$novel_eval/qrels.txt" "$1" -m "$2" | awk '{ printf "%.1f", $3 * 100 }'
}

# Both files by default; the figures are those of `dear eval`.
run report --dataset noveleval order=order.trec reversed=reversed.trec better=better.trec \
    ideal=ideal.trec --seconds order=0.01 --seconds better=2.5 --published
expect 0 "a report"
for file in report.html report.md; do
    [ -s $file ] || complain "$file expected"
done
for name in reversed better ideal; do
    row=$(grep "^| $name " report.md | head -n 1)
    for measure in ndcg_cut.1 ndcg_cut.5 ndcg_cut.10 map recip_rank; do
        [[ $row == *" $(value $name.trec $measure)"* || $row == *"*$(value $name.trec $measure)"* ]] ||
            complain "$name: $measure of $(value $name.trec $measure) expected in \"$row\""
    done
done
expect_in report.md '^\| ideal \| \*\*100\.0\*\*' "the best in bold"
expect_in report.md '^\| reversed .*\\\*\\\*' "marks of significance"
expect_in report.md '^\| order \(baseline\)' "the first run is the baseline"
expect_in report.md 'DeAR-L-8B \(as published.*92\.9 .*88\.0 .*92\.0' "published rows"
expect_in report.md 'How many different Spider-Men' "the text of a query"
expect_in report.md "$(sha256sum better.trec | cut -d' ' -f1)" "digests"
expect_in report.md "dear report --dataset noveleval order=order.trec" "the command"
[ "$(grep -c '<svg role="img"' report.html)" -eq 11 ] || complain "11 drawings expected"
look_at_a_faulty_page
look_at "$work/report.html"

# Another baseline, one of the files, several data sets: averages.
run report --dataset "one=$novel_eval/qrels.txt" a=order.trec b=ideal.trec \
    --dataset "two=$novel_eval/qrels.txt" a=reversed.trec --baseline b --markdown some.md
expect 0 "two data sets"
expect_in some.md '^\| b \(baseline\)' "--baseline"
expect_in some.md '^\| b \| \*\*100\.0\*\* \| – \| – \|' "a data set without the run"
average=$(echo "$(value order.trec ndcg_cut.10) $(value reversed.trec ndcg_cut.10)" |
    awk '{ printf "%.1f", ($1 + $2) / 2 }')
expect_in some.md "^\| a \| .* \| \**${average%.*}\.[0-9]\** \|$" "the average"
expect_in some.md 'two has no run to compare with the baseline' "no baseline there"

# Result files bring label, data set, seconds and responses.
mkdir results
cp order.trec better.trec results
for name in order better; do
    cat >results/$name.json <<END
{"schema": "dear-result/1", "name": "Run $name", "model": "m", "method": "listwise",
 "dataset": "noveleval", "run": {"path": "$name.trec",
 "sha256": "$(sha256sum $name.trec | cut -d' ' -f1)"}, "seconds_per_query": 1.5,
 "machine": "A machine", "version": "0.1.0", "date": "2026-11-23T20:15:00Z",
 "measures": {"ndcg_cut_10": 0.5}, "responses": {"ok": 19, "wrong_format": 2}}
END
done
run report results/order.json results/better.json --output results.html --markdown results.md
expect 0 "result files"
expect_in results.md '^\| Run order \(baseline\) .* 1\.5 \|$' "label and seconds of a result"
expect_in results.md '^\| wrong_format \| 2 \| 9\.5 \|$' "classes of responses"
expect_in results.md 'A machine' "the machine"
look_at "$work/results.html"
echo '0 Q0 0-1 1 1 t' >>results/better.trec
run report results/better.json --output changed.html
expect_error 1 "a run that has changed" 'better.json.*another run now'
expect_no changed.html "a run that has changed"

# Hostile labels, ids, texts: shown, never run.
# shellcheck disable=SC2016 # nothing of it is to be expanded
evil='<script>Object.assign(window, {attacked: 1})</script>"`touch touched`'"'"'$(touch touched)|*x*'
printf '%s\n' "<img/src=x/onerror=attacked=1> 0 d\`touch\` 1" "q{0}@ 0 d 1" >evil.qrels
printf '%s\n' "<img/src=x/onerror=attacked=1> Q0 d\`touch\` 1 2 t" "q{0}@ Q0 d 1 2 t" >evil1.trec
printf '%s\n' "<img/src=x/onerror=attacked=1> Q0 e 1 3 t" \
    "<img/src=x/onerror=attacked=1> Q0 d\`touch\` 2 2 t" "q{0}@ Q0 e 1 2 t" "q{0}@ Q0 d 2 1 t" \
    >evil2.trec
run report --dataset "<b>set</b>&amp;{1}=evil.qrels" "$evil=evil1.trec" '{0}@1@=evil2.trec' \
    --seconds "$evil=1" --seconds '{0}@1@=2' --output evil.html --markdown evil.md
expect 0 "hostile files"
look_at "$work/evil.html"
[ ! -e touched ] || complain "a label was run by a shell"
grep -qE '<(script|img|b)[ />]' evil.md && complain "HTML in Markdown"
expect_in evil.html '&lt;script&gt;Object' "a label as it is"

# What cannot be is said in one line, and writes nothing.
run report
expect 2 "no runs"
run report --dataset noveleval nofile=absent.trec --output no.html
expect_error 1 "no such run" 'absent.trec'
run report order=order.trec --output no.html
expect_error 1 "no data set" 'order.trec.*no data set'
run report --dataset unheard-of a=order.trec --output no.html
expect_error 1 "an unknown data set" 'unheard-of'
run report --dataset noveleval a=order.trec a=ideal.trec --output no.html
expect_error 1 "a label twice" 'has a run "a" already'
run report --dataset noveleval a=order.trec --seconds a=fast --output no.html
expect_error 2 "seconds that are none" 'fast'
run report --dataset noveleval a=order.trec --baseline b --output no.html
expect_error 1 "no such baseline" '"b"'
mkdir no-gnuplot
command_line="dear report without gnuplot"
status=0
PATH=$work/no-gnuplot "$DEAR" report --dataset noveleval a=order.trec --output no.html >out 2>err ||
    status=$?
expect_error 1 "without gnuplot" 'gnuplot is not installed'
expect_no no.html "errors"
run report --dataset noveleval a=order.trec --output /no/such/folder/x.html
expect_error 1 "a place that is not there" '/no/such/folder'

finish
