#!/usr/bin/env bash
# dear train pointwise: a tiny model learns a rule, a run that was killed ends as if it had not been, and
# what it leaves is an adapter that dear rerank scores with.
source "$(dirname "$0")/harness.sh"

# The rule: a passage is relevant when it names the query's animal.
groups() { # FIRST LAST
    awk -v first="$1" -v last="$2" 'BEGIN {
        split("llama alpaca horse zebra otter tiger raven camel", animal, " ")
        for (i = first; i <= last; i++) {
            wanted = animal[i % 8 + 1]
            printf "{\"query_id\": \"%d\", \"query\": \"%s\", \"positive_passages\": [{\"text\": \"the %s number %d\"}], \"negative_passages\": [", i, wanted, wanted, i
            for (j = 1; j <= 5; j++)
                printf "%s{\"text\": \"the %s number %d\"}", (j == 1 ? "" : ", "), animal[(i + j) % 8 + 1], i + j
            print "]}"
        }
    }'
}
groups 1 64 >train.jsonl
groups 101 116 >dev.jsonl

train() { # OUT OPTION...
    local out=$1
    shift
    run train pointwise --model "$tiny_model" --base-precision f32 --data train.jsonl --group 4 --batch 4 \
        --lora-rank 4 --lora-alpha 8 --out "$out" "$@"
}

train learnt --validate dev.jsonl --updates 150 --validate-every 25 --learning-rate 1e-2 --lora-dropout 0 \
    --quiet
expect 0 "training"
best=$(grep -o '"validation": [0-9.]*' learnt/log.jsonl | sort -k 2 -g | tail -n 1 | cut -d ' ' -f 2)
awk -v best="$best" 'BEGIN { exit !(best >= 0.95) }' || complain "the rule: nDCG@10 $best, 0.95 expected"
[ -s learnt/curve.svg ] || complain "no picture of the curve"
run rerank --model "$tiny_model" --adapter learnt --precision f32 --query llama - --format tsv \
    < <(printf 'the horse number 7\nthe llama number 7\n')
expect 0 "reranking with what was learnt"

# Killed at some moment, and again: the same adapter in the end.
same="--updates 60 --checkpoint-every 5 --learning-rate 1e-3 --quiet"
# shellcheck disable=SC2086 # a list
train whole $same
expect 0 "an uninterrupted run"
for delay in 0.2 0.4; do
    # shellcheck disable=SC2086
    timeout -s KILL "$delay" "$DEAR" train pointwise --model "$tiny_model" --base-precision f32 \
        --data train.jsonl --group 4 --batch 4 --lora-rank 4 --lora-alpha 8 --out killed $same --resume \
        >/dev/null 2>&1
done
# shellcheck disable=SC2086
train killed $same --resume
expect 0 "a run that was killed, resumed"
expect_same killed/adapter_model.safetensors whole/adapter_model.safetensors "the adapter of a killed run"
expect_same <(grep -o '"loss": [^,]*' killed/log.jsonl) <(grep -o '"loss": [^,]*' whole/log.jsonl) \
    "the log of a killed run"

# shellcheck disable=SC2086
train killed $same --resume --seed 7
expect_error 2 "other options on a checkpoint" 'other options'

# Errors.
run train pointwise --out x
expect 2 "no data"
run train pointwise --data train.jsonl
expect 2 "no output"
train x --loss nothing
expect_error 2 "an unknown loss" 'nothing'
printf '{"query": "x"}\n' >broken.jsonl
run train pointwise --model "$tiny_model" --data broken.jsonl --out x --quiet
expect_error 1 "a broken group" 'broken.jsonl:1'
train x --loss ranknet_teacher --quiet
expect_error 1 "a teacher that is not there" 'train.jsonl:1' 'teacher'
train diverged --learning-rate 10 --updates 60 --quiet --max-norm 0
[ "$status" -eq 0 ] || expect_error 1 "divergence" 'update [0-9]+'

finish
