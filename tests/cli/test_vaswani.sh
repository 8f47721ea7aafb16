#!/usr/bin/env bash
# BM25 on a real collection: how good the runs are, that all formats carry them, and that they are
# the same every time.
source "$(dirname "$0")/harness.sh"

vaswani=$SHIPPED/vaswani

# expect_at_least MEASURE BOUND WHAT: a value of the last eval.
expect_at_least() {
    awk -v name="$1" -v bound="$2" '$1 == name && $3 >= bound { found = 1 } END { exit !found }' out ||
        complain "$3: $1 of at least $2 expected"
}

# quality STOPWORDS MAP NDCG: indexes, retrieves, measures.
quality() {
    run index "$vaswani/doc-text.trec.gz" --stopwords "$1" --output "$1.index"
    expect 0 "index with $1 stopwords"
    expect_no "$1.index.part" "index with $1 stopwords"
    run retrieve "$1.index" --queries "$vaswani/query-text.trec" --top-k 1000 --output "$1.trec"
    expect 0 "retrieve with $1 stopwords"
    run eval "$vaswani/qrels" "$1.trec" -m map -m ndcg
    expect 0 "eval with $1 stopwords"
    expect_at_least map "$2" "$1 stopwords"
    expect_at_least ndcg "$3" "$1 stopwords"
}

quality none 0.280 0.602
quality short 0.285 0.61
quality long 0.29 0.615

# Documents and topics are the same as TSV and JSON Lines, and so is the run.
run retrieve short.index --queries "$vaswani/query-text.trec" --top-k 20 --format jsonl -o hits.jsonl
expect 0 "retrieve to JSON Lines"
queries_of() {
    sed 's/{"query_id": "\([^"]*\)", "query": "\([^"]*\)".*/\1\t\2/' hits.jsonl | uniq
}
queries_of >queries.tsv
run retrieve short.index --queries queries.tsv --top-k 1000 --output tsv.trec
expect 0 "retrieve with TSV queries"
expect_same tsv.trec short.trec "the same queries as TSV"
run retrieve short.index --queries - --top-k 1000 --threads 1 --output one.trec <queries.tsv
expect 0 "retrieve by one thread"
expect_same one.trec short.trec "by one thread or all"

# The best 20 are the first of the best 1000, in every format.
for format in json dpr jsonl trec tsv; do
    run retrieve short.index --queries queries.tsv --top-k 20 --format $format -o run.$format
    expect 0 "retrieve to $format"
    run convert-run run.$format --to trec -o back.trec
    expect 0 "$format read back"
    expect_same <(cut -d ' ' -f 1,3,4 back.trec) \
        <(awk '$4 <= 20 { print $1, $3, $4 }' short.trec) "the run as $format"
done

# The parameters matter, and at the ends of their ranges too.
for parameters in "--k1 1.2 --b 0.75" "--k1 0 --b 0" "--k1 1000 --b 1"; do
    # shellcheck disable=SC2086 # a list
    run retrieve short.index --queries queries.tsv --top-k 1000 $parameters --output other.trec
    expect 0 "$parameters"
    cmp -s other.trec short.trec && complain "$parameters: the same run as by the defaults"
done

# One query, as a table; and on to the second stage.
run retrieve short.index --query 'microwave filters' --top-k 3
expect 0 "a query by hand"
[ "$(grep -cE '→ [1-3] ' out)" -eq 3 ] || complain "three passages expected"
expect_in out 'microwave filters theory of filters' "a query by hand"
run retrieve short.index --query 'zyzzyva' --format json
expect 0 "a word that the corpus lacks"
expect_in out '"hits": \[\]' "a word that the corpus lacks"
head -n 3 queries.tsv >few.tsv
run retrieve short.index --queries few.tsv --top-k 5 --output few.trec
rerank --input few.trec --queries few.tsv --corpus "$vaswani/doc-text.trec.gz" --output reranked.trec
expect 0 "rerank of what was retrieved, with TREC's corpus"
[ "$(grep -c '' reranked.trec)" -eq 15 ] || complain "rerank of 3 queries' 5 passages"

finish
