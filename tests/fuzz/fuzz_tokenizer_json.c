/* Any bytes as a tokenizer.json; what opens must encode and decode without harm. */
#include "text/tokenizer_parts.h"

#include <stdlib.h>
#include <string.h>

static void use(const tokenizer *t) {
    static const char text[] = " Hello w\xC3\xB6rld 123\n\n<s></s> \xE2\x96\x81x\xFF''s <|a|>";
    for (unsigned flags = 0; flags < 4; flags++) {
        token_list ids = {0};
        strbuf decoded = {0};
        dear_error err = {0};
        if (tokenizer_encode_pair(t, text, strlen(text), "b", 1, flags, &ids, &err) == DEAR_OK) {
            if (tokenizer_decode(t, ids.ids, ids.count, flags & 1, &decoded, &err) != DEAR_OK)
                abort();
        } else if (ids.count || !err.message[0])
            abort();
        strbuf_free(&decoded);
        token_list_free(&ids);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dear_error err = {0};
    tokenizer *t = NULL;
    dear_status status =
        tokenizer_open_json(&t, size ? (const char *)data : "", size, "fuzz.json", &err);
    if ((status == DEAR_OK) != (t != NULL) || (status != DEAR_OK && !err.message[0]))
        abort();
    if (t)
        use(t);
    tokenizer_close(t);
    return 0;
}
