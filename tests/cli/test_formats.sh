#!/usr/bin/env bash
# convert-run: between all formats and back, shards joined.
source "$(dirname "$0")/harness.sh"

convert() { # TARGET FORMAT INPUT...
    local target=$1 format=$2
    shift 2
    run convert-run "$@" --to "$format" --output "$target"
    expect 0 "convert-run to $format"
    [ -s "$target" ] || complain "convert-run to $format: an empty file"
}

rerank --input "$novel_eval/data.json" --format json --output whole.json
expect 0 "rerank to json"

texts=(--queries "$novel_eval/queries.tsv" --corpus "$novel_eval/corpus.tsv")
for format in json dpr jsonl; do
    convert there.$format $format whole.json
    convert back.json json there.$format
    expect_same back.json whole.json "$format and back"
    gzip -kf there.$format
    convert back.json json there.$format.gz
    expect_same back.json whole.json "$format.gz and back"
    convert back.json json - <there.$format
    expect_same back.json whole.json "$format from standard input and back"
done
for format in trec tsv; do
    convert there.$format $format whole.json
    convert back.json json there.$format "${texts[@]}"
    expect_same back.json whole.json "$format and back"
    convert again.$format $format there.$format
    expect_same again.$format there.$format "$format to itself"
done

# The order of a run survives every format, whatever its scores are.
ranks_of() {
    awk '{ print $1, $3 }' "$1"
}
convert first.trec trec "$novel_eval/data.json"
for format in json dpr jsonl; do
    convert first.$format $format "$novel_eval/data.json"
    convert back.trec trec first.$format
    expect_same <(ranks_of back.trec) <(ranks_of first.trec) "the order after $format"
done
# A search engine's order; the numbers are those of an independent computation.
run eval "$novel_eval/qrels.txt" first.trec -m ndcg_cut.1,5,10
expect 0 "eval of the first stage"
for line in 'ndcg_cut_1 .*all.*0\.6429' 'ndcg_cut_5 .*all.*0\.5824' 'ndcg_cut_10 .*all.*0\.6503'; do
    expect_in out "$line" "the first stage's nDCG"
done

# Parts of a sharded rerank, joined, are the whole.
for shard in 0 1 2 3; do
    rerank --input "$novel_eval/data.json" --format trec --shard $shard/4 --output part.$shard
    expect 0 "--shard $shard/4"
done
convert whole.trec trec whole.json
convert joined.trec trec part.0 part.1 part.2 part.3
# Column 6 is the tag, which belongs to the run that wrote it.
lists_of() {
    cut -d ' ' -f 1-5 "$1" | sort
}
expect_same <(lists_of joined.trec) <(lists_of whole.trec) "the shards joined"
run convert-run part.0 part.0 --to trec --output twice
expect_error 1 "the same part twice" 'part.0'
expect_no twice "the same part twice"

# Ids that a format cannot carry are refused, not bent.
printf '[{"query": "q", "hits": [{"content": "c", "qid": "1", "docid": "a b"}]}]' >space.json
run convert-run space.json --to trec --output result
expect_error 1 "a docid with a space in a TREC run" 'a b'
expect_no result "a docid with a space in a TREC run"

finish
