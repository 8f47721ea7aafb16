"""A corpus and queries by numbers: the same every time, of any size.

    retrieval_corpus.py PASSAGES QUERIES DIRECTORY

Words are drawn by a Zipf-Mandelbrot law from a vocabulary of half a million, about 60 to a passage
and 3 to 6 to a query, queries as passages: a query has common words and rare ones. Writes
DIRECTORY/corpus.tsv and DIRECTORY/queries.tsv.
"""

import sys

import numpy

VOCABULARY = 500_000
EXPONENT, SHIFT = 1.05, 10
MEAN_LENGTH = 60
SEED = 20
CHUNK = 10_000

ONSETS = "b c d f g h j k l m n p r s t v w z br cl dr fl gr pl st tr".split()
RIMES = "a e i o u an en in on er ar or al el ing ed ion ate".split()


def spell(number):
    """A pronounceable word for a number; none is another's."""
    syllables = []
    base = len(ONSETS) * len(RIMES)
    number += 1
    while number:
        number, digit = divmod(number - 1, base)
        syllables.append(ONSETS[digit // len(RIMES)] + RIMES[digit % len(RIMES)])
    return "".join(syllables)


class Words:
    """Draws words by their ranks' probabilities."""

    def __init__(self, seed):
        self.random = numpy.random.Generator(numpy.random.PCG64(seed))
        weights = (numpy.arange(VOCABULARY) + 1.0 + SHIFT) ** -EXPONENT
        self.sums = numpy.cumsum(weights / weights.sum())
        self.spelled = numpy.array([spell(rank) for rank in range(VOCABULARY)], dtype=object)

    def draw(self, lengths):
        """A list of texts with so many words each."""
        ranks = numpy.searchsorted(self.sums, self.random.random(int(lengths.sum())))
        words = self.spelled[numpy.minimum(ranks, VOCABULARY - 1)]
        ends = numpy.cumsum(lengths)
        return [" ".join(words[end - length : end]) for end, length in zip(ends, lengths)]


def write(path, words, count, lengths):
    with open(path, "w", encoding="ascii") as file:
        for begin in range(0, count, CHUNK):
            drawn = lengths(words.random, min(CHUNK, count - begin))
            for place, text in enumerate(words.draw(drawn)):
                file.write(f"{begin + place}\t{text}\n")


def main():
    passages, queries, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    words = Words(SEED)
    write(
        directory + "/corpus.tsv",
        words,
        passages,
        lambda random, n: numpy.maximum(random.poisson(MEAN_LENGTH, n), 5),
    )
    write(
        directory + "/queries.tsv", words, queries, lambda random, n: random.integers(3, 7, n)
    )


if __name__ == "__main__":
    main()
