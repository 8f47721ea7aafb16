"""llama.cpp's own benchmark: random tokens, as long as the pairs are on average and 512 at once.

The better of the two lengths, with or without flash attention, is taken. It gives no scores.
"""

import json
import subprocess

from measure import arguments, report
from pairs import all_ids, read_pairs

FULL_BATCH = 512
DECODED = 128
REPETITIONS = 3


def run_bench(options, mean_length):
    """llama-bench's records: one for each length, with and without flash attention."""
    command = [
        options.peers + "/llama.cpp/build/bin/llama-bench",
        *("--model", f"{options.peers}/gguf/{options.precision}.gguf"),
        *("--n-prompt", f"{mean_length},{FULL_BATCH}", "--n-gen", str(DECODED)),
        *("--flash-attn", "off,on", "--threads", str(options.threads)),
        *("--repetitions", str(REPETITIONS), "--output", "json"),
    ]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def best_rate(records, kind):
    """The record of the highest rate among those that have tokens of this kind."""
    return max((one for one in records if one[kind]), key=lambda one: one["avg_ts"])


def read_version(options):
    with open(options.peers + "/llama.cpp/VERSION", encoding="utf-8") as file:
        return file.read().strip()


def main():
    options = arguments(__doc__, ["f16", "q8_0", "q4_1"])
    pairs = all_ids(read_pairs(options.peers + "/pairs.json", options.every))
    tokens = sum(map(len, pairs))
    records = run_bench(options, round(tokens / len(pairs)))
    prefill, decode = best_rate(records, "n_prompt"), best_rate(records, "n_gen")
    report(
        seconds=tokens / prefill["avg_ts"],
        decode_tokens_per_second=decode["avg_ts"],
        versions={"llama.cpp": read_version(options)},
        settings={"tokens at once": prefill["n_prompt"], "flash": prefill["flash_attn"]},
    )


main()
