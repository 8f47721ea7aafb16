"""dear's tokenizer beside Hugging Face's, one thread each, over NovelEval's passages."""

import re
import subprocess
import sys

PASSAGES = "data/noveleval/corpus.tsv"


def megabytes_per_second(program, peers):
    """What one of the two tokenizer benchmarks prints."""
    command = [*program, peers + "/model", PASSAGES]
    said = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    return float(re.search(r"([\d.]+) MB/s", said).group(1))


def tokenizer_speed(peers, rounds):
    """Each one's best rate of several rounds, taken in turn."""
    programs = {
        "dear": ["build/release/bench_tokenizer"],
        "tokenizers": [sys.executable, "bench/peers/tokenizers_hf.py"],
    }
    taken = [
        {name: megabytes_per_second(program, peers) for name, program in programs.items()}
        for _ in range(rounds)
    ]
    return {name: max(one[name] for one in taken) for name in programs}
