"""What transformers, and PEFT for an adapter, score: a peer for `dear merge` and for adapters.

    python classifier_scores.py FOLDER CASES [--adapter DIR]

FOLDER is a LlamaForSequenceClassification, DIR a PEFT adapter for it, CASES a JSON list (or an object
whose "cases" is one) of {"ids": [...], "score": ...}. Everything in float32. Prints the largest
difference from the cases' scores, over the largest score.
"""

import argparse
import json

import torch
from transformers import AutoModelForSequenceClassification


def open_model(folder, adapter):
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter)
    return model.eval()


@torch.no_grad()
def score(model, ids):
    return model(input_ids=torch.tensor([ids])).logits[0, 0].item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("cases")
    parser.add_argument("--adapter")
    options = parser.parse_args()

    with open(options.cases, encoding="utf-8") as file:
        cases = json.load(file)
    cases = cases["cases"] if isinstance(cases, dict) else cases
    model = open_model(options.folder, options.adapter)
    difference = max(abs(score(model, case["ids"]) - case["score"]) for case in cases)
    print(difference / max(abs(case["score"]) for case in cases))


if __name__ == "__main__":
    main()
