/* The merges of a tokenizer as a list, for the formats that hold them so. */
#ifndef DEAR_MODEL_MERGE_LIST_H
#define DEAR_MODEL_MERGE_LIST_H

#include "text/tokenizer_parts.h"

typedef struct listed_merge {
    uint32_t rank;
    int32_t left, right, joined; ///< token ids
} listed_merge;

/* Zero-initialize; end with merge_list_free. */
typedef struct merge_list {
    listed_merge *items; ///< [count], in order of rank, then of the joined token
    size_t count;
} merge_list;

dear_status merge_list_make(merge_list *out, const tokenizer *t, dear_error *err);
void merge_list_free(merge_list *list);

/*
 * SentencePiece's scores for these merges: joining neighbours by the score of what they make, the
 * highest first, then joins as the merges do. Fills scores, [vocabulary size]: -0, -1, ... for the
 * tokens that merges make, in their order, less for other words, 0 for tokens that are no words.
 * False when there are no such scores: the merges that make a token do not follow each other, or are
 * not all the ways to cut it in two. (Runs of "▁" may come last in transformers' own order.)
 */
bool merge_list_scores(float *scores, const merge_list *list, const vocabulary *v);

#endif
