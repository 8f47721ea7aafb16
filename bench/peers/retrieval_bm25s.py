"""bm25s as an engine of retrieval.py: Lucene's BM25, Porter's stemmer, Lucene's stopwords."""

import importlib.metadata
import json

import bm25s
import Stemmer

from retrieval_engine import main, read_tsv


def tokenize(texts, **options):
    return bm25s.tokenize(
        texts,
        stopwords="en",
        stemmer=Stemmer.Stemmer("porter"),
        token_pattern=r"(?u)\b\w+\b",
        show_progress=False,
        **options,
    )


def index(corpus, folder):
    docids, texts = read_tsv(corpus)
    engine = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
    engine.index(tokenize(texts), show_progress=False)
    engine.save(folder)
    with open(folder + "/docids.json", "w", encoding="utf-8") as file:
        json.dump(docids, file)


def load(folder):
    with open(folder + "/docids.json", encoding="utf-8") as file:
        return bm25s.BM25.load(folder), json.load(file)


def search(engine, texts, k):
    """A query's passages without any of its words have the score 0, and are left out."""
    scorer, docids = engine
    queries = tokenize(texts, return_ids=False)
    places, scores = scorer.retrieve(
        queries, k=min(k, len(docids)), n_threads=1, show_progress=False
    )
    return [
        [(docids[place], score) for place, score in zip(row, values) if score > 0]
        for row, values in zip(places, scores)
    ]


if __name__ == "__main__":
    main("bm25s " + importlib.metadata.version("bm25s"), index, load, search)
