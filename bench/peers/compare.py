"""Measures dear and its peers side by side and writes what came out.

    compare.py PEERS [--rounds N] [--every N] [--engines dear,openvino:f32,…]

Run in the repository's root by the Python of the peers; scripts/bench-peers prepares the folder
PEERS. In each round every engine runs once, in a process of its own; its best round counts.
PEERS/results.json receives the results, standard output the table.
"""

import argparse
import json
import os
import subprocess
import sys

from agreement import agreement
from pairs import all_ids, read_pairs
from table import markdown
from tokenizer_speed import tokenizer_speed

ENGINES = {
    "dear": ["f32", "bf16", "int8", "auto"],
    "transformers": ["f32", "bf16"],
    "torch": ["f32", "bf16", "int8"],
    "openvino": ["f32", "bf16", "int8-dynamic", "int8-static"],
    "llamacpp": ["f16", "q8_0", "q4_1"],
}
REFERENCE = ("transformers", "f32")
NOT_RUN = {"missing": "not among the chosen"}
DECODED = "decode_tokens_per_second"  # not every engine decodes

# Which of dear's precisions a peer's is like.
ALIKE = {"f32": "f32", "bf16": "bf16", "f16": "bf16", "auto": "auto"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers")
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--every", default=1, type=int, help="take every N-th query")
    parser.add_argument(
        "--engines",
        default=",".join(ENGINES),
        type=chosen_engines,
        help="NAME or NAME:PRECISION, with commas between",
    )
    return parser.parse_args()


def chosen_engines(text):
    """(engine, precision) of each one named."""
    chosen = []
    for name in text.split(","):
        engine, _, precision = name.partition(":")
        if engine not in ENGINES or precision not in ["", *ENGINES[engine]]:
            raise argparse.ArgumentTypeError(f"no engine {name}; there are {ENGINES}")
        chosen += [(engine, one) for one in ([precision] if precision else ENGINES[engine])]
    return chosen


def run_engine(engine, precision, options, threads):
    """What one engine's process reports, or {"missing": why}."""
    command = [sys.executable, f"bench/peers/engine_{engine}.py", "--peers", options.peers]
    command += ["--precision", precision, "--threads", str(threads)]
    command += ["--every", str(options.every)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return {"missing": said[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def run_rounds(options, threads):
    """The reports of every engine, in rounds: {(engine, precision): [report a round]}."""
    reports = {which: [] for which in options.engines}
    for number in range(options.rounds):
        for which in options.engines:
            print(f"round {number + 1}: {' '.join(which)}", file=sys.stderr, flush=True)
            reports[which].append(run_engine(*which, options, threads))
    return reports


def best_report(reports):
    """The fastest round, or the failure of an engine that finished none."""
    whole = [one for one in reports if "missing" not in one]
    return min(whole, key=lambda one: one["seconds"]) if whole else reports[0]


def ratio(ours, theirs):
    return ours / theirs if ours and theirs else None


def engine_result(which, reports, reference, lists):
    """One engine's numbers, its ratios to dear still to come."""
    best = best_report(reports)
    result = {"engine": which[0], "precision": which[1]}
    if "missing" in best:
        return {**result, "missing": best["missing"]}
    pairs, scores = all_ids(lists), best.get("scores")
    lengths = [len(one["ids"]) for one in lists]
    decoded = [one[DECODED] for one in reports if DECODED in one]
    return {
        **result,
        "seconds": [one.get("seconds") for one in reports],
        "tokens_per_second": sum(map(len, pairs)) / best["seconds"],
        "documents_per_second": len(pairs) / best["seconds"],
        DECODED: max(decoded, default=None),
        "agreement": agreement(scores, reference, lengths) if scores and reference else None,
        "settings": best["settings"],
    }


def add_ratios(results):
    """How many times as fast dear is: in the precision alike, and in the one it chooses itself."""
    dear = {one["precision"]: one for one in results if one["engine"] == "dear"}
    for one in results:
        alike = dear.get(ALIKE.get(one["precision"], "int8"), {})
        for name, ours, rate in [
            ("ratio_alike", alike, "tokens_per_second"),
            ("ratio_auto", dear.get("auto", {}), "tokens_per_second"),
            ("decode_ratio_alike", alike, DECODED),
        ]:
            one[name] = ratio(ours.get(rate), one.get(rate))


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return names[0]


def main():
    options = parse_arguments()
    threads = len(os.sched_getaffinity(0))
    lists = read_pairs(options.peers + "/pairs.json", options.every)
    reports = run_rounds(options, threads)
    reference = best_report(reports.get(REFERENCE, [NOT_RUN])).get("scores")
    engines = [engine_result(which, rounds, reference, lists) for which, rounds in reports.items()]
    add_ratios(engines)
    versions = [one.get("versions", {}) for rounds in reports.values() for one in rounds]
    results = {
        "processor": processor_name(),
        "threads": threads,
        "documents": len(all_ids(lists)),
        "tokens": sum(map(len, all_ids(lists))),
        "rounds": options.rounds,
        "versions": {name: version for one in versions for name, version in one.items()},
        "engines": engines,
        "tokenizer_megabytes_per_second": tokenizer_speed(options.peers, options.rounds),
    }
    with open(options.peers + "/results.json", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    print(markdown(results))


main()
