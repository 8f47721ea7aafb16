#!/usr/bin/env bash
# dear index and dear retrieve with broken input, a full disk and damaged indexes: one sentence each,
# and nothing lost.
source "$(dirname "$0")/harness.sh"

printf 'a\tllamas graze on grass\nb\talpacas are small\nc\tan operating system\n' >corpus.tsv
printf '1\twhat do llamas eat\n2\tsystems\n' >queries.tsv

run index corpus.tsv --output good.index
expect 0 "index"
run retrieve good.index --queries queries.tsv --output good.trec
expect 0 "retrieve"
expect_same <(cut -d ' ' -f 1-4 good.trec) <(printf '1 Q0 a 1\n2 Q0 c 1\n') "the run"

# All formats of a corpus, plain or gzip, in several files, give the same index.
printf '{"_id": "a", "title": "", "text": "llamas graze on grass"}\n' >part.jsonl
printf '{"docid": "b", "text": "alpacas are small"}\n' >>part.jsonl
printf '<DOC>\n<DOCNO>c</DOCNO>\n<TEXT>an operating\nsystem</TEXT></DOC>\n' | gzip >part.trec.gz
run index part.jsonl part.trec.gz --output mixed.index
expect 0 "JSON Lines and TREC"
run retrieve mixed.index --queries queries.tsv --format jsonl --output mixed.jsonl
run retrieve good.index --queries queries.tsv --format jsonl --output good.jsonl
expect_same mixed.jsonl good.jsonl "the same corpus in other formats"
run index - --output stdin.index <corpus.tsv
expect 0 "a corpus from standard input"

# Wrong usage.
for arguments in "--output x" "corpus.tsv" "corpus.tsv --output -" "- - --output x" \
    "corpus.tsv --output x --stopwords many"; do
    # shellcheck disable=SC2086 # a list
    run index $arguments
    expect 2 "dear index $arguments"
done
for arguments in "" "good.index" "--query x" "good.index --query x --queries y" \
    "good.index --query x --k1 -1" "good.index --query x --b 1.1" "good.index more --query x" \
    "good.index --query x --top-k 0" "good.index --query x --format xml"; do
    # shellcheck disable=SC2086 # a list
    run retrieve $arguments
    expect 2 "dear retrieve $arguments"
done

# Broken corpora and queries.
cp good.index kept.index
broken_corpus() { # WHAT FILE PATTERN...
    local what=$1 file=$2
    shift 2
    run index "$file" --output kept.index
    expect_error 1 "$what" "$@"
    expect_same kept.index good.index "the old index after $what"
    [ ! -e kept.index.part ] || complain "$what: a part of nothing is left"
}
printf 'a\tA\nb\tB\na\tA\n' >twice.tsv
broken_corpus "a docid twice" twice.tsv 'twice.tsv:3: "a" is there twice'
printf 'a\tA\nb\n' >short.tsv
broken_corpus "a line without a text" short.tsv 'short.tsv:2'
printf '{"_id": "a", "text": "x"}\n{"_id": "b"\n' >cut.jsonl
broken_corpus "broken JSON" cut.jsonl 'cut.jsonl:2'
printf '<DOC>\n<DOCNO>1</DOCNO>\n' >cut.trec
broken_corpus "a document without an end" cut.trec 'cut.trec:1: <DOC> has no </DOC>'
: >empty
broken_corpus "an empty corpus" empty 'empty: holds no documents'
broken_corpus "a missing corpus" missing 'missing'
gzip -c corpus.tsv | head -c 40 >cut.gz
broken_corpus "gzip cut short" cut.gz 'cut.gz'
printf '1\tx\n1\ty\n' >twice.queries
run retrieve good.index --queries twice.queries --output result
expect_error 1 "a query twice" 'twice.queries:2'
run retrieve good.index --queries empty --output result
expect_error 1 "no queries" 'empty: holds no queries'
run index corpus.tsv --output /no/such/folder/index
expect_error 1 "an output folder that is not there" '/no/such/folder'
mkdir folder
run index corpus.tsv --output folder
expect_error 1 "an output that is a folder" 'folder: is a directory'

# An index without texts.
run index corpus.tsv --no-text --output textless.index
expect 0 "--no-text"
run retrieve textless.index --queries queries.tsv --output textless.trec
expect_same textless.trec good.trec "a run from an index without texts"
run retrieve textless.index --queries queries.tsv --format json --output result
expect_error 2 "texts from an index without" 'keeps no texts' '--corpus'
expect_no result "texts from an index without"

# A file that may not grow is like a full disk.
awk 'BEGIN { for (i = 0; i < 20000; i++) print i "\tword" i % 977 " and word" i % 31 " again" }' >large.tsv
command_line="dear index large.tsv, ulimit -f" status=0 ran=$((ran + 1))
(
    ulimit -f 512
    exec "$DEAR" index large.tsv --output kept.index >out 2>err
) || status=$?
expect 1 "a full disk"
expect_in err 'kept.index.part: .*(large|full)' "a full disk"
expect_same kept.index good.index "the old index after a full disk"
run index large.tsv --output kept.index --resume
expect 0 "resumed when there is room"
run retrieve kept.index --query 'word3' --top-k 1
expect 0 "retrieve after a full disk"

# What is no index, or a damaged one.
broken_index() { # WHAT FILE PATTERN...
    local what=$1 file=$2
    shift 2
    run retrieve "$file" --queries queries.tsv --output result
    expect_error 1 "$what" "$file" "$@"
    expect_no result "$what"
}
broken_index "a missing index" missing
broken_index "a folder" folder 'directory'
broken_index "an empty file" empty
head -c 20000 /dev/urandom >noise
broken_index "noise" noise 'not an index'
broken_index "text" corpus.tsv 'not an index'
head -c 30000 good.index >cut.index
broken_index "an index cut short" cut.index
if command -v sqlite3 >/dev/null; then
    sqlite3 other.db 'CREATE TABLE t(x); INSERT INTO t VALUES(1)'
    broken_index "another program's file" other.db 'another SQLite file'
    cp good.index version.index
    sqlite3 version.index 'PRAGMA user_version = 99'
    broken_index "another version" version.index 'version 99'
    cp good.index view.index
    sqlite3 view.index 'CREATE VIEW v AS SELECT 1'
    broken_index "a table too many" view.index 'tables'
    cp good.index facts.index
    sqlite3 facts.index 'UPDATE collection SET passages = 1000000'
    broken_index "facts that cannot be" facts.index 'lengths'
fi

# Bytes that changed: a sentence or an answer, never a crash.
size=$(wc -c <good.index)
RANDOM=7
for damage in $(seq 60); do
    cp good.index bad.index
    for _ in 1 2 3 4; do
        at=$(((RANDOM * 32768 + RANDOM) % size))
        printf '%b' "\\x$(printf %x $((RANDOM % 256)))" |
            dd of=bad.index bs=1 seek=$at conv=notrunc status=none
    done
    run retrieve bad.index --queries queries.tsv --format jsonl --output result
    case $status in
    0) rm -f result ;;
    1) expect_error 1 "damage $damage" 'bad.index' ;;
    *) complain "damage $damage" ;;
    esac
done

finish
