/* A Hugging Face directory: tokenizer.json, tokenizer_config.json, chat_template.jinja. */
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "text/tokenizer_parts.h"

#include <string.h>

#define TOKENIZER_LIMIT ((size_t)256 << 20)
#define CONFIG_LIMIT ((size_t)16 << 20)

static dear_status open_tokenizer_json(tokenizer **out, const char *path, dear_error *err) {
    strbuf text = {0};
    TRY(file_read(&text, path, TOKENIZER_LIMIT, err));
    dear_status status =
        tokenizer_open_json(out, text.text ? text.text : "", text.length, path, err);
    strbuf_free(&text);
    return status;
}

/* "bos_token": "<s>", or {"content": "<s>", ...}, or null. */
static dear_status read_token(const tokenizer *t, const json_t *config, const char *key,
                              int32_t *id, const char *path, dear_error *err) {
    const json_t *value = json_object_get(config, key);
    const char *text = NULL;
    if (json_is_object(value))
        TRY(json_get_string(value, "content", &text, path, err));
    else
        TRY(json_get_string(config, key, &text, path, err));
    if (!text)
        return DEAR_OK;
    *id = tokenizer_find(t, text);
    if (*id < 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" is \"%.60s\", which is no token", path,
                         key, text);
    return DEAR_OK;
}

/* The template's text, or that of the one named "default" among several; NULL without one. */
static dear_status find_template(const json_t *config, const char **text, const char *path,
                                 dear_error *err) {
    const json_t *value = json_object_get(config, "chat_template");
    if (!json_is_array(value))
        return json_get_string(config, "chat_template", text, path, err);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        const char *name = NULL;
        TRY(json_get_string(item, "name", &name, path, err));
        if (name && strcmp(name, "default") == 0)
            return json_get_string(item, "template", text, path, err);
    }
    return DEAR_OK;
}

static dear_status use_config(tokenizer *t, const json_t *config, const char *path,
                              dear_error *err) {
    const char *template = NULL;
    if (!json_is_object(config))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must hold an object", path);
    TRY(read_token(t, config, "bos_token", &t->bos, path, err));
    TRY(read_token(t, config, "eos_token", &t->eos, path, err));
    TRY(find_template(config, &template, path, err));
    if (template && !(t->chat_template = mem_strdup(template)))
        return error_memory(err);
    return DEAR_OK;
}

/* Numbers are read as floating point: transformers writes model_max_length as 10^30. */
static dear_status parse_config(json_t **out, const strbuf *text, const char *path,
                                dear_error *err) {
    json_error_t parse;
    *out = json_loadb(text->text ? text->text : "", text->length,
                      JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &parse);
    if (!*out)
        return error_set(err, DEAR_ERROR_INPUT, "%s: line %d, column %d: %s", path, parse.line,
                         parse.column, parse.text);
    return DEAR_OK;
}

static dear_status read_config(tokenizer *t, const char *path, dear_error *err) {
    strbuf text = {0};
    json_t *config = NULL;
    TRY(file_read(&text, path, CONFIG_LIMIT, err));
    dear_status status = parse_config(&config, &text, path, err);
    if (status == DEAR_OK)
        status = use_config(t, config, path, err);
    json_decref(config);
    strbuf_free(&text);
    return status;
}

static dear_status read_jinja(tokenizer *t, const char *path, dear_error *err) {
    strbuf text = {0};
    TRY(file_read(&text, path, CONFIG_LIMIT, err));
    mem_free(t->chat_template);
    t->chat_template = strbuf_take(&text);
    return t->chat_template ? DEAR_OK : error_memory(err);
}

typedef dear_status (*file_reader)(tokenizer *t, const char *path, dear_error *err);

static dear_status read_if_there(tokenizer *t, const char *directory, const char *name,
                                 file_reader read, dear_error *err) {
    char *path = path_join(directory, name);
    if (!path)
        return error_memory(err);
    dear_status status = file_exists(path) ? read(t, path, err) : DEAR_OK;
    mem_free(path);
    return status;
}

dear_status tokenizer_open_hf(tokenizer **out, const char *directory, dear_error *err) {
    *out = NULL;
    tokenizer *t = NULL;
    char *path = path_join(directory, "tokenizer.json");
    dear_status status = path ? open_tokenizer_json(&t, path, err) : error_memory(err);
    mem_free(path);
    if (status == DEAR_OK)
        status = read_if_there(t, directory, "tokenizer_config.json", read_config, err);
    if (status == DEAR_OK)
        status = read_if_there(t, directory, "chat_template.jinja", read_jinja, err);
    if (status == DEAR_OK)
        *out = t;
    else
        tokenizer_close(t);
    return status;
}
