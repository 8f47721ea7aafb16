#!/usr/bin/env bash
# Models with random weights (bench/make_model) are models: dear reranks and writes with them.
source "$(dirname "$0")/harness.sh"

: "${MAKE_MODEL:?}"
tokens=$GOLDEN/gqa-tied/causal-f32.gguf
printf 'Paris is the capital of France.\nLlamas live in the Andes.\n' >passages

# make STATUS ARGUMENT...: `make_model ARGUMENT...`
make() {
    local expected=$1
    shift
    command_line="make_model $*"
    ran=$((ran + 1))
    status=0
    "$MAKE_MODEL" "$@" >out 2>err || status=$?
    expect "$expected" "make_model"
}

# expect_ranks MODEL: two passages, each with a finite score of its own, the higher first.
expect_ranks() {
    run rerank --model "$1" --precision f32 --query "where do llamas live" --format tsv passages
    expect 0 "rerank with $1"
    [ "$(grep -cE $'\t-?[0-9]+\\.[0-9]+$' out)" -eq 2 ] || complain "$1: two scores"
    cut -f 3 out | sort -u -c -g -r || complain "$1: scores differ and fall"
}

for type in q4_0 q4_1 q8_0 f16 bf16; do
    make 0 tiny "$type" "$type.gguf" --tokenizer "$tokens"
    expect_no "$type.gguf.part" "the part"
    expect_ranks "$type.gguf"
done
run info --model q4_0.gguf
expect_in out '2 layers, hidden 64, intermediate 128, vocabulary 49152 \(tied\)' "the shape"
expect_in out '4 heads, 2 key-value heads, head_dim 16, rope factors' "the heads"
run generate --model q4_0.gguf --raw --prompt "Llamas live" --max-new-tokens 8 </dev/null
expect 0 "generate with a GGUF file"
[ -s out ] || complain "generate writes something"

for type in f16 bf16; do
    make 0 tiny "$type" "$type"
    expect_no "$type.part" "the part"
    expect_ranks "$type"
done
run info --model bf16
expect_in out '4 heads, 2 key-value heads, head_dim 16, rope llama3' "the heads in a folder"
expect_in out 'its score head' "a folder is a classifier"

# The same every time.
make 0 tiny q4_0 again.gguf --tokenizer "$tokens"
expect_same q4_0.gguf again.gguf "the same arguments"
make 0 tiny bf16 again/
expect_same bf16/model.safetensors again/model.safetensors "the same arguments"

make 2 tiny q4_0 folder
expect_in err "let OUT end in .gguf" "quantized weights in a folder"
make 2 7b q4_0 x.gguf
make 2 tiny q3 x.gguf
make 2 tiny q4_0
make 1 tiny bf16 bf16
expect_error 1 "a folder that is there" 'bf16: is there already'
make 1 13b q4_0 x.gguf --tokenizer "$DATA/tokenizers/smollm2"
expect_error 1 "a folder's tokenizer for a GGUF file" 'smollm2' 'from a GGUF file'
make 1 13b bf16 x
expect_error 1 "more tokens than the vocabulary" '49152 tokens' '32000' '--tokenizer'
expect_no x "no model after an error"
expect_no x.gguf "no model after an error"

# A disk that is full.
(
    ulimit -f 512
    trap '' XFSZ
    make 1 tiny f16 full.gguf --tokenizer "$tokens"
    expect_error 1 "a file that cannot grow" 'full.gguf.part: File too large'
    make 1 tiny f16 full
    expect_error 1 "a folder that cannot grow" 'full.part/.*File too large'
    [ "$failures" -eq 0 ]
) || failures=$((failures + 1))
expect_no full.gguf "no model when the disk is full"
expect_no full "no folder when the disk is full"

finish
