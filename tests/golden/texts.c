#include "golden/golden.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/gguf.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

#include <string.h>

static bool encodes_to(const tokenizer *t, const char *text, size_t length, unsigned flags,
                       const json_t *wanted) {
    dear_error err;
    token_list got = {0};
    size_t count;
    int32_t *ids = golden_ids(wanted, &count);
    bool same = tokenizer_encode(t, text, length, flags, &got, &err) == DEAR_OK &&
                got.count == count &&
                (count == 0 || memcmp(got.ids, ids, count * sizeof *ids) == 0);
    token_list_free(&got);
    mem_free(ids);
    return same;
}

static bool decodes_to(const tokenizer *t, const json_t *ids_array, const char *wanted,
                       size_t length) {
    dear_error err;
    strbuf text = {0};
    size_t count;
    int32_t *ids = golden_ids(ids_array, &count);
    bool same = tokenizer_decode(t, ids, count, true, &text, &err) == DEAR_OK &&
                text.length == length && (length == 0 || memcmp(text.text, wanted, length) == 0);
    strbuf_free(&text);
    mem_free(ids);
    return same;
}

static void compare_strings(golden *g, const tokenizer *t, const json_t *cases, const char *name) {
    size_t wrong = 0, wrong_special = 0, wrong_decoded = 0, count = json_array_size(cases);
    for (size_t i = 0; i < count; i++) {
        const json_t *c = json_array_get(cases, i), *text = json_object_get(c, "text");
        const json_t *decoded = json_object_get(c, "decoded");
        const char *bytes = json_string_value(text);
        size_t length = json_string_length(text);
        wrong += !encodes_to(t, bytes, length, TOKENIZER_PARSE_SPECIAL, json_object_get(c, "ids"));
        wrong_special +=
            !encodes_to(t, bytes, length, TOKENIZER_PARSE_SPECIAL | TOKENIZER_ADD_SPECIAL,
                        json_object_get(c, "ids_special"));
        wrong_decoded += !decodes_to(t, json_object_get(c, "ids_special"),
                                     json_string_value(decoded), json_string_length(decoded));
    }
    golden_exact(g, name, "ids", wrong, count);
    golden_exact(g, name, "ids with special", wrong_special, count);
    golden_exact(g, name, "decoded", wrong_decoded, count);
}

/* The same strings through the tokenizer that the default model's GGUF holds. */
static void through_gguf(golden *g, const json_t *cases, const char *path) {
    dear_error err;
    gguf *file = NULL;
    tokenizer *t = NULL;
    strbuf name = {0};
    strbuf_printf(&name, "%s (gguf)", path);
    if (gguf_open(&file, g->default_model, &err) == DEAR_OK &&
        gguf_tokenizer(file, &t, &err) == DEAR_OK)
        compare_strings(g, t, cases, name.text);
    else
        golden_fail(g, name.text, err.message);
    tokenizer_close(t);
    gguf_close(file);
    strbuf_free(&name);
}

void golden_tokenizer(golden *g, const char *directory, const char *file) {
    dear_error err;
    char *path = path_join(directory, file);
    strbuf folder = {0};
    strbuf_printf(&folder, "%s/%.*s", g->tokenizers, (int)(strlen(file) - strlen(".json")), file);
    json_t *cases = NULL;
    tokenizer *t = NULL;
    if (json_read_file(&cases, path, 64 << 20, &err) != DEAR_OK)
        golden_fail(g, path, err.message);
    else if (!file_is_directory(folder.text))
        golden_skip(g, path, "its tokenizer is not here (see --tokenizers)");
    else if (tokenizer_open_hf(&t, folder.text, &err) != DEAR_OK)
        golden_fail(g, path, err.message);
    else
        compare_strings(g, t, cases, path);
    if (cases && g->default_model && strcmp(file, "smollm2.json") == 0)
        through_gguf(g, cases, path);
    tokenizer_close(t);
    json_decref(cases);
    strbuf_free(&folder);
    mem_free(path);
}

enum { MAX_MESSAGES = 64 };

static bool renders(const char *directory, const json_t *c) {
    dear_error err;
    strbuf jinja = {0}, text = {0};
    char *folder = path_join(directory, "chat-templates");
    char *file = path_join(folder, json_string_value(json_object_get(c, "template")));
    const json_t *messages = json_object_get(c, "messages");
    chat_message list[MAX_MESSAGES];
    size_t count = json_array_size(messages);
    for (size_t i = 0; i < count && i < MAX_MESSAGES; i++) {
        const json_t *m = json_array_get(messages, i);
        list[i].role = json_string_value(json_object_get(m, "role"));
        list[i].content = json_string_value(json_object_get(m, "content"));
    }
    chat_options options = {.add_generation_prompt =
                                json_is_true(json_object_get(c, "add_generation_prompt")),
                            .bos = json_string_value(json_object_get(c, "bos")),
                            .eos = json_string_value(json_object_get(c, "eos")),
                            .date = "02 Jan 2026"};
    chat_template kind;
    bool same = count <= MAX_MESSAGES && file_read(&jinja, file, 1 << 20, &err) == DEAR_OK &&
                chat_template_recognise(&kind, jinja.text, &err) == DEAR_OK &&
                chat_template_render(kind, list, count, &options, &text, &err) == DEAR_OK &&
                strcmp(text.text, json_string_value(json_object_get(c, "text"))) == 0;
    strbuf_free(&jinja);
    strbuf_free(&text);
    mem_free(folder);
    mem_free(file);
    return same;
}

void golden_chat_templates(golden *g, const char *directory) {
    dear_error err;
    json_t *cases;
    char *path = path_join(directory, "chat-templates.json");
    if (json_read_file(&cases, path, 64 << 20, &err) != DEAR_OK) {
        golden_fail(g, path, err.message);
    } else {
        size_t wrong = 0, count = json_array_size(cases);
        for (size_t i = 0; i < count; i++)
            wrong += !renders(directory, json_array_get(cases, i));
        golden_exact(g, path, "rendered text", wrong, count);
        json_decref(cases);
    }
    mem_free(path);
}
