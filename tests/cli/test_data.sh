#!/usr/bin/env bash
# dear data: what it lists, checks and fetches, from a hub on this machine, one that stalls and one
# that lies; and data sets by name where a file is expected.
source "$(dirname "$0")/harness.sh"

hub_server=$BUILD/tests/hub_server
unset HF_TOKEN HF_HUB_OFFLINE HF_HOME HF_HUB_CACHE XDG_CACHE_HOME DEAR_DATA
export HOME=$work/home no_proxy=127.0.0.1

# serve DIRECTORY MISCHIEF: a hub with that directory as test/model, until the next serve.
serve() {
    [ -z "${HUB_PID:-}" ] || stop_serving
    coproc HUB { "$hub_server" "$1" "$2"; }
    read -r HF_ENDPOINT <&"${HUB[0]}"
    export HF_ENDPOINT
}
stop_serving() {
    local pid=$HUB_PID
    eval "exec ${HUB[1]}>&-"
    wait "$pid"
}

run data
expect 2 "data without a verb"
run data fetch
expect 2 "data with an unknown verb"
expect_in err "list, info, get and path" "data with an unknown verb"
for verb in list info get path; do
    run data $verb --help
    expect 0 "data $verb --help"
    expect_in out "^Usage: dear data $verb" "data $verb --help"
    run data $verb --no-such-option
    expect 2 "data $verb --no-such-option"
done
run data list stray
expect 2 "data list with an argument"
run data info
expect 2 "data info without a name"
run data get
expect 2 "data get without a name"
run data get scifact --part queries
expect 2 "data get of a part that there is not"
run data path dl19
expect 2 "data path without a part"

run data list
expect 0 "data list"
expect_in out "^dl19 +43 +9,260 +8,841,823 +qrels topics +40 kB +corpus" "data list"
expect_in out "^noveleval +21 +420 +420 +qrels topics corpus hits" "data list"
for name in dl19 dl20 trec-covid nfcorpus touche2020 dbpedia-entity scifact trec-news robust04 \
    signal1m noveleval vaswani; do
    run data info $name
    expect 0 "what ships of $name is as the catalogue says"
    expect_in out "as it must be" "data info $name"
done
run data info dl19
expect_in out "43 queries, 9,260 judgments: as it must be" "data info counts"
expect_in out "dear data get dl19 --part corpus" "data info tells the way"
run data info dl21
expect_error 1 "data info of no data set" "dear data list"
run data path vaswani qrels
expect 0 "data path"
expect_same "$(cat out)" "$SHIPPED/vaswani/qrels" "data path"
run data path dl19 corpus
expect_error 1 "data path of what is not here" "dear data get dl19 --part corpus"
run data get dl21
expect_error 1 "data get of no data set" "dear data list"
run data get robust04 --part corpus
expect_error 1 "data get of what is licensed" "NIST"
run data get noveleval --part hits
expect 0 "data get of what ships"
expect_in out "noveleval hits is here" "data get of what ships"
HF_HUB_OFFLINE=1 run data get fiqa
expect_error 1 "data get without the network" HF_HUB_OFFLINE

# A catalogue of one set, in BEIR's form, on the hub of this machine.
mkdir -p data hub/qrels hub/bm25
printf 'query-id\tcorpus-id\tscore\n1\td1\t2\n1\td2\t0\n2\td2\t1\n' >hub/qrels/test.tsv
printf '{"_id": "%s", "text": "question"}\n' 1 2 3 >hub/queries.jsonl
printf '{"_id": "d%s", "title": "T", "text": "passage"}\n' $(seq 20000) >corpus.jsonl
gzip -c corpus.jsonl >hub/corpus.jsonl.gz
cp "$novel_eval/data.json" hub/bm25/test.json
checksum=$(sha256sum <hub/corpus.jsonl.gz | cut -d ' ' -f 1)
catalogue() { # catalogue PASSAGES SHA256
    cat >data/datasets.json <<JSON
{"datasets": [{"name": "tiny", "title": "Tiny", "counts": {"topics": 3, "queries": 2,
    "judgments": 3, "passages": $1},
  "parts": {"qrels": {"hub": "test/model", "file": "qrels/test.tsv"},
    "topics": {"hub": "test/model", "file": "queries.jsonl"},
    "corpus": {"hub": "test/model", "file": "corpus.jsonl.gz",
      "size": $(stat -c %s hub/corpus.jsonl.gz), "sha256": "$2"},
    "hits": {"hub": "test/model", "file": "bm25/test.json"},
    "answers": "hits"}}]}
JSON
}
catalogue 20000 "$checksum"
export DEAR_DATA=$work/data
tiny=$HOME/.cache/dear/data/tiny

serve hub stall
"$DEAR" data get tiny --part corpus >out 2>err &
for _ in $(seq 100); do
    [ ! -s "$tiny/corpus/corpus.jsonl.gz.part" ] || break
    sleep 0.1
done
kill -TERM $!
status=0
wait $! || status=$?
command_line="dear data get tiny --part corpus, interrupted"
expect_error 1 "an interrupted get" "dear data get tiny --part corpus.* goes on"
run data path tiny corpus
expect_error 1 "a half-fetched corpus is none" "dear data get tiny --part corpus"

serve hub corrupt
run data get tiny --part qrels
expect_error 1 "data get of corrupt files" "checksum"
expect_no "$tiny/qrels/test.tsv" "a corrupt file"

serve hub honest
run data get tiny
expect 0 "data get"
[ ! -s err ] || complain "data get is quiet without a terminal"
expect_in out "^tiny corpus is here: $tiny/corpus/corpus.jsonl.gz" "data get says where a part is"
expect_same hub/corpus.jsonl.gz "$tiny/corpus/corpus.jsonl.gz" "what was fetched in two goes"
expect_same hub/bm25/test.json "$tiny/hits/test.json" "a file in a folder of the repository"
run data path tiny answers
expect_in out "^$tiny/hits/test.json$" "answers that are in the hits' file"
run data info tiny
expect 0 "data info of what was fetched"
expect_in out "2 queries, 3 judgments: as it must be" "BEIR's judgments"
expect_in out "20,000 passages: as it must be" "BEIR's corpus"
expect_in out "not checked: nothing is known of it" "hits without a checksum"

printf '3\td3\t1\n' >>"$tiny/qrels/test.tsv"
run data info tiny
expect 1 "data info of a file that someone wrote to"
expect_in err "holds 3 queries, and must hold 2" "data info of a file that someone wrote to"
run data get tiny --part qrels
expect 0 "data get of a damaged file"
expect_same hub/qrels/test.tsv "$tiny/qrels/test.tsv" "a damaged file is fetched again"

catalogue 20001 "$checksum"
run data info tiny
expect 1 "data info of a corpus that is too small"
expect_in err "20000 passages, and must hold 20001" "data info of a corpus that is too small"
catalogue 20000 "${checksum//[0-9]/0}"
run data get tiny --part corpus
expect_error 1 "data get of another file than the catalogue knows" "another file under that name"
echo '{"datasets": [' >data/datasets.json
run data list
expect_error 1 "a catalogue that is broken off" "datasets.json: line"
unset DEAR_DATA
stop_serving

rerank --input noveleval --top-k 2 --format trec
expect 0 "rerank --input by name"
mv out by_name
rerank --input "$novel_eval/data.json" --top-k 2 --format trec
expect_same by_name out "hits by name and by path"
printf '0 Q0 0-7 1 2.0 x\n0 Q0 0-11 2 1.0 x\n' >run.trec
rerank --input run.trec --queries noveleval --corpus noveleval --format trec
expect 0 "rerank --queries and --corpus by name"
mv out by_name
rerank --input run.trec --queries "$novel_eval/queries.tsv" --corpus "$novel_eval/corpus.tsv" \
    --format trec
expect_same by_name out "texts by name and by path"
rerank --input run.trec --queries noveleval --corpus dl19
expect_error 1 "a corpus that is not here" "dear data get dl19 --part corpus"
run eval noveleval "$novel_eval/data.json"
expect 0 "eval by a data set's name"
mv out by_name
run eval "$novel_eval/qrels.txt" "$novel_eval/data.json"
expect_same by_name out "judgments by name and by path"
run eval robust04 "$novel_eval/data.json"
expect_error 1 "judgments that are to be asked for" "qrels.robust2004.txt"
run eval no-such-set "$novel_eval/data.json"
expect_error 1 "neither a file nor a data set" "no-such-set: No such file"
cp "$novel_eval/data.json" vaswani
rerank --input vaswani --top-k 2 --format trec
expect 0 "a file goes before a data set of the same name"

finish
