"""The pairs of query and passage, as token ids that every engine reads.

    pairs.py MODEL HITS.json PAIRS.json

DeAR's stage-1 layout: "BOS query: … BOS document: {title} …", 32 tokens of the query and 196 of the
passage at most, of which three stay free. PAIRS.json holds one list a query:
{"qid", "docids": [n], "ids": [n][tokens]}.
"""

import json
import sys

from tokenizers import Tokenizer

QUERY_TOKENS = 32
PASSAGE_TOKENS = 196 - 3
BOS = 1  # SmolLM2's <|im_start|>


def encode_pair(tokenizer, query, passage):
    """Token ids of one pair; the passage has no title, which leaves its space."""
    asked = tokenizer.encode("query: " + query, add_special_tokens=False).ids
    told = tokenizer.encode("document:  " + passage, add_special_tokens=False).ids
    return [BOS] + asked[:QUERY_TOKENS] + [BOS] + told[:PASSAGE_TOKENS]


def encode_list(tokenizer, entry):
    """One query of a RankGPT file with its hits."""
    hits = entry["hits"]
    return {
        "qid": str(hits[0]["qid"]),
        "docids": [hit["docid"] for hit in hits],
        "ids": [encode_pair(tokenizer, entry["query"], hit["content"]) for hit in hits],
    }


def read_pairs(path, every):
    """Every N-th list of PAIRS.json, from the first on, as `dear rerank --shard 0/N` takes them."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)[::every]


def all_ids(lists):
    """The token ids of all the lists' pairs, one after the other."""
    return [ids for one in lists for ids in one["ids"]]


def main():
    model, hits, target = sys.argv[1:]
    tokenizer = Tokenizer.from_file(model + "/tokenizer.json")
    with open(hits, encoding="utf-8") as file:
        lists = [encode_list(tokenizer, entry) for entry in json.load(file)]
    with open(target, "w", encoding="utf-8") as file:
        json.dump(lists, file)


if __name__ == "__main__":
    main()
