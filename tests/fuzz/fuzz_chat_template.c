/*
 * Any messages in any family: however they are written, the conversation has the special tokens of
 * a harmless one. Input: the family, an option byte, then contents that end in zeros.
 */
#include "text/chat_template.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_MESSAGES = 5 };

static const tokenizer *tokenizer_once(void) {
    static tokenizer *t;
    if (!t && tokenizer_open_hf(&t, TEST_DATA "/../golden/data/gqa-tied/causal", NULL) != DEAR_OK)
        abort();
    return t;
}

/* Special tokens of the conversation, or -1 when the template refuses it. */
static long count_special(chat_template kind, const chat_message *messages, size_t count,
                          const chat_options *options) {
    const tokenizer *t = tokenizer_once();
    token_list ids = {0};
    dear_error err = {0};
    if (chat_template_encode(kind, messages, count, options, t, &ids, &err) != DEAR_OK) {
        if (ids.count || !err.message[0])
            abort();
        return -1;
    }
    long special = 0;
    for (size_t i = 0; i < ids.count; i++)
        special += tokenizer_is_special(t, ids.ids[i]);
    token_list_free(&ids);
    return special;
}

static void check(chat_template kind, unsigned char how, const char *text) {
    chat_message messages[MOST_MESSAGES], harmless[MOST_MESSAGES];
    size_t count = 1 + (how >> 1) % MOST_MESSAGES;
    bool system = how & 0x40;
    for (size_t i = 0; i < count; i++) {
        bool user = (i + system) % 2 == 0;
        const char *role = i == 0 && system ? "system" : user ? "user" : "assistant";
        messages[i] = (chat_message){role, text};
        harmless[i] = (chat_message){role, "x"};
        text += strlen(text) + 1;
    }
    const chat_options options = {.add_generation_prompt = how & 1,
                                  .bos = "<|begin_of_text|>",
                                  .eos = "<|eot_id|>",
                                  .date = "02 Jan 2026"};
    if (count_special(kind, messages, count, &options) !=
        count_special(kind, harmless, count, &options))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    /* Room for the zeros of contents that are not there. */
    char *text = calloc(size + MOST_MESSAGES, 1);
    if (!text)
        abort();
    memcpy(text, data + 2, size - 2);
    check((chat_template)(data[0] % (CHAT_TEMPLATE_DEEPSEEK_R1 + 1)), data[1], text);
    chat_template kind;
    dear_error err;
    if (chat_template_recognise(&kind, text, &err) != DEAR_OK && !err.message[0])
        abort();
    free(text);
    return 0;
}
