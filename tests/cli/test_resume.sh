#!/usr/bin/env bash
# A rerank that is cut off, by kill -9 or by Ctrl-C, goes on with --resume, and the result is the
# same to the byte as without the break.
source "$(dirname "$0")/harness.sh"

# 63 queries of 20 passages: long enough to be cut off.
for copy in $(seq 0 2); do
    awk -F '\t' -v OFS='\t' -v copy="$copy" '{ print copy "-" $1, $2 }' "$novel_eval/queries.tsv"
done >queries.tsv
while IFS=$'\t' read -r qid _; do
    for passage in $(seq 0 19); do
        echo "$qid Q0 ${qid#*-}-$passage $((passage + 1)) $((20 - passage)) bm25"
    done
done <queries.tsv >run.trec
input=(--input run.trec --queries queries.tsv --corpus "$novel_eval/corpus.tsv" --p-max-len 32)

# cut_off SIGNAL FORMAT: sends SIGNAL once a tenth of the result is in the part file.
cut_off() {
    local part=$2.cut.part enough
    enough=$(($(wc -c <"$2.whole") / 10))
    rm -f "$2.cut" "$part"
    command_line="dear rerank ... --format $2 --output $2.cut, sent $1"
    "$DEAR" rerank --model "$tiny_model" --precision f32 "${input[@]}" --format "$2" \
        --output "$2.cut" >out 2>err &
    local child=$!
    for _ in $(seq 3000); do
        [ ! -e "$part" ] || [ "$(wc -c <"$part")" -lt $enough ] || break
        kill -0 $child 2>/dev/null || break
        sleep 0.01
    done
    kill -"$1" $child 2>/dev/null || complain "it ended before it could be cut off"
    status=0
    wait $child 2>/dev/null || status=$?
}

for format in trec json jsonl dpr tsv; do
    rerank "${input[@]}" --format $format --output $format.whole
    expect 0 "$format without a break"
    [ -s $format.whole ] || finish

    cut_off KILL $format
    expect 137 "kill -9"
    [ ! -e $format.cut ] || complain "$format: a result under its name though it was cut off"
    [ -s $format.cut.part ] || complain "$format: no part file"
    rerank "${input[@]}" --format $format --output $format.cut --resume
    expect 0 "$format resumed"
    expect_same $format.cut $format.whole "$format resumed"
    expect_no $format.cut.part "$format resumed"
done

cut_off INT trec
expect 1 "Ctrl-C"
expect_in err '--resume' "Ctrl-C says how to go on"
[ ! -e trec.cut ] || complain "Ctrl-C: a result under its name though it was cut off"
rerank "${input[@]}" --format trec --output trec.cut --resume
expect 0 "resumed after Ctrl-C"
expect_same trec.cut trec.whole "resumed after Ctrl-C"

# A finished result is left as it is; a part file of other input is refused.
rerank "${input[@]}" --format trec --output trec.cut --resume
expect 0 "--resume with the result finished"
expect_same trec.cut trec.whole "--resume with the result finished"
cut_off KILL trec
cp trec.cut.part before
rerank --input "$novel_eval/data.json" --format trec --output trec.cut --resume
expect_error 1 "--resume of another input's part" 'trec.cut'
expect_same trec.cut.part before "a refused part file stays as it was"

finish
