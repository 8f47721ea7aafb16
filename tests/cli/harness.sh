# Sourced by every test of the command line. A test is a bash script that calls `dear` as a user
# would, says on one line each what did not hold, and exits with 1 then.
#
# From CTest: DEAR (the program), DATA (tests/data), GOLDEN (tests/golden/data), SHIPPED (data, what
# ships with the project), and for the test of the installation SOURCE and BUILD.
# shellcheck shell=bash disable=SC2034 # what tests read is set here
set -u

: "${DEAR:?}" "${DATA:?}" "${GOLDEN:?}" "${SHIPPED:?}"
novel_eval=$SHIPPED/noveleval
tiny_model=$GOLDEN/gqa-tied/seqcls # a LLaMA with a score head that scores in microseconds

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset DEAR_MODEL # tests name their model
export OMP_WAIT_POLICY=passive # tests run side by side: a thread that waits must not spin
failures=0
ran=0

# complain MESSAGE: counts a failure and shows what the last command printed.
complain() {
    failures=$((failures + 1))
    echo "FAILED: $1"
    [ -z "${command_line:-}" ] || echo "    $command_line -> exit code $status"
    [ ! -s out ] || { echo "    standard output:" && head -n 5 out | cut -c 1-200 | sed 's/^/      /'; }
    [ ! -s err ] || { echo "    standard error:" && head -n 5 err | cut -c 1-400 | sed 's/^/      /'; }
}

# run ARGUMENT...: `dear ARGUMENT...` with its outputs in the files out and err, its exit code in
# $status. Standard input passes through.
run() {
    command_line="dear $*"
    ran=$((ran + 1))
    status=0
    "$DEAR" "$@" >out 2>err || status=$?
}

# expect STATUS WHAT: the last run's exit code.
expect() {
    [ "$status" -eq "$1" ] || complain "$2: exit code $1 expected"
}

# expect_in FILE PATTERN WHAT: an extended regular expression.
expect_in() {
    grep -qE -- "$2" "$1" || complain "$3: no \"$2\" in $1"
}

# expect_error STATUS WHAT PATTERN...: exit code STATUS and one sentence on standard error that
# matches every pattern.
expect_error() {
    local code=$1 what=$2 pattern
    shift 2
    expect "$code" "$what"
    [ "$(grep -c '' err)" -eq 1 ] || complain "$what: one line on standard error expected"
    for pattern in "$@"; do
        expect_in err "$pattern" "$what"
    done
}

# expect_same FILE FILE WHAT
expect_same() {
    cmp -s "$1" "$2" || {
        complain "$3: $1 and $2 differ"
        diff <(head -c 100000 "$1") <(head -c 100000 "$2") | head -n 6 | cut -c 1-200
    }
}

# expect_no FILE WHAT: nothing is left under that name, nor beside it.
expect_no() {
    [ ! -e "$1" ] || complain "$2: $1 is there"
    [ ! -e "$1.part" ] || complain "$2: $1.part is there"
}

rerank() {
    run rerank --model "$tiny_model" --precision f32 "$@"
}

finish() {
    [ "$ran" -gt 0 ] || complain "no command was run"
    [ "$failures" -eq 0 ]
    exit
}
