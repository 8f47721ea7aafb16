#!/usr/bin/env bash
# The default model on NovelEval, zero-shot: nDCG@1/5/10 as transformers gives with the same model
# in float32, 59.5/61.1/67.8.
source "$(dirname "$0")/harness.sh"

model=${XDG_CACHE_HOME:-$HOME/.cache}/dear/SmolLM2-135M-Instruct.Q4_1.gguf
if [ ! -e "$model" ]; then
    echo "skipped: $model is not there (make model)"
    exit 77
fi

run rerank --model "$model" --scorer qlm --precision f32 --input "$novel_eval/data.json" \
    --format trec --output run.trec
expect 0 "rerank with the default model"
run eval "$novel_eval/qrels.txt" run.trec -m ndcg_cut.1,5,10
expect 0 "eval"
expect_in out 'ndcg_cut_1 .*all.*0\.59(4[5-9]|5[0-4])' "nDCG@1 of 59.5"
expect_in out 'ndcg_cut_5 .*all.*0\.61(0[5-9]|1[0-4])' "nDCG@5 of 61.1"
expect_in out 'ndcg_cut_10 .*all.*0\.67(7[5-9]|8[0-4])' "nDCG@10 of 67.8"

finish
