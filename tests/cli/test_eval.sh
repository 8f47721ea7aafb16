#!/usr/bin/env bash
# `dear eval` prints what trec_eval prints, to the byte, and what it says of itself is true.
source "$(dirname "$0")/harness.sh"
set -o pipefail

trec=$DATA/trec_eval

# prints FILE ARGUMENT...: `dear eval ARGUMENT...` prints the whole of trec_eval's FILE.
prints() {
    local file=$trec/$1
    shift
    run eval "$@"
    expect 0 "eval"
    cmp -s out "$file" || { complain "as in ${file##*/}" && diff "$file" out | head -n 5; }
}

# trec_eval's own tests, with the flags of its Makefile (`make quicktest`).
prints out.test "$trec/qrels.test" "$trec/results.test"
prints out.test "$trec/qrels.test.with-comments" "$trec/results.test"
prints out.test.a -m all_trec "$trec/qrels.test" "$trec/results.test"
prints out.test.aq -m all_trec -q "$trec/qrels.test" "$trec/results.test"
prints out.test.aqc -m all_trec -q -c "$trec/qrels.test" "$trec/results.trunc"
prints out.test.aqcM -m all_trec -q -c -M100 "$trec/qrels.test" "$trec/results.trunc"
prints out.test.aql -m all_trec -mrelstring.20 -q -l2 "$trec/qrels.rel_level" "$trec/results.test"
prints out.test.meas_params -q -miprec_at_recall..10,.20,.25,.75,.50 -m P.5,7,3 -m recall.20,2000 \
    -m Rprec_mult.5.0,0.2,0.35 -mutility.2,-1,0,0 -m 11pt_avg..25,.5,.75 -mndcg.1=3,2=9,4=4.5 \
    -mndcg_cut.10,20,23 -msuccess.2,5,20 "$trec/qrels.test" "$trec/results.test"

# Its run "comment.test" is not here, but docids with "#" are no comments: one hit for each query of
# these judgments makes what does not depend on the ranking.
awk '{ print $1, "Q0 nothing 1 1 comment.test" }' "$trec/qrels.comment.test" | sort -u >comment.run
run eval "$trec/qrels.comment.test" comment.run -m runid -m num_q -m num_rel
expect 0 "judgments of docids with #"
grep -E '^(runid|num_q|num_rel) ' "$trec/out.comment.test" | cmp -s - out ||
    complain "num_q and num_rel as in out.comment.test"

# Order of lines, gzip, -n, the value of a line.
sort -R --random-source="$trec/qrels.test" "$trec/results.test" | gzip >shuffled.gz
gzip -c "$trec/qrels.test" >qrels.gz
prints out.test qrels.gz shuffled.gz
run eval "$trec/qrels.test" "$trec/results.test" -m map -q -n
[ "$(awk '{ print $2 }' out | xargs)" = "301 302 303" ] || complain "-n leaves out the summary"

# value NAME EXPECTED WHAT: of all queries, in the last run's text.
value() {
    [ "$(awk -v name="$1" '$1 == name && $2 == "all" { print $3 }' out)" = "$2" ] || complain "$3"
}

printf '1 0 a 2\n1 0 b 1\n1 0 c 0\n1 0 d -1\n2 0 a 1\n' >qrels
printf '1 Q0 x 1 9 me\n1 Q0 b 2 8 me\n1 Q0 d 3 7 me\n1 Q0 a 4 6 me\n' >run.trec
run eval qrels run.trec -m nDCG@4 -m RR@2 -m P@1 -m AP -m Hole@2 -m recip_rank_cut.1 -m R@4
expect 0 "names of ir_measures"
value ndcg_cut_4 0.5672 "nDCG@4"      # (1/log2(3) + 2/log2(5)) / (2 + 1/log2(3))
value recip_rank_cut_2 0.5000 "RR@2"
value recip_rank_cut_1 0.0000 "recip_rank_cut.1"
value P_1 0.0000 "P@1"
value map 0.5000 "AP"
value hole_cut_2 0.5000 "Hole@2"
value recall_4 1.0000 "R@4"
run eval qrels run.trec -m ndcg_cut.4 --gain exp
value ndcg_cut_4 0.5296 "gains of 2^relevance - 1"   # (1/log2(3) + 3/log2(5)) / (3 + 1/log2(3))
run eval qrels run.trec -m num_ret -m P.1 -m relstring -q -J
value num_ret 2 "-J takes out what has no judgment, and what was not assessed"
expect_in out "^relstring .*1	'12'$" "-J before the measures"
run eval qrels run.trec -m relstring.3 -q
expect_in out "^relstring_3 .*1	'-1\.'$" "relstring"
run eval qrels run.trec -m num_q -m P.1 -m num_rel -c -l 2
value num_q 2 "-c counts the query that the run lacks"
value num_rel 1 "-l 2"
run eval qrels run.trec -m recip_rank -M 1
value recip_rank 0.0000 "-M 1"
run eval qrels run.trec -m utility.1,0,0,1 -N 100
value utility_1,0,0,1 98.0000 "-N gives the documents that are not ranked" # 2 + (100 - 4)

# The other formats say the same.
run eval qrels run.trec -m runid -m relstring -m num_q -m map -m num_ret -q --format json
expect 0 "json"
cmp -s - out <<'END' || complain "JSON is as it should be"
{
  "queries": {
    "1": {
      "num_ret": 4,
      "map": 0.5,
      "relstring": "'-1.2'"
    }
  },
  "all": {
    "runid": "me",
    "num_q": 1,
    "num_ret": 4,
    "map": 0.5
  }
}
END
run eval qrels run.trec -m ndcg.1=1,2=1 -m map -m gm_map -q -f csv
printf 'query,map,gm_map,"ndcg_1=1,2=1"\r\n1,0.5,,0.6509209298\r\nall,0.5,0.5,0.6509209298\r\n' |
    cmp -s - out || complain "CSV is as it should be"
run eval qrels run.trec -m map -m num_ret -f markdown
printf '| query | num_ret | map |\n| --- | ---: | ---: |\n| all | 4 | 0.5000 |\n' |
    cmp -s - out || complain "Markdown is as it should be"
if "$DEAR" eval qrels run.trec >/dev/full 2>err; then complain "a full disk is an error"; fi

# What is wrong is told, with its place.
printf '1 0 a 1\n1 0 b one\n' >bad
run eval bad run.trec
expect_error 1 "bad judgments" 'bad:2:7: .*relevance'
printf '1 Q0 a 1 1 me\n1 Q0 \303\251 2 high me\n' >bad.trec
run eval qrels bad.trec
expect_error 1 "a bad run" 'bad\.trec:2:10: .*score'
printf '1 Q0 a 1 1 me\n1 Q0 a 2 0.5 me\n' >bad.trec
run eval qrels bad.trec
expect_error 1 "a document twice" 'bad\.trec:.*2.*"a"'
run eval qrels run.trec -m P.0
expect 2 "a cutoff of 0"
expect_in err 'P\.0: P needs ranks' "the message names the parameters"
run eval qrels run.trec -m utility.1,2
expect 2 "too few parameters"
run eval qrels run.trec --gain square
expect 2 "an unknown gain"
run eval qrels run.trec --format xml
expect 2 "an unknown format"
run eval --help
expect_in out '--complete' "--help has the options"
expect_in out 'Rprec_mult +precision' "--help has the measures"

finish
