/*
 * Tokenizers of LLaMA-family models: byte-level BPE (LLaMA 3, SmolLM2) and BPE with byte fallback
 * (LLaMA 1 and 2), from Hugging Face's tokenizer.json or from GGUF metadata. Ids agree exactly
 * with Hugging Face tokenizers. A tokenizer is immutable once open: any number of threads may
 * encode and decode with it at the same time.
 */
#ifndef DEAR_TEXT_TOKENIZER_H
#define DEAR_TEXT_TOKENIZER_H

#include "base/error.h"
#include "base/strbuf.h"

typedef struct tokenizer tokenizer;

/* Token ids that grow. Zero-initialize; end with token_list_free. */
typedef struct token_list {
    int32_t *ids;
    size_t count;
    size_t capacity;
} token_list;

bool token_list_append(token_list *list, const int32_t *ids, size_t count);
bool token_list_push(token_list *list, int32_t id);
void token_list_free(token_list *list);

/* How token_list encode treats its text; combine with |. */
enum {
    /* Special tokens written in the text ("<|im_end|>") become those tokens. Only for text that
     * the program itself wrote: without it no document can forge a turn or a BOS, however it
     * is written. Added tokens that are not special are found either way. */
    TOKENIZER_PARSE_SPECIAL = 1,
    /* Adds what the tokenizer's post-processor adds (usually BOS in front). */
    TOKENIZER_ADD_SPECIAL = 2
};

/* Which kind of BPE: decides how DeAR's pair format writes BOS. */
typedef enum tokenizer_kind {
    TOKENIZER_BYTE_LEVEL, ///< bytes mapped to printable characters, split by a regex
    TOKENIZER_BYTE_FALLBACK, ///< characters, "▁" for a space, <0xNN> for what is not in the vocabulary
} tokenizer_kind;

/* A vocabulary as GGUF metadata holds it. All pointers are borrowed for the call only; strings are
 * (pointer, length) pairs and need not be terminated or valid UTF-8. */
typedef struct tokenizer_gguf {
    const char *model; ///< tokenizer.ggml.model: "gpt2" (byte-level) or "llama" (SentencePiece)
    const char *pre;   ///< tokenizer.ggml.pre: "llama-bpe", "smollm", "gpt-2", "default"; or NULL
    size_t num_tokens;
    const char *const *tokens;   ///< [num_tokens]
    const size_t *token_lengths; ///< [num_tokens], bytes
    const float *scores;         ///< [num_tokens]; NULL unless "llama"
    const int32_t *
        token_types; ///< [num_tokens]: 1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte; or NULL
    size_t num_merges;
    const char *const *merges; ///< [num_merges], "left right"
    const size_t *merge_lengths;
    int32_t bos, eos, unk; ///< -1 when absent
    bool add_bos, add_eos;
    bool add_space_prefix; ///< "llama" only
    const char *where;     ///< the file's name, for messages
} tokenizer_gguf;

/* Opens `directory`/tokenizer.json, with tokenizer_config.json beside it if there is one. */
dear_status tokenizer_open_hf(tokenizer **out, const char *directory, dear_error *err);

dear_status tokenizer_open_gguf(tokenizer **out, const tokenizer_gguf *metadata, dear_error *err);

void tokenizer_close(tokenizer *t);

/*
 * Appends the ids of `length` bytes of `text` to `out`. Bytes that are not valid UTF-8 are read as
 * U+FFFD, as Hugging Face's Python bindings are given them. `flags` as above. Time is
 * O(length log length) whatever the text is; a text over 256 MiB is an error. After an error `out`
 * holds what it held before.
 */
dear_status tokenizer_encode(const tokenizer *t, const char *text, size_t length, unsigned flags,
                             token_list *out, dear_error *err);

/* The ids of two texts joined as the tokenizer's template for pairs joins them. */
dear_status tokenizer_encode_pair(const tokenizer *t, const char *a, size_t a_length, const char *b,
                                  size_t b_length, unsigned flags, token_list *out,
                                  dear_error *err);

/* Appends the text of `ids`; with `skip_special` special tokens are left out. Ids out of range are
 * an error. */
dear_status tokenizer_decode(const tokenizer *t, const int32_t *ids, size_t count,
                             bool skip_special, strbuf *out, dear_error *err);

/*
 * The bytes that one token adds to a text, as it stands in the middle of one (a byte-level token's
 * raw bytes, "▁" as a space, <0xNN> as its byte): for streaming output, where the caller holds back
 * an incomplete UTF-8 character, and for grammars. Special tokens give their own text.
 */
dear_status tokenizer_token_bytes(const tokenizer *t, int32_t id, strbuf *out, dear_error *err);

tokenizer_kind tokenizer_get_kind(const tokenizer *t);
size_t tokenizer_vocab_size(const tokenizer *t); ///< the largest id plus one
int32_t tokenizer_bos(const tokenizer *t);       ///< -1 when the model has none
int32_t tokenizer_eos(const tokenizer *t);       ///< -1 when the model has none
bool tokenizer_is_special(const tokenizer *t, int32_t id);
/* The id of a token by its exact text (vocabulary or added), or -1. */
int32_t tokenizer_find(const tokenizer *t, const char *token);
/* The text of a token as the vocabulary writes it; owned by the tokenizer; NULL when out of range. */
const char *tokenizer_token(const tokenizer *t, int32_t id);
/* The chat template that tokenizer_config.json or chat_template.jinja holds; NULL without one. */
const char *tokenizer_chat_template(const tokenizer *t);

#endif
