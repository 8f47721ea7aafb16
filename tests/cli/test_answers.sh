#!/usr/bin/env bash
# eval --answers: top-k answer accuracy, with answers from a file or from the run.
source "$(dirname "$0")/harness.sh"

cat >run.json <<'END'
[{"question": "who got the first nobel prize in physics", "answers": ["Wilhelm Conrad Röntgen"],
  "ctxs": [{"id": "1", "title": "Wilhelm Conrad Röntgen", "text": "He was a physicist.", "score": "3"},
           {"id": "2", "title": "", "text": "It went to Conrad Röntgen, Wilhelm.", "score": "2"},
           {"id": "3", "title": "", "text": "In 1901 WILHELM CONRAD RÖNTGEN got it.", "score": "1"}]},
 {"question": "when was it", "answers": ["1901", "10 December 1901"],
  "ctxs": [{"id": "3", "title": "", "text": "In 1901 WILHELM CONRAD RÖNTGEN got it.", "score": "1"}]},
 {"question": "where was it", "answers": ["Stockholm"],
  "ctxs": [{"id": "2", "title": "", "text": "It went to Conrad Röntgen, Wilhelm.", "score": "2"}]}]
END
printf 'num_q                 \tall\t3\naccuracy_1            \tall\t0.3333\n' >wanted
printf 'accuracy_3            \tall\t0.6667\n' >>wanted

run eval --answers run.json --top-k 1,3
expect 0 "the run's own answers"
expect_same out wanted "the run's own answers"
run eval --answers run.json
expect_in out '^accuracy_100 +.all.0.6667$' "top 100"
[ "$(grep -c accuracy out)" -eq 6 ] || complain "six cutoffs"

cat >answers.tsv <<'END'
who got the first nobel prize in physics	['Wilhelm Conrad Röntgen']
when was it	"[""1901"", ""10 December 1901""]"
where was it	["Stockholm"]
who was second	["Lorentz"]
END
cat >answers.jsonl <<'END'
{"question": "who got the first nobel prize in physics", "answer": ["wilhelm conrad röntgen"]}
{"qid": "1", "answers": "1901"}
{"id": 2, "question": "where was it", "answers": ["Stockholm"]}
{"id": 3, "question": "who was second", "answers": ["Lorentz"]}
END
gzip -k run.json
for answers in answers.tsv answers.jsonl run.json; do
    gzip -kf "$answers"
    for file in "$answers" "$answers.gz"; do
        run eval --answers "$file" run.json --top-k 1,3
        expect 0 "$file"
        expect_same out wanted "$file"
    done
    run eval --answers "$answers.gz" run.json.gz --top-k 1,3 -c
    if [ "$answers" = run.json ]; then
        expect_same out wanted "$answers, complete"
    else
        expect_in out '^num_q +.all.4$' "$answers, complete"
        expect_in out '^accuracy_3 +.all.0.5000$' "$answers, complete"
    fi
done

run eval --answers run.json --top-k 1,3 -q --format csv
printf 'query,num_q,answer_rank,accuracy_1,accuracy_3\r\n0,,3,0,1\r\n1,,1,1,1\r\n2,,0,0,0\r\nall,3,,0.3333333333,0.6666666667\r\n' >wanted.csv
expect_same out wanted.csv "each query"

# A run without texts takes them from a corpus; a second run is compared with the first.
run convert-run run.json --to trec --output run.trec
printf '0\twho got the first nobel prize in physics\n1\twhen was it\n2\twhere was it\n' >queries.tsv
printf '1\tHe was a physicist.\n2\tIt went to Conrad Röntgen, Wilhelm.\n3\tIn 1901 WILHELM CONRAD RÖNTGEN got it.\n' >corpus.tsv
run eval --answers answers.tsv run.trec --topics queries.tsv --corpus corpus.tsv --top-k 1,3
expect_same out wanted "a TREC run"
run eval --answers answers.tsv run.trec
expect_error 1 "a run without texts" 'run.trec'
run eval --answers run.json --compare run.json --top-k 3 --format csv
expect_in out '^accuracy_3,run.json,3,0.6666666667,0.6666666667,0,0,3,0,0,1,1,' "--compare"

printf 'who\t[a]\n' >bad.tsv
run eval --answers bad.tsv run.json
expect_error 1 "a list that is none" 'bad.tsv:1: character 2 of the list'
printf 'who\t["a"]\n' >other.tsv
run eval --answers other.tsv run.json
expect_error 1 "other questions" 'no question in common'
run eval --answers run.trec --topics queries.tsv --corpus corpus.tsv
expect_error 1 "a run without answers" 'run.trec: holds no answers'
for wrong in '--top-k 0' '--top-k 1,,2' '--top-k 1x' '--top-k' '-m map' '--gain exp' '-J'; do
    # shellcheck disable=SC2086 # words
    run eval --answers run.json $wrong
    expect 2 "$wrong"
done
run eval qrels run.json --top-k 3
expect 2 "--top-k without --answers"
run eval --answers
expect 2 "--answers without a run"
finish
