/*
 * English words that say nothing of what a text is about, and which an index may leave out.
 *
 *  short  the 33 words that Lucene's English analysis leaves out, so what published BM25 baselines
 *         (Anserini, Pyserini) leave out
 *  long   English function words by class: articles, pronouns, prepositions, conjunctions,
 *         auxiliaries with their contractions, adverbs of degree, time and place
 */
#ifndef DEAR_RETRIEVE_STOPWORDS_H
#define DEAR_RETRIEVE_STOPWORDS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum stopwords { STOPWORDS_NONE, STOPWORDS_SHORT, STOPWORDS_LONG } stopwords;

/* "none", "short", "long"; false for another name. */
bool stopwords_parse(stopwords *out, const char *name);
const char *stopwords_name(stopwords list);

/* True when the list has the word, which is in lower case. */
bool stopwords_have(stopwords list, const char *word, size_t length);

#endif
