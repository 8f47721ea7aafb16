"""dear itself: `dear rerank` over the same queries, and `dear generate` for decoding.

The seconds are those that --timing counts in the model, as loading is not counted for the others
either.
"""

import re
import subprocess
import tempfile

from measure import arguments, report
from pairs import read_pairs

DEAR = "build/release/dear"
HITS = "data/noveleval/data.json"
GGUF = "{}/gguf/q4_1.gguf"
DECODED = 128


def run_dear(options, command, *rest):
    """The timing that a command of dear prints."""
    line = [
        *(DEAR, command, "--precision", options.precision, "--threads", str(options.threads)),
        *("--quiet", "--timing", *rest),
    ]
    return subprocess.run(line, check=True, text=True, capture_output=True).stderr


def number_before(pattern, text):
    """The number that the pattern's group holds."""
    return float(re.search(pattern, text, re.MULTILINE).group(1))


def rerank(options):
    """Seconds in the model, the score of each (query, passage) and the precision that was used."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as run:
        timing = run_dear(
            options,
            "rerank",
            *("--model", GGUF.format(options.peers), "--adapter", options.peers + "/head"),
            *("--input", HITS),
            *("--shard", f"0/{options.every}", "--format", "trec", "--output", run.name),
        )
        with open(run.name, encoding="utf-8") as written:
            rows = [line.split() for line in written]
    scores = {(qid, docid): float(score) for qid, _, docid, _, score, _ in rows}
    used = re.search(r"^all .* (\S+)$", timing, re.MULTILINE).group(1)
    return number_before(r"tokens in ([\d.]+) s", timing), scores, used


def decode_rate(options):
    """New tokens a second, greedy, after a few words."""
    timing = run_dear(
        options,
        "generate",
        *("--model", GGUF.format(options.peers), "--raw"),
        *("--prompt", "Once upon a time", "--max-new-tokens", str(DECODED)),
    )
    written = number_before(r"(\d+) new tokens", timing)
    return written / number_before(r"new tokens in ([\d.]+) s", timing)


def main():
    options = arguments(__doc__, ["f32", "bf16", "int8", "auto"])
    lists = read_pairs(options.peers + "/pairs.json", options.every)
    seconds, scores, used = rerank(options)
    version = subprocess.run([DEAR, "--version"], check=True, text=True, capture_output=True).stdout
    report(
        seconds=seconds,
        scores=[scores[one["qid"], docid] for one in lists for docid in one["docids"]],
        decode_tokens_per_second=decode_rate(options),
        versions={"dear": version.split()[-1]},
        settings={"precision": used},
    )


main()
