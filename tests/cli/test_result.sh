#!/usr/bin/env bash
# --result: the file that says what a run was and what it measured.
source "$(dirname "$0")/harness.sh"

input=$novel_eval/data.json

# field NAME: a line of result.json that holds that field
expect_field() { # NAME VALUE
    grep -qE "^ *\"$1\": $2,?\$" result.json || complain "result.json: \"$1\" is not $2"
}

rerank --input "$input" --output run.trec --result result.json --name 'Tiny, "quoted"' \
    --dataset noveleval
expect 0 "rerank --result"
digest=$(sha256sum run.trec | cut -d ' ' -f 1)
expect_field schema '"dear-result/1"'
expect_field name '"Tiny, \\"quoted\\""'
expect_field model '"seqcls"'
expect_field method '"pointwise"'
expect_field dataset '"noveleval"'
expect_field path '"run.trec"'
expect_field sha256 "\"$digest\""
expect_field queries 21
expect_field seconds_per_query '[0-9.e-]+'
expect_field machine '".+, [0-9]+ threads?"'
expect_field version '"[0-9.]+"'
expect_field date '"20[0-9-]+T[0-9:]+Z"'

mkdir below
rerank --input "$input" --output below/run.trec --result below.json
expect 0 "rerank --result in the folder above the run"
grep -q '"path": "below/run.trec"' below.json || complain "below.json: not the path from its folder"

rerank --input "$input" --output run.trec --result below/result.json
expect 2 "a run that is not below the result's folder"
expect_in err 'run.trec: is not below the folder of below/result.json' "run outside"
expect_no below/result.json "run outside"
rerank --input "$input" --result result.json
expect 2 "--result without --output"
rerank --input "$input" --output run.trec --result run.trec
expect 2 "--result and --output are one file"
rerank --input "$input" --output run.txt --format table --result result.json
expect 2 "--result of a table"
rerank --input "$input" --output run.trec --name x
expect 2 "--name without --result"
rerank --query x --result result.json "$novel_eval/queries.tsv"
expect 2 "--result of one query"
finish
