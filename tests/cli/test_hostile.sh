#!/usr/bin/env bash
# Broken input: exit code 1, one sentence that names file and place, and no output file left.
source "$(dirname "$0")/harness.sh"

# broken WHAT FILE PATTERN...: reranking FILE fails, and the sentence has FILE and the patterns.
broken() {
    local what=$1 file=$2
    shift 2
    rm -f result
    rerank --input "$file" "${options[@]}" --output result
    expect_error 1 "$what" "$file" "$@"
    expect_no result "$what"
}
options=()

head -c 40000 "$novel_eval/data.json" >cut.json
broken "JSON cut short" cut.json
: >empty.json
broken "an empty file" empty.json 'no queries'
printf '[]' >none.json
broken "a list of no queries" none.json 'no queries'
options=(--input-format json)
broken "not JSON" "$(printf 'hello' >text.json && echo text.json)"
printf '[{"query": "q", "hits": [{"content": "c", "qid": "1", "docid": "a", "score": NaN}]}]' >nan.json
broken "a score that is NaN in JSON" nan.json
printf '[{"query": "q", "hits": [{"content": "c", "qid": "1", "docid": "a", "score": 1e999}]}]' >inf.json
broken "a score that overflows in JSON" inf.json
printf '[{"query": "q", "hits": [{"content": "c", "qid": "1", "docid": "a"}, {"content": "d", "qid": "1", "docid": "a"}]}]' >twice.json
broken "a docid twice in a query" twice.json '"?a"?'
printf '[{"query": "q", "hits": [{"qid": "1", "docid": "a"}]}]' >textless.json
broken "a hit without its text" textless.json '"a" has no text'
printf '[{"query": "q", "hits": {"content": "c"}}]' >shape.json
broken "hits that are no list" shape.json 'hits'
printf '[{"hits": [{"content": "c", "docid": "a"}]}]' >queryless.json
broken "a list without its query" queryless.json 'query'
printf '[{"query": "\xff\xfe", "hits": [{"content": "c", "docid": "a"}]}]' >utf8.json
broken "invalid UTF-8 in JSON" utf8.json
{ head -c 100000 /dev/zero | tr '\0' '['; } >deep.json
broken "JSON nested 100,000 deep" deep.json
options=()

head -c 4096 /dev/urandom >noise
broken "noise" noise
gzip -c "$novel_eval/data.json" | head -c 2000 >cut.gz
broken "gzip cut short" cut.gz

printf '{"query_id": "1", "query": "q", "docid": "a", "title": "", "text": "t"}\n{"query_id": "1", "que\n' >cut.jsonl
broken "a broken line of JSON Lines" cut.jsonl ':2'
printf '{"query_id": "1", "query": "q", "docid": "a", "title": "", "text": "t"}\n{"query_id": "1", "query": "q", "docid": "a", "title": "", "text": "t"}\n' >twice.jsonl
broken "a docid twice in JSON Lines" twice.jsonl ':2'
printf '{"query_id": "1", "query": "q", "docid": "a", "text": 7}\n' >type.jsonl
broken "a text that is a number" type.jsonl ':1'

printf '1\tfirst\n2\tsecond\n' >queries.tsv
printf 'a\tpassage a\nb\tpassage b\n' >corpus.tsv
options=(--queries queries.tsv --corpus corpus.tsv)
printf '1 Q0 a 1 2.0 t\n1 Q0 b 2 1.0 t\n' >good.trec
rerank --input good.trec "${options[@]}" --format tsv
expect 0 "a good TREC run"
printf '1 Q0 a 1 2.0 t\n1 Q0 c 2 1.0 t\n' >missing.trec
rerank --input missing.trec "${options[@]}" --output result
expect_error 1 "a docid that the corpus lacks" '"?c"?' 'corpus.tsv|missing.trec'
expect_no result "a docid that the corpus lacks"
printf '3 Q0 a 1 2.0 t\n' >query.trec
rerank --input query.trec "${options[@]}" --output result
expect_error 1 "a query that the queries lack" '"?3"?' 'queries.tsv|query.trec'
expect_no result "a query that the queries lack"
printf '1 Q0 a 1 nan t\n' >nan.trec
broken "a score that is NaN in a TREC run" nan.trec ':1'
printf '1 Q0 a 1 2.0x t\n' >junk.trec
broken "a score with junk after it" junk.trec ':1'
printf '1 Q0 a 1 2.0 t\n1 Q0 b\n' >short.trec
broken "a short line in a TREC run" short.trec ':2'
printf '1 Q0 a 1 2.0 t\n1 Q0 a 2 1.0 t\n' >twice.trec
broken "a docid twice in a TREC run" twice.trec ':2'
printf 'a\tpassage a\na\tpassage again\n' >twice-corpus.tsv
options=(--queries queries.tsv --corpus twice-corpus.tsv)
rerank --input good.trec "${options[@]}" --output result
expect_error 1 "a docid twice in a corpus" 'twice-corpus.tsv'
options=()
rerank --input good.trec --output result
expect_error 1 "a TREC run without --queries and --corpus" 'good.trec' 'queries file'
expect_no result "a TREC run without texts"

# Big and empty passages are no reason to fail.
{ printf '{"query_id": "1", "query": "q", "docid": "a", "text": "' && head -c 10000000 /dev/zero | tr '\0' 'x' && printf '"}\n'; } >big.jsonl
printf '{"query_id": "1", "query": "q", "docid": "b", "text": ""}\r\n' >>big.jsonl
rerank --input big.jsonl --format tsv
expect 0 "a passage of 10 MB, an empty one, and CRLF"
[ "$(grep -c '' out)" -eq 2 ] || complain "both passages are ranked"

# Models and adapters.
broken_model() {
    local what=$1
    rm -f result
    run rerank --model "$2" --query "q" --output result passages
    shift 2
    expect_error 1 "$what" "$@"
    expect_no result "$what"
}
echo "a passage" >passages
cp -r "$tiny_model" model && chmod -R u+w model
head -c 1000 "$tiny_model/model.safetensors" >model/model.safetensors
broken_model "weights cut short" model 'model/model.safetensors'
cp "$tiny_model/model.safetensors" model/model.safetensors && chmod u+w model/model.safetensors
printf '\377\377\377\377\377\377\377\177' | dd of=model/model.safetensors conv=notrunc status=none
broken_model "a header longer than its file" model 'model/model.safetensors'
cp "$tiny_model/model.safetensors" model/model.safetensors
sed 's/"hidden_size": [0-9]*/"hidden_size": 99999999/' "$tiny_model/config.json" >model/config.json
broken_model "a configuration that contradicts the weights" model 'model'
printf '{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}' >model/config.json
broken_model "an architecture that is not LLaMA" model 'model/config.json' 'gpt2|GPT2'
cp "$tiny_model/config.json" model/config.json && chmod u+w model/config.json
printf '{"model": {}}' >tokenizer.json && mv tokenizer.json model/tokenizer.json
broken_model "a broken tokenizer" model 'model/tokenizer.json'
head -c 500 "$GOLDEN/gqa-tied/causal-f32.gguf" >cut.gguf
broken_model "GGUF cut short" cut.gguf 'cut.gguf'
run rerank --model "$tiny_model" --adapter passages --query "q" passages
expect_error 1 "an adapter that is none" 'passages'

# Output.
rerank --query "q" --output /no/such/folder/run passages
expect_error 1 "an output folder that is not there" '/no/such/folder'
if [ -w /dev/full ]; then
    command_line="dear rerank ... >/dev/full" status=0 ran=$((ran + 1))
    "$DEAR" rerank --model "$tiny_model" --input "$novel_eval/data.json" --format trec \
        >/dev/full 2>err || status=$?
    : >out
    expect_error 1 "a full disk" 'standard output'
fi

run info --model $'/no/such/\e[31mmodel'
expect_error 1 "escape sequences in a message" '/no/such/\?\[31mmodel'

run eval "$novel_eval/qrels.txt" no-such-run
expect_error 1 "eval of a missing run" 'no-such-run'
printf '0 Q0 0-0 0\n0 Q0 0-1 one\n' >qrels.bad
run eval qrels.bad "$novel_eval/data.json"
expect_error 1 "a broken line of judgments" 'qrels.bad:2'
run convert-run cut.json --to trec --output result
expect_error 1 "convert-run of broken JSON" 'cut.json'
expect_no result "convert-run of broken JSON"

finish
