/*
 * BM25 as Lucene has it (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, with
 * Lucene's idf, which is never negative): the score of a passage is the sum over the query's terms of
 *
 *     ln(1 + (N - df + 0.5) / (df + 0.5)) * tf / (tf + k1 * (1 - b + b * length / average length))
 *
 * A term that the query has twice counts twice. Lengths are exact, where Lucene rounds them to a
 * byte; the constant factor k1 + 1 of other accounts is left out.
 *
 * Weights are whole numbers of BM25_UNIT, at least 1, so that their sum does not depend on the order
 * in which terms are taken.
 */
#ifndef DEAR_RETRIEVE_BM25_H
#define DEAR_RETRIEVE_BM25_H

#include "retrieve/postings.h"

#define BM25_UNIT 0x1p-20

/* What all queries share. */
typedef struct bm25 {
    double k1, b;
    size_t passages;
    float *norms; ///< [passages]: k1 * (1 - b + b * length / average length)
} bm25;

/* Turns lengths in terms, which stand in `norms`, into norms. */
void bm25_set_norms(bm25 *m, double average_length);

/* Turns the list's weights, which are term frequencies, into weights. */
void bm25_weigh(const bm25 *m, postings *p);

#endif
