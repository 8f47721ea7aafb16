#!/usr/bin/env bash
# eval --compare: whether the difference between runs is more than chance.
source "$(dirname "$0")/harness.sh"

# Each query has one relevant document, so that its rank is all that recip_rank says.
for q in 1 2 3 4 5 6; do echo "$q 0 yes 1"; done >qrels.txt
ranked() { # RANK...: a run that has the relevant document of query 1, 2, ... at that rank
    local q=0 rank r doc
    for rank in "$@"; do
        q=$((q + 1))
        for r in 1 2 3 4 5; do
            [ "$r" -eq "$rank" ] && doc=yes || doc=no$r
            printf '%d Q0 %s %d %d x\n' $q "$doc" "$r" $((10 - r))
        done
    done
}
ranked 2 4 2 1 5 4 >first.trec
ranked 1 2 1 1 2 5 >better.trec
ranked 2 4 2 1 5 4 >same.trec
ranked 1 2 1 1 >short.trec
compare() {
    run eval qrels.txt first.trec --compare "$@" -m recip_rank
    expect 0 "--compare $*"
}

# Differences 0.5, 0.25, 0.5, 0, 0.3, -0.05: scipy 1.17's stats.ttest_rel(second, first) gives p
# 0.04897034577, their mean is 0.25 and 1.056442818 of their deviations. Holm doubles the p.
compare better.trec --compare same.trec --format csv
cat <<'END' | sed 's/$/\r/' >wanted
measure,run,queries,first,second,difference,wins,ties,losses,effect_size,p,p_holm,mark
recip_rank,better.trec,6,0.45,0.7,0.25,4,1,1,1.056442818,0.04897034577,0.09794069154,
recip_rank,same.trec,6,0.45,0.45,0,0,6,0,0,1,1,
END
expect_same out wanted "t-test, Holm over two runs"
compare better.trec
expect_in out '^first: first.trec; p: Student.s paired t-test' "the caption"
expect_in out '^recip_rank +better.trec +6 +0.4500 +0.7000 +0.2500 +4 +1 +1 +1.0564 +0.0490 +0.0490  \*$' "one run"

# Of the 64 changes of signs 8 reach the sum: all of one sign, but for the smallest and the 0.
compare better.trec --test randomization --format json
expect_in out '"p": 0.125,' "randomization"
expect_in out '"test": "randomization"' "the test's name"
compare better.trec --test randomization --samples 63 --seed 1 --format json
cp out drawn.json
compare better.trec --test randomization --samples 63 --seed 1 --format json
expect_same out drawn.json "the same seed"
compare better.trec --test bootstrap --format markdown
expect_in out '^\| recip_rank \| better.trec \| 6 \| .* \| 0\.[0-9]+ \| 0\.[0-9]+ \|  \|$' "bootstrap"

# Queries that both are measured for; with -c all.
compare short.trec --format csv
expect_in out '^recip_rank,short.trec,4,0.5625,0.875,' "common queries"
compare short.trec -c --format csv
expect_in out '^recip_rank,short.trec,6,0.45,0.5833333333,' "all queries"

cp better.trec $'b\xe9,tter.trec'
compare $'b\xe9,tter.trec' --format json
expect_in out '"run": "b.*,tter.trec"' "a name that is not UTF-8"
compare $'b\xe9,tter.trec' --format csv
expect_in out '^recip_rank,"b.*,tter.trec",6' "a name with a comma"

ranked 1 >one.trec
run eval qrels.txt first.trec --compare one.trec
expect_error 1 "one common query" 'two queries at least'
run eval qrels.txt first.trec --compare better.trec -m num_ret
expect_error 2 "counts are not compared" 'none of the measures is a mean'
run eval qrels.txt first.trec --compare missing.trec
expect_error 1 "a run that is not there" 'missing.trec'
for wrong in '--test z' '--samples 0' '--seed x' '-q'; do
    # shellcheck disable=SC2086 # words
    run eval qrels.txt first.trec --compare better.trec $wrong
    expect 2 "$wrong"
done
finish
