#!/usr/bin/env python3
"""The same work as bench_tokenizer, done by Hugging Face tokenizers on one thread.

    tokenizers_hf.py DIRECTORY FILE

Every line of FILE is a passage, encoded on its own; best of several rounds.
"""

import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer  # noqa: E402

ROUNDS = 7


def main():
    directory, file = sys.argv[1:]
    start = time.perf_counter()
    tokenizer = Tokenizer.from_file(os.path.join(directory, "tokenizer.json"))
    load = time.perf_counter() - start
    with open(file, encoding="utf-8", errors="replace", newline="\n") as lines:
        passages = [line.rstrip("\n") for line in lines]
    size = sum(len(passage.encode()) for passage in passages)
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        tokens = sum(len(tokenizer.encode(passage)) for passage in passages)
        best = min(best, time.perf_counter() - start)
    print(
        f"load {1e3 * load:.0f} ms  passages {len(passages)}  tokens {tokens}  "
        f"{1e-6 * size / best:.1f} MB/s"
    )


main()
