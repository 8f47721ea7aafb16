/* Normalizers and pre-tokenizers: from a text to the words that BPE sees, one after the other. */
#ifndef DEAR_TEXT_PRETOKENIZE_H
#define DEAR_TEXT_PRETOKENIZE_H

#include "text/regex.h"
#include "text/text_edit.h"

/* GPT-2's split, which byte-level pre-tokenizers use unless told otherwise. */
extern const char REGEX_GPT2[];
/* LLaMA 3's split. */
extern const char REGEX_LLAMA3[];
/* Digits, for pre-tokenizers that set them apart. */
extern const char REGEX_DIGIT[];

/* What becomes of the matches of a splitting pattern (Hugging Face's SplitDelimiterBehavior). */
typedef enum split_behaviour {
    SPLIT_ISOLATED,      ///< each match and each gap is a piece
    SPLIT_REMOVED,       ///< only gaps are
    SPLIT_MERGED_BEFORE, ///< a match belongs to the gap before it
    SPLIT_MERGED_AFTER,  ///< ... to the gap after it
    SPLIT_CONTIGUOUS     ///< neighbouring matches are one piece
} split_behaviour;

typedef struct pre_step {
    regex *split; ///< NULL: the step edits
    split_behaviour behaviour;
    bool invert; ///< gaps count as matches, matches as gaps
    text_edit edit;
} pre_step;

enum { MAX_STEPS = 32 };

typedef struct pretokenizer {
    text_edit edits[MAX_STEPS]; ///< the normalizer, on all that stands between added tokens
    size_t num_edits;
    pre_step steps[MAX_STEPS]; ///< the pre-tokenizer, each step on every piece of the one before
    size_t num_steps;
} pretokenizer;

/* Each takes over what it is given; more than MAX_STEPS is DEAR_ERROR_UNSUPPORTED. */
dear_status pretokenizer_add_edit(pretokenizer *p, edit_kind kind, const char *from,
                                  size_t from_length, const char *to, size_t to_length,
                                  const char *where, dear_error *err);
dear_status pretokenizer_add_edit_step(pretokenizer *p, edit_kind kind, const char *from,
                                       size_t from_length, const char *to, size_t to_length,
                                       const char *where, dear_error *err);
dear_status pretokenizer_add_split(pretokenizer *p, const char *pattern, size_t length,
                                   bool literal, split_behaviour behaviour, bool invert,
                                   const char *where, dear_error *err);
void pretokenizer_free(pretokenizer *p);

/* Working memory of one encoding. Zero-initialize. */
typedef struct pre_scratch {
    regex_matcher matcher;
    strbuf normalized[2];
    strbuf edited[MAX_STEPS];
} pre_scratch;
void pre_scratch_free(pre_scratch *scratch);

/* The text after all edits of the normalizer: the text itself if they change nothing, else in the
 * scratch until the next call. */
dear_status pretokenizer_normalize(const pretokenizer *p, pre_scratch *scratch, const char **text,
                                   size_t *length, dear_error *err);

/* Takes one word; an error stops the walk. */
typedef dear_status (*word_sink)(void *context, const char *word, size_t length, dear_error *err);

/* Hands on the words of a normalized text. `at_start`: it stands at the input's beginning. */
dear_status pretokenizer_split(const pretokenizer *p, pre_scratch *scratch, const char *text,
                               size_t length, bool at_start, word_sink sink, void *context,
                               dear_error *err);

#endif
