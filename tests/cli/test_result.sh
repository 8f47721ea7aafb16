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

# eval puts the measures in, and keeps what is said of the same run.
run eval noveleval run.trec --result result.json
expect 0 "eval --result"
expect_field name '"Tiny, \\"quoted\\""'
expect_field model '"seqcls"'
expect_field queries 21
run eval noveleval run.trec -m nDCG@10 -m map --format csv
grep '^all' out | tr -d '\r' | cut -d , -f 2- | tr , '\n' | cut -c 1-8 >measured
expect_field map "$(sed -n 1p measured)[0-9]*"
expect_field ndcg_cut_10 "$(sed -n 2p measured)[0-9]*"
[ "$(grep -cE '^ *"(ndcg_cut_(1|5|10)|map|recip_rank_cut_10|P_10|recall_100)":' result.json)" -eq 7 ] ||
    complain "result.json: not the seven measures"
grep -A 1 '"qrels"' result.json | grep -q '"sha256"' || complain "qrels elsewhere: no path expected"
cp "$novel_eval/qrels.txt" qrels.txt
run eval qrels.txt run.trec --result result.json -m P.3 --method other --seconds-per-query 2.5
expect 0 "eval --result again"
grep -A 1 '"qrels"' result.json | grep -q '"path": "qrels.txt"' || complain "qrels beside: no path"
expect_field method '"other"'
expect_field seconds_per_query 2.5
expect_field P_3 '[0-9.]+'
expect_field map '[0-9.]+'

# A result of another run gives way; a file that is no result does not.
sed 's/dear$/other/' run.trec >other.trec
run eval noveleval other.trec --result result.json --name other
expect 0 "eval --result of another run"
expect_field name '"other"'
expect_field dataset '"noveleval"'
grep -q model result.json && complain "the other run's model is kept"
echo '{"schema": "dear-result/1", "runs": 1}' >wrong.json
cp wrong.json before.json
run eval noveleval run.trec --result wrong.json
expect_error 1 "a file that is no result" 'wrong.json: "runs" is not a field'
expect_same wrong.json before.json "a file that is no result"
run eval noveleval run.trec --result qrels.txt
expect_error 1 "--result names the judgments" 'qrels.txt: line 1'
run eval noveleval - --result result.json <run.trec
expect 2 "a run from standard input"
run eval noveleval run.trec --result result.json -J
expect 2 "measures that are not as they are defined"
run eval noveleval run.trec --model x
expect 2 "--model without --result"
finish
