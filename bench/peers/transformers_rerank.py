"""What transformers takes to rerank the same queries by query likelihood: a peer for `dear rerank`.

    python transformers_rerank.py GGUF hits.json [--every N] [--run out.trec] [--batch 20]

Needs torch, transformers and gguf. Passages of a query are padded to the longest and run as one
batch in float32; logits are computed for the query's tokens only. Prints the seconds from start and in scoring, and the real
tokens a second; writes the scores as a TREC run, so that both rankings can be compared.
"""

import time

started = time.time()

import argparse
import json
import os

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

PASSAGE_TOKENS = 193


def encode(tokenizer, query, passage):
    document = tokenizer.encode("document: " + passage, add_special_tokens=False)[:PASSAGE_TOKENS]
    middle = tokenizer.encode("\nquestion:", add_special_tokens=False)
    asked = tokenizer.encode(" " + query, add_special_tokens=False)
    return [tokenizer.bos_token_id] + document + middle, asked


@torch.no_grad()
def score(model, pairs):
    longest = max(len(before) + len(asked) for before, asked in pairs)
    ids = torch.zeros(len(pairs), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, (before, asked) in enumerate(pairs):
        text = torch.tensor(before + asked)
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    hidden = model.model(input_ids=ids, attention_mask=mask).last_hidden_state
    scores = []
    for row, (before, asked) in enumerate(pairs):
        at = len(before) - 1
        likely = model.lm_head(hidden[row, at : at + len(asked)]).log_softmax(-1)
        scores.append(likely.gather(1, torch.tensor(asked)[:, None]).mean().item())
    return scores


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gguf")
    parser.add_argument("hits")
    parser.add_argument("--every", type=int, default=7, help="take each N-th query")
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--run")
    options = parser.parse_args()

    folder, name = os.path.split(os.path.abspath(options.gguf))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
    with open(options.hits) as file:
        queries = json.load(file)[:: options.every]

    loaded = time.time()
    tokens, lines = 0, []
    for entry in queries:
        hits = entry["hits"]
        pairs = [encode(tokenizer, entry["query"], hit["content"]) for hit in hits]
        tokens += sum(len(before) + len(asked) for before, asked in pairs)
        scores = []
        for first in range(0, len(pairs), options.batch):
            scores += score(model, pairs[first : first + options.batch])
        order = sorted(range(len(hits)), key=lambda i: -scores[i])
        for rank, i in enumerate(order):
            lines.append(f"{hits[i]['qid']} Q0 {hits[i]['docid']} {rank + 1} {scores[i]:.7f} peer\n")
    ended = time.time()
    if options.run:
        with open(options.run, "w") as file:
            file.writelines(lines)
    print(f"transformers: {ended - started:.2f} s from start, {ended - loaded:.2f} s scoring, "
          f"{tokens / (ended - loaded):.0f} real tokens/s")


if __name__ == "__main__":
    main()
