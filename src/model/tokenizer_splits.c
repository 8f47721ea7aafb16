#include "model/tokenizer_splits.h"

#include "base/file.h"
#include "base/memory.h"
#include "text/json_scan.h"

#include <string.h>

#define TOKENIZER_LIMIT ((size_t)256 << 20)

/* ---- Reading ---- */

static dear_status no_name(const char *path, const char *what, dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED,
                     "%s: GGUF has no name for its %s: save the model as a folder", path, what);
}

static bool has_text(const json_t *component, const char *key, const char *text) {
    const char *value = json_string_value(json_object_get(component, key));
    return value && strcmp(value, text) == 0;
}

/* A truth value, or what its absence means. */
static bool is_set(const json_t *component, const char *key, bool otherwise) {
    const json_t *value = json_object_get(component, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

/* The parts of a Sequence, or the component itself. */
static size_t num_parts(const json_t *component, const char *list_key) {
    if (!component || json_is_null(component))
        return 0;
    if (has_text(component, "type", "Sequence"))
        return json_array_size(json_object_get(component, list_key));
    return 1;
}

static const json_t *part_at(const json_t *component, const char *list_key, size_t index) {
    if (has_text(component, "type", "Sequence"))
        return json_array_get(json_object_get(component, list_key), index);
    return component;
}

static bool is_digits(const json_t *part) {
    return has_text(part, "type", "Digits") && is_set(part, "individual_digits", false);
}

static bool is_byte_level(const json_t *part, bool splits) {
    return has_text(part, "type", "ByteLevel") && !is_set(part, "add_prefix_space", true) &&
           is_set(part, "use_regex", true) == splits;
}

static bool is_split(const json_t *part, const char *pattern) {
    return has_text(part, "type", "Split") && has_text(part, "behavior", "Isolated") &&
           !is_set(part, "invert", false) &&
           has_text(json_object_get(part, "pattern"), "Regex", pattern);
}

/* True when the pre-tokenizer does what `split` names. GPT-2's pattern is ByteLevel's own. */
static bool does_split(const json_t *component, const gguf_split *split) {
    static const char LIST[] = "pretokenizers";
    size_t count = num_parts(component, LIST), at = 0;
    if (split->digits_alone && (count == 0 || !is_digits(part_at(component, LIST, at++))))
        return false;
    if (count == at + 1)
        return split->regex == REGEX_GPT2 && is_byte_level(part_at(component, LIST, at), true);
    return count == at + 2 && is_split(part_at(component, LIST, at), split->regex) &&
           is_byte_level(part_at(component, LIST, at + 1), false);
}

static dear_status read_byte_level(text_preparation *out, const tokenizer *t, const char *path,
                                   const json_t *normalizer, const json_t *pre, dear_error *err) {
    size_t count;
    const gguf_split *splits = gguf_splits(&count);
    if (num_parts(normalizer, "normalizers"))
        return no_name(path, "normalizer", err);
    for (size_t i = 0; i < count; i++)
        if (does_split(pre, &splits[i]) && splits[i].ignore_merges == t->bpe.ignore_merges) {
            out->split = &splits[i];
            return DEAR_OK;
        }
    return no_name(path, "pre_tokenizer", err);
}

/* Spaces become marks, behind one more mark or not. */
static dear_status read_marks(text_preparation *out, const char *path, const json_t *normalizer,
                              const json_t *pre, dear_error *err) {
    static const char LIST[] = "normalizers";
    size_t count = num_parts(normalizer, LIST);
    if (num_parts(pre, "pretokenizers"))
        return no_name(path, "pre_tokenizer", err);
    const json_t *first = count ? part_at(normalizer, LIST, 0) : NULL;
    const json_t *last = count ? part_at(normalizer, LIST, count - 1) : NULL;
    out->add_space_prefix =
        count == 2 && has_text(first, "type", "Prepend") && has_text(first, "prepend", SPACE_MARK);
    bool marks = has_text(last, "type", "Replace") && has_text(last, "content", SPACE_MARK) &&
                 has_text(json_object_get(last, "pattern"), "String", " ");
    if (!marks || count != 1 + (size_t)out->add_space_prefix)
        return no_name(path, "normalizer", err);
    return DEAR_OK;
}

/* The value under a key of the text's object; *out is NULL when there is none. */
static dear_status read_member(json_t **out, const strbuf *text, const char *key, const char *path,
                               dear_error *err) {
    const char *end = text->text + text->length;
    json_span span = json_value_span(json_find_member(text->text, end, key), end);
    *out = NULL;
    if (!span.begin || *span.begin == 'n') /* null */
        return DEAR_OK;
    return json_read_text(out, span.begin, (size_t)(span.end - span.begin), path, err);
}

static dear_status read_text(text_preparation *out, const tokenizer *t, const strbuf *text,
                             const char *path, dear_error *err) {
    json_t *normalizer, *pre = NULL;
    TRY(read_member(&normalizer, text, "normalizer", path, err));
    dear_status status = read_member(&pre, text, "pre_tokenizer", path, err);
    if (status == DEAR_OK)
        status = t->kind == TOKENIZER_BYTE_LEVEL
                     ? read_byte_level(out, t, path, normalizer, pre, err)
                     : read_marks(out, path, normalizer, pre, err);
    json_decref(normalizer);
    json_decref(pre);
    return status;
}

dear_status tokenizer_splits_read(text_preparation *out, const tokenizer *t, const char *directory,
                                  dear_error *err) {
    strbuf text = {0};
    *out = (text_preparation){0};
    char *path = path_join(directory, "tokenizer.json");
    dear_status status = path ? file_read(&text, path, TOKENIZER_LIMIT, err) : error_memory(err);
    if (status == DEAR_OK)
        status = read_text(out, t, &text, path, err);
    strbuf_free(&text);
    mem_free(path);
    return status;
}

/* ---- Writing ---- */

static json_t *byte_level_json(bool splits) {
    return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 0,
                     "trim_offsets", 1, "use_regex", (int)splits);
}

static json_t *first_part(const gguf_split *split) {
    if (split->digits_alone)
        return json_pack("{s:s, s:b}", "type", "Digits", "individual_digits", 1);
    return json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split", "pattern", "Regex", split->regex,
                     "behavior", "Isolated", "invert", 0);
}

json_t *tokenizer_splits_json(const gguf_split *split) {
    bool by_byte_level = split->regex == REGEX_GPT2;
    if (by_byte_level && !split->digits_alone)
        return byte_level_json(true);
    return json_pack("{s:s, s:[o, o]}", "type", "Sequence", "pretokenizers", first_part(split),
                     byte_level_json(by_byte_level));
}
