/* The tokenizer that GGUF metadata holds, handed to src/text. */
#include "base/memory.h"
#include "model/gguf_metadata.h"

#include <string.h>

/* An array of strings as pointers into the file and lengths. */
typedef struct string_list {
    const char **texts;
    size_t *lengths;
    size_t count;
} string_list;

static void string_list_free(string_list *list) {
    mem_free(list->texts);
    mem_free(list->lengths);
}

static dear_status read_strings(string_list *out, const gguf *g, const char *key, dear_error *err) {
    const gguf_value *array;
    TRY(gguf_get_array(g, key, GGUF_STRING, &array, err));
    if (!array)
        return DEAR_OK;
    out->texts = mem_calloc(array->count, sizeof *out->texts);
    out->lengths = mem_calloc(array->count, sizeof *out->lengths);
    if (!out->texts || !out->lengths)
        return error_memory(err);
    out->count = array->count;
    const unsigned char *cursor = array->data;
    for (size_t i = 0; i < array->count; i++)
        out->texts[i] = gguf_next_string(&cursor, &out->lengths[i]);
    return DEAR_OK;
}

/* A copy, at an aligned address, of an array of four-byte numbers, one for each token; NULL when
 * the key is missing. */
static dear_status read_per_token(void **out, const gguf *g, const char *key, gguf_type element,
                                  size_t num_tokens, dear_error *err) {
    const gguf_value *array;
    TRY(gguf_get_array(g, key, element, &array, err));
    if (!array)
        return DEAR_OK;
    if (array->count != num_tokens)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" has %zu elements for %zu tokens",
                         gguf_path(g), key, array->count, num_tokens);
    *out = mem_calloc(num_tokens, 4);
    if (!*out)
        return error_memory(err);
    memcpy(*out, array->data, num_tokens * 4);
    return DEAR_OK;
}

static dear_status read_token_id(const gguf *g, const char *key, size_t num_tokens, int32_t *out,
                                 dear_error *err) {
    int64_t id = *out;
    TRY(gguf_get_int(g, key, 0, (int64_t)num_tokens - 1, &id, err));
    *out = (int32_t)id;
    return DEAR_OK;
}

/* What holds when the metadata is silent: SentencePiece's own ids and habits for "llama"; LLaMA 3's
 * byte-level vocabulary wants a BOS, others do not. */
static void set_defaults(tokenizer_gguf *v) {
    static const char *const WITH_BOS[] = {"llama-bpe", "llama3", "llama-v3"};
    bool sentencepiece = strcmp(v->model, "llama") == 0;
    bool plenty = sentencepiece && v->num_tokens > 2;
    v->unk = plenty ? 0 : -1;
    v->bos = plenty ? 1 : -1;
    v->eos = plenty ? 2 : -1;
    v->add_bos = v->add_space_prefix = sentencepiece;
    for (size_t i = 0; v->pre && i < sizeof WITH_BOS / sizeof *WITH_BOS; i++)
        v->add_bos = v->add_bos || strcmp(v->pre, WITH_BOS[i]) == 0;
}

static dear_status read_settings(const gguf *g, tokenizer_gguf *v, dear_error *err) {
    set_defaults(v);
    TRY(read_token_id(g, "tokenizer.ggml.bos_token_id", v->num_tokens, &v->bos, err));
    TRY(read_token_id(g, "tokenizer.ggml.eos_token_id", v->num_tokens, &v->eos, err));
    TRY(read_token_id(g, "tokenizer.ggml.unknown_token_id", v->num_tokens, &v->unk, err));
    TRY(gguf_get_bool(g, "tokenizer.ggml.add_bos_token", &v->add_bos, err));
    TRY(gguf_get_bool(g, "tokenizer.ggml.add_eos_token", &v->add_eos, err));
    return gguf_get_bool(g, "tokenizer.ggml.add_space_prefix", &v->add_space_prefix, err);
}

static dear_status open_tokenizer(const gguf *g, string_list *tokens, string_list *merges,
                                  void **scores, void **types, tokenizer **out, dear_error *err) {
    tokenizer_gguf v = {.where = gguf_path(g)};
    TRY(gguf_get_string(g, "tokenizer.ggml.model", &v.model, err));
    TRY(gguf_get_string(g, "tokenizer.ggml.pre", &v.pre, err));
    TRY(read_strings(tokens, g, "tokenizer.ggml.tokens", err));
    TRY(read_strings(merges, g, "tokenizer.ggml.merges", err));
    if (!v.model || tokens->count == 0 || tokens->count > INT32_MAX)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: holds no tokenizer (\"tokenizer.ggml.model\" and "
                         "\"tokenizer.ggml.tokens\")",
                         gguf_path(g));
    TRY(read_per_token(scores, g, "tokenizer.ggml.scores", GGUF_F32, tokens->count, err));
    TRY(read_per_token(types, g, "tokenizer.ggml.token_type", GGUF_I32, tokens->count, err));
    v.num_tokens = tokens->count;
    v.tokens = tokens->texts;
    v.token_lengths = tokens->lengths;
    v.num_merges = merges->count;
    v.merges = merges->texts;
    v.merge_lengths = merges->lengths;
    v.scores = *scores;
    v.token_types = *types;
    TRY(read_settings(g, &v, err));
    return tokenizer_open_gguf(out, &v, err);
}

dear_status gguf_tokenizer(const gguf *g, tokenizer **out, dear_error *err) {
    string_list tokens = {0}, merges = {0};
    void *scores = NULL, *types = NULL;
    *out = NULL;
    dear_status status = open_tokenizer(g, &tokens, &merges, &scores, &types, out, err);
    string_list_free(&tokens);
    string_list_free(&merges);
    mem_free(scores);
    mem_free(types);
    return status;
}
