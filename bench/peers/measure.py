"""The frame that every Python engine runs in: one process, one precision, one line of JSON."""

import argparse
import json
import sys
import time

from pairs import all_ids, read_pairs


def arguments(description, precisions):
    """What compare.py tells an engine."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--peers", required=True, help="folder of the prepared model and pairs")
    parser.add_argument("--precision", required=True, choices=precisions)
    parser.add_argument("--threads", required=True, type=int)
    parser.add_argument("--every", default=1, type=int, help="take every N-th query")
    return parser.parse_args()


def report(**result):
    """Prints the process's one line."""
    json.dump(result, sys.stdout)
    print()


def measure(score, options, versions, settings):
    """Times score(pairs) -> scores over the pairs, after a first go at some of them.

    Loading has been done. Reports the seconds and the scores, in the order of the pairs.
    """
    pairs = all_ids(read_pairs(options.peers + "/pairs.json", options.every))
    score(pairs[:: max(1, len(pairs) // 16)])
    started = time.perf_counter()
    scores = score(pairs)
    seconds = time.perf_counter() - started
    report(seconds=seconds, scores=scores, versions=versions, settings=settings)
