#!/usr/bin/env bash
# `dear leaderboard`: which rows are verified and why others are not, and the page in a browser.
source "$(dirname "$0")/harness.sh"
source "$(dirname "$0")/browser.sh"

mkdir board
awk '{ print $1, "Q0", $3, ++n[$1], 1000 - n[$1], "t" }' "$novel_eval/qrels.txt" >board/order.trec
sort -k1,1 -k4,4nr "$novel_eval/qrels.txt" |
    awk '{ print $1, "Q0", $3, ++n[$1], 1000 - n[$1], "t" }' >board/ideal.trec
cp "$novel_eval/qrels.txt" board/qrels.txt

value() {
    "$DEAR" eval "$novel_eval/qrels.txt" board/"$1" -m "$2" | awk '{ print $3 }'
}
digest() {
    sha256sum "board/$1" | cut -d' ' -f1
}

# result FILE NAME RUN NDCG10 SECONDS [MORE]: a result with the true MAP and that nDCG@10.
result() {
    cat >"board/$1" <<END
{"schema": "dear-result/1", "name": "$2", "model": "a-model", "run": {"path": "$3",
 "sha256": "$(digest "$3")"}, "seconds_per_query": $5, "machine": "2 cores", "version": "0.1.0",
 "date": "2026-11-23T20:15:00Z", "measures": {"ndcg_cut_10": $4, "map": $(value "$3" map)}
 ${6-, \"dataset\": \"noveleval\"}}
END
}
result order.json Order order.trec "$(value order.trec ndcg_cut.10)" 0.5
result ideal.json Ideal ideal.trec 1 12
result qrels.json 'Own judgments' order.trec "$(value order.trec ndcg_cut.10)" 3 \
    ', "qrels": {"path": "qrels.txt", "sha256": "'"$(digest qrels.txt)"'"}'
result boast.json '<script>attacked=1</script>' order.trec 0.99 9
result unknown.json Unknown order.trec 0.5 1 ', "dataset": "unheard-of"'
result none.json Nothing order.trec 0.6 1 ''
# lesser FILE SCRIPT: the ideal result, its numbers a little lower, changed by a script of sed's.
lesser() {
    sed 's/"ndcg_cut_10": 1,/"ndcg_cut_10": 0.9,/; s/: 12,/: 11,/;'"$2" board/ideal.json >"board/$1"
}
lesser changed.json 's/Ideal/Changed/; s/"sha256": "../"sha256": "00/'
lesser gone.json 's/Ideal/Gone/; s/ideal.trec/gone.trec/'
lesser odd.json 's/Ideal/Odd/; s/"map"/"no_such_measure"/'
cp "$novel_eval/data.json" board/data.json

run leaderboard board --output board.html --markdown board.md --published
expect 0 "a leaderboard"
[ ! -s err ] || complain "no warning expected: runs are passed over"
verified() {
    expect_in board.md "^\| $1 \| .* \| verified \|" "$1"
}
unverified() {
    expect_in board.md "^\| $1 .* \| unverified: .*$2" "$1"
}
verified Order
verified Ideal
verified 'Own judgments'
unverified '&lt;script&gt;attacked=1&lt;/script&gt;' 'ndcg_cut_10 is 0\.[0-9]{4}, not 0\.9900'
unverified Unknown unheard-of
unverified Nothing 'neither judgments nor a data set'
unverified Changed 'the run is another file now'
unverified Gone 'gone\.trec: No such file'
unverified Odd no_such_measure
expect_in board.md '^9 results, 3 of them verified' "the count"
expect_in board.md '^\| DeAR-L-8B \(as published.*92\.0' "published rows"
[ "$(grep -n '^| Ideal' board.md | cut -d: -f1)" -lt "$(grep -n '^| Order' board.md | cut -d: -f1)" ] ||
    complain "the better of a data set stands first"

look_at_a_faulty_page
look_at "$work/board.html"
sorted() {
    grep -qF "sorted by $1: $2" findings ||
        complain "sorted by $1: \"$2\" expected, not \"$(grep -F "sorted by $1" findings)\""
}
sorted 'Run, ascending' '&lt;script&gt;attacked=1&lt;/script&gt;'
sorted 's/query, descending' Ideal
sorted 's/query, ascending' Order
sorted 'nDCG@10, descending' Ideal
sorted 'nDCG@10, ascending' Unknown

# Judgments that have changed since; files that are no results.
echo '0 0 new 1' >>board/qrels.txt
echo '{"schema": "dear-result/1", "surprise": 1}' >board/surprise.json
printf '{\n"a": ' >board/torn.json
run leaderboard board --output board.html --markdown board.md
expect 0 "invalid files"
expect_in err '2 files of board are no result' "a warning"
unverified 'Own judgments' 'judgments is another file'
expect_in board.md 'surprise\.json.*surprise' "what is wrong with it"
expect_in board.md 'torn\.json.*line 2' "where it is torn"
look_at "$work/board.html"
run leaderboard board --output strict.html --strict
expect_error 1 "--strict" '2 files of board'
[ -s strict.html ] || complain "--strict writes the page too"

mkdir empty
run leaderboard empty --output empty.html
expect 0 "an empty folder"
run leaderboard absent --output absent.html
expect_error 1 "no such folder" absent
expect_no absent.html "no such folder"
run leaderboard
expect 2 "no folder"

finish
