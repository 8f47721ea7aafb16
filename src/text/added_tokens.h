/* Added tokens: found in the text before anything else looks at it, longest first. */
#ifndef DEAR_TEXT_ADDED_TOKENS_H
#define DEAR_TEXT_ADDED_TOKENS_H

#include "base/error.h"

typedef struct added_token {
    int32_t id;
    bool special;     ///< steers the model; only to be found in trusted text
    bool normalized;  ///< found in the normalized text, else in the text as it is
    bool lstrip;      ///< takes the white space before it
    bool rstrip;      ///< takes the white space after it
    bool single_word; ///< not next to a letter or digit
} added_token;

typedef struct trie_node {
    uint32_t child, sibling; ///< 0: none (the root is nobody's child)
    int32_t token;           ///< index of the added token that ends here, or -1
    unsigned char byte;
} trie_node;

/* One set of tokens to look for at once. Zero-initialize. */
typedef struct token_trie {
    trie_node *nodes;
    size_t count, capacity;
    uint32_t roots[256]; ///< node of each first byte, 0: none
    int only_first;      ///< the first byte if all tokens share it, else -1
} token_trie;

enum { ADDED_TOKEN_LIMIT = 1024 }; ///< bytes of an added token: bounds the time to look for them

typedef struct added_tokens {
    added_token *tokens;
    size_t count, capacity;
    token_trie raw;        ///< all that can be found in the text as it is
    token_trie normalized; ///< all that are found in the normalized text
} added_tokens;

/* Parts of a text that the program itself wrote, in order, without touching each other: only in
 * them may special tokens be found, and no added token may reach across their borders. */
typedef struct text_span {
    size_t begin, end;
} text_span;

/* Who wrote the text: decides which tokens count. */
typedef enum text_trust {
    TRUST_NONE,  ///< special tokens are plain text
    TRUST_ALL,   ///< special tokens are found
    TRUST_SPANS, ///< special tokens are found inside the spans
} text_trust;

typedef struct trust {
    text_trust kind;
    const text_span *spans;
    size_t num_spans;
} trust;

/* Notes a token; `pattern` is its text as it will stand in a normalized text, when that differs. */
dear_status added_tokens_add(added_tokens *a, const added_token *token, const char *text,
                             size_t length, const char *pattern, size_t pattern_length,
                             const char *where, dear_error *err);
void added_tokens_free(added_tokens *a);

/* A found token. Zero-initialize before the first. */
typedef struct added_match {
    const added_token *token;
    size_t begin, end;         ///< with the white space it takes
    size_t resume;             ///< where to look on
    size_t run_begin, run_end; ///< the white space that a token took last
} added_match;

/*
 * Finds the next token: the leftmost that begins at or after `match->resume`, of those the longest.
 * It may begin in white space that the last match took, as in Hugging Face's implementation, unless
 * it takes what is before it and nothing is left. For `normalized`, the text is a normalized one
 * and spans do not apply.
 */
bool added_tokens_find(const added_tokens *a, bool normalized, const trust *who, const char *text,
                       size_t length, added_match *match);

#endif
