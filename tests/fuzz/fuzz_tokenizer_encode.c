/* Any text through a byte-level and a byte-fallback tokenizer: what is decoded is what went in,
 * and plain text never has a special token. */
#include "text/tokenizer.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

static tokenizer *open_once(tokenizer **t, const char *directory) {
    if (!*t && tokenizer_open_hf(t, directory, NULL) != DEAR_OK)
        abort();
    return *t;
}

static void check_ids(const tokenizer *t, const token_list *ids, unsigned flags) {
    for (size_t i = 0; i < ids->count; i++) {
        if (!tokenizer_token(t, ids->ids[i]))
            abort();
        if (!(flags & TOKENIZER_PARSE_SPECIAL) && tokenizer_is_special(t, ids->ids[i]))
            abort();
    }
}

static void round_trip(const tokenizer *t, const char *text, size_t size, unsigned flags,
                       bool lossless) {
    token_list ids = {0};
    strbuf decoded = {0}, repaired = {0};
    if (tokenizer_encode(t, text, size, flags, &ids, NULL) != DEAR_OK)
        abort();
    check_ids(t, &ids, flags);
    if (tokenizer_decode(t, ids.ids, ids.count, false, &decoded, NULL) != DEAR_OK)
        abort();
    utf8_append_repaired(&repaired, text, size);
    if (lossless && (decoded.length != repaired.length ||
                     (decoded.length && memcmp(decoded.text, repaired.text, decoded.length) != 0)))
        abort();
    token_list_free(&ids);
    strbuf_free(&decoded);
    strbuf_free(&repaired);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static tokenizer *byte_level, *byte_fallback;
    open_once(&byte_level, TEST_DATA "/../golden/data/gqa-tied/causal");
    open_once(&byte_fallback, TEST_DATA "/../golden/data/mha-untied-bf16-sharded/causal");
    const char *text = size ? (const char *)data : "";
    round_trip(byte_level, text, size, 0, true);
    round_trip(byte_level, text, size, TOKENIZER_PARSE_SPECIAL, true);
    /* "\u2581" stands for a space there, and comes back as one. */
    bool marked = false;
    for (size_t i = 0; i < size; i++)
        marked |= data[i] == 0xE2;
    round_trip(byte_fallback, text, size, 0, !marked);
    round_trip(byte_fallback, text, size, TOKENIZER_PARSE_SPECIAL, false);
    return 0;
}
