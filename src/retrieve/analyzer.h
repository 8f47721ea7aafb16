/*
 * Text to the terms that an index holds and a query asks for.
 *
 * Words are runs of letters, digits and marks; an apostrophe between two of them belongs to the
 * word, but a final 's does not. Han and Hiragana characters are words each. Words are folded: lower
 * case, compatibility forms and ligatures undone (Unicode NFKD with case folding), the accents
 * U+0300 to U+036F dropped. Then stopwords are left out and the rest is stemmed. A word is cut to
 * TERM_LIMIT bytes.
 */
#ifndef DEAR_RETRIEVE_ANALYZER_H
#define DEAR_RETRIEVE_ANALYZER_H

#include "retrieve/stopwords.h"

enum { TERM_LIMIT = 255 };

typedef struct analysis {
    bool stem; ///< Porter's stemmer (retrieve/porter.h)
    stopwords stopwords;
} analysis;

/* Porter and the short list: what published BM25 baselines do. */
analysis analysis_defaults(void);

/* Takes a term, in UTF-8 without a terminating zero, and where its word stands in the text. What it
 * returns other than 0 stops the analysis and is its result. */
typedef int (*term_sink)(void *context, const char *term, size_t length, size_t begin, size_t end);

/* Hands the text's terms to `sink`, one after the other. Malformed UTF-8 separates words. */
int analyze(const analysis *a, const char *text, size_t length, term_sink sink, void *context);

#endif
