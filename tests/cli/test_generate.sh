#!/usr/bin/env bash
# The commands around reranking: generate, tokenize, info.
source "$(dirname "$0")/harness.sh"

causal=$GOLDEN/gqa-tied/causal

generate() { # OUT ARGUMENT...
    local to=$1
    shift
    run generate --model "$causal" --precision f32 --max-new-tokens 24 "$@" </dev/null
    expect 0 "generate $*"
    cp out "$to"
}
generate greedy --raw --prompt "Llamas live"
[ "$(wc -c <greedy)" -gt 24 ] || complain "generate writes a text"
generate again --raw "Llamas live"
expect_same greedy again "greedy text is the same twice"
generate seven --raw --prompt "Llamas live" --temperature 1 --seed 7
generate seven-again --raw --prompt "Llamas live" --temperature 1 --seed 7
expect_same seven seven-again "the same seed writes the same text"
generate eight --raw --prompt "Llamas live" --temperature 1 --seed 8
! cmp -s seven eight || complain "another seed writes another text"
generate chat --prompt "Llamas live" --system "Be brief."
! cmp -s chat greedy || complain "the chat template changes what is asked"
printf 'Llamas live' >prompt
run generate --model "$causal" --precision f32 --max-new-tokens 24 --raw --prompt - <prompt
expect_same greedy out "a prompt from standard input"

run generate --model "$tiny_model" --prompt "hi"
expect_error 2 "a classifier cannot write" 'seqcls' 'score head'
run generate --model "$causal" --chat-template nonsense --prompt "hi"
expect_error 1 "an unknown chat template" 'nonsense' 'chatml'
run generate --model "$causal"
expect 2 "generate without a prompt"
run generate --model "$causal" --prompt "hi" --top-p 2
expect 2 "top-p beyond 1"

run tokenize --model "$causal" --ids "<|begin_of_text|>hi"
expect 0 "tokenize"
plain=$(wc -w <out)
run tokenize --model "$causal" --special --count "<|begin_of_text|>hi"
[ "$(cat out)" -lt "$plain" ] || complain "special tokens in a text are plain text by default"
run tokenize --model "$causal" "hi there"
expect_in out '"h' "tokens are shown in quotes"
printf 'hi there' | run tokenize --model "$causal" --ids
expect 0 "tokenize standard input"

run info --model "$causal"
expect 0 "info"
expect_in out '3 layers, hidden 64' "the model's shape"
expect_in out 'threads +[1-9]' "the machine's threads"
run info --model "$causal" --adapter "$GOLDEN/gqa-tied/lora-causal"
expect 0 "info with an adapter"

finish
