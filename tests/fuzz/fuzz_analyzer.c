/* Any bytes as text: terms are whole characters of valid UTF-8, not too long, in order. */
#define _GNU_SOURCE
#include "retrieve/analyzer.h"
#include "text/utf8.h"

#include <stdint.h>
#include <stdlib.h>

static int check_term(void *context, const char *term, size_t length, size_t begin, size_t end) {
    size_t *last = context;
    if (length == 0 || length > TERM_LIMIT || begin < *last || end <= begin)
        abort();
    if (utf8_valid_prefix(term, length) != length)
        abort();
    *last = end;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (stopwords list = STOPWORDS_NONE; list <= STOPWORDS_LONG; list++) {
        for (int stem = 0; stem < 2; stem++) {
            analysis a = {.stem = stem, .stopwords = list};
            size_t last = 0;
            if (analyze(&a, (const char *)data, size, check_term, &last) != 0 || last > size)
                abort();
        }
    }
    return 0;
}
