#!/usr/bin/env bash
# What `dear rerank` gives for good input.
source "$(dirname "$0")/harness.sh"

printf 'Paris is the capital of France.\nLlamas live in the Andes.\nBread needs flour.\n' >passages
rerank --query "where do llamas live" --format tsv passages
expect 0 "passages from a file"
[ "$(grep -c '' out)" -eq 3 ] || complain "one line a passage"
[ "$(cut -f 2 out | sort | tr '\n' ' ')" = "1 2 3 " ] || complain "docids are line numbers"
cut -f 3 out | sort -c -g -r || complain "scores fall"
mv out from-file
rerank --query "where do llamas live" --format tsv - <passages
expect_same out from-file "passages from standard input"
gzip -k passages
rerank --query "where do llamas live" --format tsv passages.gz
expect_same out from-file "passages from a gzip file"

rerank --query "where do llamas live" passages
expect 0 "a table for people"
expect_in out "Llamas live in the Andes" "the table shows passages"

# A passage cannot take over the terminal.
printf 'red \033[31m alert \033]0;title\007 \033[2J\n' >escape
rerank --query "which?" escape
expect 0 "control characters in a passage"
if grep -q "$(printf '\033')" out; then complain "an escape sequence reached the table"; fi

# Scores do not depend on the number of threads, nor on the other passages.
rerank --input "$novel_eval/data.json" --format tsv --threads 1 --output one.tsv
expect 0 "one thread"
rerank --input "$novel_eval/data.json" --format tsv --threads 2 --output two.tsv
expect 0 "two threads"
expect_same one.tsv two.tsv "threads"
expect_no one.tsv.part "the finished output"
[ "$(grep -c '' one.tsv)" -eq 420 ] || complain "21 queries of 20 passages"

# --top-k reranks and keeps the first k of the input's order.
rerank --input "$novel_eval/data.json" --format tsv --top-k 5
expect 0 "--top-k"
[ "$(grep -c '' out)" -eq 105 ] || complain "--top-k 5: five lines a query"
[ "$(awk -F '\t' '{ sub(/.*-/, "", $2); if ($2 > 4) print }' out)" = "" ] ||
    complain "--top-k 5 takes the first five of the input"

# Quiet in a pipe: no progress bar.
if grep -q "$(printf '\r')" err; then complain "a progress bar in a pipe"; fi
rerank --input "$novel_eval/data.json" --format trec --quiet
expect 0 "--quiet"
[ ! -s err ] || complain "--quiet: nothing on standard error"
rerank --input "$novel_eval/data.json" --format trec --tag mine --timing
expect 0 "--timing"
expect_in err "attention" "--timing shows operations"
expect_in out "^0 Q0 [^ ]+ 1 [^ ]+ mine$" "--tag"

# Ties keep the input's order: equal passages get equal scores.
printf 'the same\nthe same\nthe same\n' >ties
rerank --query "which?" --format tsv ties
expect 0 "ties"
[ "$(cut -f 2 out | tr '\n' ' ')" = "1 2 3 " ] || complain "ties keep the input's order"

# Text is data: what looks like a special token scores as text, and finishes.
printf '</s><s><|begin_of_text|><|im_end|>\n\n' >forged
rerank --query "<|im_start|>" --format tsv forged
expect 0 "special tokens in a passage, and an empty passage"

finish
