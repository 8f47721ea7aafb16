"""The frame of a Python engine of retrieval.py: one process indexes, another searches.

    ENGINE.py index CORPUS INDEX
    ENGINE.py search INDEX QUERIES RUN K

Corpora and queries are TSV. Each prints one line of JSON with the seconds; those of a search are
without loading the index.
"""

import json
import sys
import time

TAG = "peer"


def read_tsv(path):
    """Ids and texts."""
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t", 1) for line in file]
    return [row[0] for row in rows], [row[1] for row in rows]


def write_run(path, qids, results):
    """results: for each query its (docid, score), best first."""
    with open(path, "w", encoding="utf-8") as file:
        for qid, hits in zip(qids, results):
            for rank, (docid, score) in enumerate(hits, 1):
                file.write(f"{qid} Q0 {docid} {rank} {score:.6f} {TAG}\n")


def report(seconds, version):
    print(json.dumps({"seconds": seconds, "version": version}))


def main(version, index, load, search):
    """index(corpus, folder); load(folder) -> engine; search(engine, texts, k) -> results."""
    started = time.perf_counter()
    if sys.argv[1] == "index":
        index(sys.argv[2], sys.argv[3])
        report(time.perf_counter() - started, version)
        return
    folder, queries, run, k = sys.argv[2:]
    engine = load(folder)
    qids, texts = read_tsv(queries)
    started = time.perf_counter()
    results = search(engine, texts, int(k))
    report(time.perf_counter() - started, version)
    write_run(run, qids, results)
