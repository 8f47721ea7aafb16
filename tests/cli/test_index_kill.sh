#!/usr/bin/env bash
# An index whose making is cut off, by kill -9 at any moment or by Ctrl-C, is gone on with by
# --resume; the old index stays until the new one is whole, and the new one answers as one that was
# made without a break.
source "$(dirname "$0")/harness.sh"

# 91,432 passages: long enough to be cut off, in several batches.
zcat "$SHIPPED/vaswani/doc-text.trec.gz" |
    awk '/^<DOCNO>/ { gsub(/<[^>]*>/, ""); id = $0; text = ""; next }
         /^<\/DOC>/ { for (copy = 0; copy < 8; copy++) print copy "-" id "\t" text " copy" copy; next }
         !/^<DOC>/ { text = text " " $0 }' >corpus.tsv
queries=$SHIPPED/vaswani/query-text.trec

begun=$(date +%s%N)
run index corpus.tsv --output whole.index
expect 0 "index without a break"
took=$((($(date +%s%N) - begun) / 1000000)) # ms
run retrieve whole.index --queries "$queries" --top-k 50 --format jsonl --output whole.jsonl
expect 0 "retrieve without a break"
[ -s whole.jsonl ] || finish

run index "$SHIPPED/vaswani/doc-text.trec.gz" --output cut.index
expect 0 "the index that is to be replaced"
cp cut.index old.index

# cut_off SIGNAL MILLISECONDS: sends SIGNAL so long after the start, if it has not ended by then.
cut_off() {
    command_line="dear index corpus.tsv --output cut.index --resume, sent $1 after $2 ms"
    "$DEAR" index corpus.tsv --output cut.index --resume >out 2>err &
    local child=$!
    sleep "$(awk -v ms="$2" 'BEGIN { print ms / 1000 }')"
    kill -"$1" $child 2>/dev/null
    status=0
    wait $child 2>/dev/null || status=$?
}

RANDOM=$$
kills=0
for _ in $(seq 8); do
    cut_off KILL $((took / 20 + RANDOM % (took / 2)))
    if [ "$status" -eq 0 ]; then # it came to its end first
        cp old.index cut.index
        continue
    fi
    kills=$((kills + 1))
    expect 137 "kill -9"
    [ -e cut.index.part ] || complain "no part file after kill -9"
    expect_same cut.index old.index "the old index after kill -9"
done
[ $kills -ge 3 ] || complain "only $kills of 8 kills came before the end"

cut_off INT $((took / 4))
if [ "$status" -ne 0 ]; then
    expect 1 "Ctrl-C"
    expect_in err 'stopped after' "Ctrl-C"
    expect_same cut.index old.index "the old index after Ctrl-C"
fi

run index corpus.tsv --output cut.index --resume
expect 0 "resumed to the end"
[ ! -e cut.index.part ] || complain "the part file is still there"
[ ! -e cut.index.part-journal ] || complain "a journal is still there"
run retrieve cut.index --queries "$queries" --top-k 50 --format jsonl --output cut.jsonl
expect 0 "retrieve after the breaks"
expect_same cut.jsonl whole.jsonl "the answers after $kills kills"

# A part of another corpus, or of other settings, is refused and stays; without --resume it is begun
# anew.
cut_off KILL $((took / 2))
if [ "$status" -eq 137 ] && [ "$(wc -c <cut.index.part)" -gt 1000000 ]; then
    run index corpus.tsv --stopwords long --output cut.index --resume
    expect_error 1 "--resume with other settings" 'cut.index.part' 'other settings'
    run index "$SHIPPED/vaswani/doc-text.trec.gz" --output cut.index --resume
    expect_error 1 "--resume with another corpus" 'cut.index.part' 'without --resume'
fi
run index "$SHIPPED/vaswani/doc-text.trec.gz" --output cut.index
expect 0 "begun anew"
expect_no cut.index.part "begun anew"

finish
