/* Any bytes as a GGUF file: table, configuration, tokenizer, and the numbers of small tensors. */
#define _GNU_SOURCE
#include "memory_file.h"

#include "model/gguf.h"

enum { SOME = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static float numbers[SOME];
    memory_file file = memory_file_make(data, size);
    gguf *g;
    tokenizer *tokens;
    llama_config config;
    dear_error err;
    if (gguf_open(&g, file.path, &err) == DEAR_OK) {
        gguf_config(g, &config, &err);
        if (gguf_tokenizer(g, &tokens, &err) == DEAR_OK)
            tokenizer_close(tokens);
        for (size_t i = 0; i < gguf_count(g); i++) {
            const tensor *t = gguf_at(g, i);
            int64_t count =
                (int64_t)(t->bytes / tensor_block_bytes(t->type)) * tensor_block_elements(t->type);
            tensor_widen(t->type, t->data, count < SOME ? count : SOME, numbers);
        }
        gguf_close(g);
    }
    close(file.fd);
    return 0;
}
