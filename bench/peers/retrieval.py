"""dear index and dear retrieve beside bm25s and Tantivy, on Vaswani and on a made corpus.

    retrieval.py DEAR FOLDER [--passages N] [--queries N] [--top-k K]

Prints a table a corpus and writes FOLDER/retrieval.json. Every step is a process of its own, whose
peak memory is taken; a search's seconds are those of all queries, of dear with opening the index,
of the others without. MAP is of the best 1000, on Vaswani; agreement is how many of a query's best
10 are dear's too.
"""

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VASWANI = "data/vaswani"
COLUMNS = [
    "engine", "indexing, s", "passages/s", "peak, MB", "index, MB", "queries/s", "peak, MB",
    "MAP", "agreement",
]  # fmt: skip


def run(command):
    """The seconds, peak memory in MB and output of a process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024, output


def size_of(path):
    """Bytes of a file, or of all files below a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(path)
        for name in names
    )


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


class Dear:
    label = "dear"

    def __init__(self, program, threads):
        self.program = program
        self.threads = threads
        self.name = f"dear, {threads} thread{'s' if threads > 1 else ''}"

    def index(self, corpus, index):
        seconds, peak, _ = run([self.program, "index", corpus, "--quiet", "--output", index])
        return seconds, peak

    def search(self, index, queries, output, k):
        seconds, peak, _ = run(
            [self.program, "retrieve", index, "--queries", queries, "--quiet", "--top-k", str(k),
             "--threads", str(self.threads), "--output", output]
        )  # fmt: skip
        return seconds, peak


class Peer:
    def __init__(self, label):
        self.script = os.path.join(HERE, f"retrieval_{label}.py")
        self.label = self.name = label

    def call(self, *arguments):
        _, peak, output = run([sys.executable, self.script, *arguments])
        told = json.loads(output)
        self.name = told["version"]
        return told["seconds"], peak

    def index(self, corpus, index):
        return self.call("index", corpus, index)

    def search(self, index, queries, output, k):
        return self.call("search", index, queries, output, str(k))


def best(path, k=10):
    """The k best of each query of a run."""
    lists = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            qid, _, docid, rank, _, _ = line.split()
            if int(rank) <= k:
                lists.setdefault(qid, set()).add(docid)
    return lists


def agreement(path, reference):
    """The mean share of the reference's best that a run has among its own."""
    ours, theirs = best(path), best(reference)
    return sum(len(docids & ours.get(q, set())) / len(docids) for q, docids in theirs.items()) / len(
        theirs
    )


def mean_average_precision(program, path):
    _, _, output = run([program, "eval", VASWANI + "/qrels", path, "-m", "map"])
    return float(output.split()[-1])


def lines_of(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def measure(engine, options, folder, reference, indexed):
    """One row. `indexed` remembers an index that another row has made, with what it took."""
    corpus, queries = folder + "/corpus.tsv", folder + "/queries.tsv"
    index = f"{folder}/{engine.label}.index"
    if engine.label not in indexed:
        remove(index)
        indexed[engine.label] = engine.index(corpus, index)
    index_seconds, index_peak = indexed[engine.label]
    output = index + ".trec"
    seconds, peak = engine.search(index, queries, output, options.top_k)
    return {
        "engine": engine.name,
        "index_seconds": index_seconds,
        "passages_per_second": lines_of(corpus) / index_seconds,
        "index_peak_mb": index_peak,
        "index_mb": size_of(index) / 1e6,
        "queries_per_second": lines_of(queries) / seconds,
        "search_peak_mb": peak,
        "agreement": agreement(output, reference or output),
        "run": output,
    }


def vaswani(folder):
    """Vaswani as TSV."""
    os.makedirs(folder, exist_ok=True)
    with gzip.open(VASWANI + "/doc-text.trec.gz", "rt", encoding="utf-8") as file:
        documents = re.findall(r"<DOCNO>(\d+)</DOCNO>(.*?)</DOC>", file.read(), re.DOTALL)
    with open(VASWANI + "/query-text.trec", encoding="utf-8") as file:
        topics = re.findall(r"<num>(\d+)</num><title>(.*?)</title>", file.read(), re.DOTALL)
    for name, rows in (("corpus", documents), ("queries", topics)):
        with open(f"{folder}/{name}.tsv", "w", encoding="utf-8") as file:
            file.writelines(f"{key}\t{' '.join(text.split())}\n" for key, text in rows)


def made(folder, passages, queries):
    """The made corpus, unless it is there."""
    if os.path.exists(folder + "/queries.tsv"):
        return
    os.makedirs(folder, exist_ok=True)
    script = os.path.join(HERE, "retrieval_corpus.py")
    run([sys.executable, script, str(passages), str(queries), folder])


def compare(program, folder, options, judged):
    rows, indexed, reference = [], {}, None
    engines = [Dear(program, 1), Dear(program, os.cpu_count())]
    engines += [Peer("bm25s"), Peer("tantivy")]
    for engine in engines:
        row = measure(engine, options, folder, reference, indexed)
        reference = reference or row["run"]
        if judged:
            row["map"] = mean_average_precision(program, row["run"])
        rows.append(row)
    return rows


def print_table(title, rows):
    print(f"\n{title}\n\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for row in rows:
        quality = f"{row['map']:.4f}" if "map" in row else "–"
        print(
            f"| {row['engine']} | {row['index_seconds']:.1f} | {row['passages_per_second']:.0f}"
            f" | {row['index_peak_mb']:.0f} | {row['index_mb']:.1f}"
            f" | {row['queries_per_second']:.0f} | {row['search_peak_mb']:.0f} | {quality}"
            f" | {row['agreement']:.3f} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dear", help="the program")
    parser.add_argument("folder", help="where corpora, indexes and results go")
    parser.add_argument("--passages", type=int, default=1_000_000, help="of the made corpus")
    parser.add_argument("--queries", type=int, default=1000, help="of the made corpus")
    parser.add_argument("--top-k", type=int, default=1000)
    options = parser.parse_args()
    results = {}
    vaswani(options.folder + "/vaswani")
    results["Vaswani"] = compare(options.dear, options.folder + "/vaswani", options, True)
    print_table("Vaswani, 11,429 passages, 93 queries", results["Vaswani"])
    title = f"Made, {options.passages:,} passages, {options.queries:,} queries"
    folder = f"{options.folder}/made-{options.passages}-{options.queries}"
    made(folder, options.passages, options.queries)
    results[title] = compare(options.dear, folder, options, False)
    print_table(title, results[title])
    with open(options.folder + "/retrieval.json", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
