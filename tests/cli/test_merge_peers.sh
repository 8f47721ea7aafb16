#!/usr/bin/env bash
# What dear merge writes is what transformers scores. Needs Python with torch and transformers
# ($PEERS_PYTHON, or what `make bench-peers` installs); skipped without.
source "$(dirname "$0")/harness.sh"

: "${SOURCE:?}"
python=${PEERS_PYTHON:-$SOURCE/build/peers/venv/bin/python}
"$python" -c 'import torch, transformers' 2>err || {
    echo "skipped: $python has no torch and transformers"
    exit 77
}

# expect_scores FOLDER CASES: within 1e-5 of the largest score.
expect_scores() {
    command_line="classifier_scores.py $*"
    status=0
    OMP_NUM_THREADS=1 "$python" "$SOURCE/bench/peers/classifier_scores.py" "$@" >out 2>err || status=$?
    expect 0 "transformers reads $1"
    awk '{ good = $1 < 1e-5 } END { exit !good }' out || complain "transformers scores $1"
}

for name in gqa-tied mha-untied-bf16-sharded; do
    run merge --model "$GOLDEN/$name/lora-seqcls" --output "$name" --type f32
    expect 0 "merge $name"
    expect_scores "$name" "$GOLDEN/$name/lora-pointwise.json"
done

# Through GGUF and back.
run merge --model gqa-tied --output gqa.gguf
run merge --model gqa.gguf --output from-gguf
expect 0 "a folder from a GGUF file"
expect_scores from-gguf "$GOLDEN/gqa-tied/lora-pointwise.json"

finish
