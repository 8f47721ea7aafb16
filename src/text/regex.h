/*
 * The regular expressions of tokenizer files. They are written for Oniguruma (Hugging Face's
 * engine) and run by PCRE2 with its JIT: where the two read a construct differently it is
 * rewritten, and what cannot be is refused by name.
 */
#ifndef DEAR_TEXT_REGEX_H
#define DEAR_TEXT_REGEX_H

#include "base/error.h"
#include "base/strbuf.h"

typedef struct regex regex;

/* Compiles `length` bytes of valid UTF-8; `literal` takes them as plain text. */
dear_status regex_compile(regex **out, const char *pattern, size_t length, bool literal,
                          const char *where, dear_error *err);
void regex_free(regex *r);

/* What one thread needs to match; usable with every regex. Zero-initialize. */
typedef struct regex_matcher {
    void *data;    ///< pcre2_match_data
    void *context; ///< pcre2_match_context
    void *memory;  ///< pcre2_general_context
} regex_matcher;

/*
 * Finds the first match at or after `from` in valid UTF-8. `*found` is false when there is none.
 * A match that would take more than a bounded number of steps is DEAR_ERROR_INPUT.
 */
dear_status regex_find(const regex *r, regex_matcher *m, const char *text, size_t length,
                       size_t from, bool *found, size_t *begin, size_t *end, dear_error *err);
void regex_matcher_free(regex_matcher *m);

/* Appends the PCRE2 spelling of an Oniguruma pattern. */
dear_status regex_translate(strbuf *out, const char *pattern, size_t length, const char *where,
                            dear_error *err);

#endif
