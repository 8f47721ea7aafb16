#!/usr/bin/env bash
# Help, exit codes, and wrong usage.
source "$(dirname "$0")/harness.sh"

run
expect 2 "no command"
expect_in err "Usage: dear COMMAND" "no command"
[ ! -s out ] || complain "no command: help belongs on standard error"

run --version
expect 0 "--version"
expect_in out "^dear [0-9]+\.[0-9]+\.[0-9]+$" "--version"

run --help
expect 0 "--help"
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' out)
[ "$(echo "$commands" | wc -w)" -ge 7 ] || complain "--help lists the commands"

for command in $commands; do
    run "$command" -h
    cp out short-help
    run "$command" --help
    expect_same out short-help "$command -h"
    expect 0 "$command --help"
    expect_in out "Usage: dear $command" "$command --help"
    [ ! -s err ] || complain "$command --help: nothing on standard error"

    run "$command" --no-such-option
    expect 2 "$command --no-such-option"
    [ ! -s out ] || complain "$command --no-such-option: nothing on standard output"
done

run no-such-command
expect_error 2 "an unknown command" 'no-such-command'

run rerank
expect 2 "rerank without anything to rank"

echo "a passage" >passages
for wrong in "--shard 2/2" "--shard 1" "--shard x/2" "--shard -1/2" "--top-k x" "--top-k 0" \
    "--threads x" "--threads -1" "--precision f64" "--scorer best" "--format xml" \
    "--p-max-len 0" "--q-max-len -3" "--input-format xml"; do
    # shellcheck disable=SC2086 # an option and its value
    rerank --input "$novel_eval/data.json" $wrong
    expect 2 "rerank $wrong"
    expect_in err "${wrong##* }" "rerank $wrong names the wrong value"
done
rerank --input "$novel_eval/data.json" --query "which?" passages
expect 2 "rerank with --query and --input"
rerank --query "which?"
expect 2 "rerank --query without passages"
rerank --input "$novel_eval/data.json" --resume
expect 2 "rerank --resume without --output"
rerank --input "$novel_eval/data.json" passages
expect 2 "rerank --input with a stray argument"

run convert-run
expect 2 "convert-run without a run"
run convert-run "$novel_eval/data.json" --to xml
expect 2 "convert-run to an unknown format"
expect_in err '"xml".*trec' "convert-run names the formats it knows"
run eval
expect 2 "eval without files"
run eval "$novel_eval/qrels.txt"
expect 2 "eval without a run"
run eval "$novel_eval/qrels.txt" "$novel_eval/data.json" -m no_such_measure
expect 2 "eval with an unknown measure"
expect_in err "ndcg_cut" "eval names the measures it knows"

run rerank --model /no/such/model --query "which?" passages
expect_error 1 "a missing model" '/no/such/model'
run rerank --model no-such-model --query "which?" passages
expect_error 1 "an unknown model" 'no-such-model'
mkdir empty-model
run rerank --model empty-model --query "which?" passages
expect_error 1 "an empty folder as model" 'empty-model'
DEAR_MODEL=/no/such/default run rerank --query "which?" passages
expect_error 1 "DEAR_MODEL names the model" '/no/such/default'
rerank --query "which?" no-such-file
expect_error 1 "a missing passage file" 'no-such-file'

finish
