"""Tantivy as an engine of retrieval.py, by its Python package: BM25 with the k1 and b that it has
built in (1.2 and 0.75), Snowball's English stemmer, its English stopwords. One thread writes."""

import importlib.metadata
import os
import re

import tantivy

from retrieval_engine import main, read_tsv

HEAP = 256 << 20


def analyzer():
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def schema():
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("docid", stored=True, tokenizer_name="raw")
    builder.add_text_field("text", stored=True, tokenizer_name="english")
    return builder.build()


def open_index(folder):
    found = tantivy.Index(schema(), path=folder)
    found.register_tokenizer("english", analyzer())
    return found


def index(corpus, folder):
    os.makedirs(folder)
    engine = open_index(folder)
    writer = engine.writer(heap_size=HEAP, num_threads=1)
    for docid, text in zip(*read_tsv(corpus)):
        writer.add_document(tantivy.Document(docid=docid, text=text))
    writer.commit()
    writer.wait_merging_threads()


def load(folder):
    engine = open_index(folder)
    engine.reload()
    return engine


def search(engine, texts, k):
    searcher = engine.searcher()
    results = []
    for text in texts:
        # Words alone: the query language has operators.
        words = " ".join(re.findall(r"\w+", text.lower()))
        found = searcher.search(engine.parse_query(words, ["text"]), k)
        results.append(
            [(searcher.doc(address).get_first("docid"), score) for score, address in found.hits]
        )
    return results


if __name__ == "__main__":
    main("tantivy " + importlib.metadata.version("tantivy"), index, load, search)
