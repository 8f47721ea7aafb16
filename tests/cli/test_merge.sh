#!/usr/bin/env bash
# dear merge: what it writes scores as what it was made of, in every format and from every one.
source "$(dirname "$0")/harness.sh"

gqa=$GOLDEN/gqa-tied mha=$GOLDEN/mha-untied-bf16-sharded
printf 'Paris is the capital of France.\nLlamas live in the Andes.\nThe alpaca is smaller.\n' >passages

# scores MODEL [OPTION...]: docid and score of each passage, in order of docid, into the file scores.
scores() {
    run rerank --model "$@" --precision f32 --query "where do llamas live" --format tsv passages
    expect 0 "rerank with $1"
    cut -f 2,3 out | sort -n >scores
    [ "$(wc -l <scores)" -eq 3 ] || complain "$1: three scores"
}

# expect_near TOLERANCE WHAT: the scores differ from those in the file expected by at most that.
expect_near() {
    paste expected scores | awk -v most="$1" '
        $1 != $3 { exit 1 }
        { d = $2 - $4; if (d < -most || d > most) exit 1; n++ }
        END { exit !(n == 3) }' || complain "$2: $(paste -s expected) became $(paste -s scores)"
}

# merge STATUS ARGUMENT...
merge() {
    local code=$1
    shift
    run merge "$@" </dev/null
    expect "$code" "merge $*"
}

# Adapters with a score head, from folders.
for base in "$gqa" "$mha"; do
    rm -rf f32 bf16 f16
    scores "$base/lora-seqcls"
    cp scores expected
    for type in f32 bf16 f16; do
        merge 0 --model "$base/lora-seqcls" --output "$type" --type "$type"
        expect_no "$type.part" "the part"
        scores "$type"
        case $type in
        f32) expect_near 1e-6 "a merged folder, $type" ;;
        f16) expect_near 0.02 "a merged folder, $type" ;;
        bf16) expect_near 0.1 "a merged folder, $type" ;;
        esac
    done
done
run info --model f32
expect_in out 'its score head' "a merged classifier has its head"

# A base and an adapter apart; the base's own type when none is given.
merge 0 --model "$mha/seqcls" --adapter "$mha/lora-seqcls" --output apart/
expect_same apart/model.safetensors bf16/model.safetensors "the base's type is bf16"

# GGUF, with a score head.
scores "$gqa/lora-seqcls"
cp scores expected
for type in f32 f16 bf16 q8_0 q4_0 q4_1; do
    merge 0 --model "$gqa/lora-seqcls" --output "$type.gguf" --type "$type"
    scores "$type.gguf"
    case $type in
    f32) expect_near 1e-6 "a merged GGUF file, $type" ;;
    f16) expect_near 0.02 "a merged GGUF file, $type" ;;
    bf16 | q8_0) expect_near 0.1 "a merged GGUF file, $type" ;;
    q4*) ;; # four bits move a random model's scores anywhere; unit tests hold the weights
    esac
done

# A chat model: folder to GGUF, GGUF to folder, and back.
scores "$gqa/lora-causal"
cp scores expected
merge 0 --model "$gqa/causal-f32.gguf" --adapter "$gqa/lora-causal" --output from-gguf
scores from-gguf
expect_near 1e-6 "a folder from a GGUF file"
merge 0 --model from-gguf --output back.gguf
scores back.gguf
expect_near 1e-6 "a GGUF file from that folder"
merge 0 --model back.gguf --output back.gguf
scores back.gguf
expect_near 1e-6 "a GGUF file written over itself"
run generate --model "$gqa/lora-causal" --raw --prompt "where do" --max-new-tokens 16 </dev/null
cp out expected-text
run generate --model back.gguf --raw --prompt "where do" --max-new-tokens 16 </dev/null
expect_same expected-text out "greedy text of a merged GGUF file"
run tokenize --model "$gqa/causal" "It's 2024, isn't it?  na"
cp out expected-text
for model in from-gguf back.gguf; do
    run tokenize --model $model "It's 2024, isn't it?  na"
    expect_same expected-text out "tokens of $model"
done

# What is wrong is one sentence, and leaves nothing.
merge 1 --model "$mha/causal" --output x.gguf
expect_error 1 "a tokenizer that GGUF cannot hold" 'causal: GGUF cannot hold its tokenizer' 'folder'
merge 1 --model "$gqa/causal" --output from-gguf
expect_error 1 "a folder that is there" 'from-gguf: is there already'
merge 2 --model "$gqa/causal" --output x --type q8_0
expect_in err 'ends in .gguf' "quantized weights in a folder"
merge 2 --model "$gqa/causal" --output x --type q6_k
expect_in err 'q8_0, q4_0 or q4_1' "a type that is not written"
merge 2 --model "$gqa/causal"
expect_in err '--output' "no output"
merge 1 --model "$gqa/causal" --output no/such/folder
expect_error 1 "no such place" 'no/such'
merge 1 --model "$gqa/causal" --adapter "$mha/lora-causal" --output x
expect_error 1 "another model's adapter" 'lora-causal'
expect_no x "nothing after an error"
expect_no x.gguf "nothing after an error"

# A disk that is full.
(
    ulimit -f 256
    trap '' XFSZ
    merge 1 --model "$gqa/causal" --output full.gguf
    expect_error 1 "a file that cannot grow" 'full.gguf.part: File too large'
    merge 1 --model "$gqa/causal" --output full
    expect_error 1 "a folder that cannot grow" 'full.part/model.safetensors.part: File too large'
    [ "$failures" -eq 0 ]
) || failures=$((failures + 1))
expect_no full.gguf "no file when the disk is full"
expect_no full "no folder when the disk is full"

finish
