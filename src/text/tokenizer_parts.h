/* What a tokenizer is made of: for the files that build one and the one that uses it. */
#ifndef DEAR_TEXT_TOKENIZER_PARTS_H
#define DEAR_TEXT_TOKENIZER_PARTS_H

#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/decode.h"
#include "text/pretokenize.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

/* A part of the post-processor's template: a text, or a token that it adds. */
typedef struct template_part {
    int text;   ///< 0: the first text, 1: the second; -1: a token
    int32_t id; ///< of the token
} template_part;

typedef struct token_template {
    template_part *parts; ///< owned
    size_t count, capacity;
} token_template;

struct tokenizer {
    vocabulary vocab;
    bpe bpe;
    pretokenizer pre;
    added_tokens added;
    decoder decoder;
    token_template single, pair;
    tokenizer_kind kind;
    int32_t bos, eos;
    char *chat_template; ///< or NULL
};

/* How a byte-level tokenizer that GGUF knows by a short name (tokenizer.ggml.pre) splits a text. */
typedef struct gguf_split {
    const char *name;
    const char *regex;  ///< one of pretokenize.h
    bool digits_alone;  ///< each digit is a word; looked for before the regular expression
    bool ignore_merges; ///< as in struct bpe
} gguf_split;

/* All that are known; *count of them. */
const gguf_split *gguf_splits(size_t *count);
/* The one of that name, or NULL. */
const gguf_split *gguf_split_named(const char *name);

/* An empty tokenizer without BOS and EOS; NULL without memory. */
tokenizer *tokenizer_new(void);

bool token_template_add(token_template *t, int text, int32_t id);

/*
 * For builders, when vocabulary and pre-tokenizer are complete: makes every added token of the
 * vocabulary findable. `shape` gives its flags; special comes from the vocabulary.
 */
dear_status tokenizer_add_added(tokenizer *t, const added_token *shape, const char *where,
                                dear_error *err);

/* Appends the ids of a text of which only some spans were written by the program itself: special
 * tokens are found in those alone. Spans are in order and do not touch. Valid UTF-8 only. */
dear_status tokenizer_encode_spans(const tokenizer *t, const char *text, size_t length,
                                   const text_span *spans, size_t num_spans, token_list *out,
                                   dear_error *err);

/* As tokenizer_open_hf, from the text of a tokenizer.json; `where` begins messages. */
dear_status tokenizer_open_json(tokenizer **out, const char *json, size_t length, const char *where,
                                dear_error *err);

#endif
