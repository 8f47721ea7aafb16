/* Decoders: from tokens back to text, step by step as tokenizer.json lists them. */
#ifndef DEAR_TEXT_DECODE_H
#define DEAR_TEXT_DECODE_H

#include "text/vocabulary.h"

typedef enum decode_kind {
    DECODE_REPLACE,       ///< `from` by `to` in each token
    DECODE_BYTE_FALLBACK, ///< runs of <0xNN> become the characters they spell
    DECODE_FUSE,          ///< all tokens become one
    DECODE_STRIP,         ///< up to `start` of `from` at each token's begin, `stop` at its end
    DECODE_METASPACE ///< `from` becomes a space, or nothing in the first token (if `drop_first`)
} decode_kind;

typedef struct decode_step {
    decode_kind kind;
    bool drop_first;
    const char *from, *to; ///< the decoder's own copies; NULL where the kind has none
    size_t from_length, to_length;
    size_t start, stop;
} decode_step;

enum { MAX_DECODE_STEPS = 16 };

typedef struct decoder {
    bool byte_level;        ///< tokens give their bytes; no steps
    bool joins_with_spaces; ///< no decoder at all: tokens stand apart
    decode_step steps[MAX_DECODE_STEPS];
    size_t num_steps;
} decoder;

/* Copies `from` and `to` of the step (NULL: none). */
dear_status decoder_add(decoder *d, const decode_step *step, const char *where, dear_error *err);
void decoder_free(decoder *d);

/* Appends the text of the tokens; all ids are in the vocabulary. */
dear_status decoder_run(const decoder *d, const vocabulary *v, const int32_t *ids, size_t count,
                        bool skip_special, strbuf *out, dear_error *err);

#endif
