#include "model/tokenizer_json_write.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/gguf_metadata.h"
#include "model/merge_list.h"
#include "model/tokenizer_splits.h"

/* Every json_t * here is NULL when there was no memory; jansson's packing and setting take NULL for
 * a failure of their own. */

static json_t *token_json(const vocabulary *v, int32_t id) {
    return json_stringn(vocabulary_text(v, id), v->entries[id].text_length);
}

static json_t *token_or_null(const tokenizer *t, int32_t id) {
    return id < 0 ? json_null() : token_json(&t->vocab, id);
}

/* The list if all went well, else NULL. */
static json_t *unless_failed(json_t *json, bool failed) {
    if (!failed)
        return json;
    json_decref(json);
    return NULL;
}

/* ---- model ---- */

static json_t *vocab_json(const vocabulary *v) {
    json_t *object = json_object();
    bool failed = !object;
    for (size_t i = 0; !failed && i < v->size; i++)
        if (vocabulary_has(v, (int64_t)i))
            failed =
                json_object_setn_new(object, vocabulary_text(v, (int32_t)i),
                                     v->entries[i].text_length, json_integer((json_int_t)i)) != 0;
    return unless_failed(object, failed);
}

static json_t *merges_json(const merge_list *merges, const vocabulary *v) {
    json_t *list = json_array();
    bool failed = !list;
    for (size_t i = 0; !failed && i < merges->count; i++) {
        const listed_merge *m = &merges->items[i];
        failed = json_array_append_new(list, json_pack("[o, o]", token_json(v, m->left),
                                                       token_json(v, m->right))) != 0;
    }
    return unless_failed(list, failed);
}

static json_t *model_json(const tokenizer *t, const merge_list *merges) {
    return json_pack("{s:s, s:n, s:o, s:n, s:n, s:b, s:b, s:b, s:o, s:o}", "type", "BPE", "dropout",
                     "unk_token", token_or_null(t, t->bpe.unk), "continuing_subword_prefix",
                     "end_of_word_suffix", "fuse_unk", (int)t->bpe.fuse_unk, "byte_fallback",
                     (int)t->bpe.byte_fallback, "ignore_merges", (int)t->bpe.ignore_merges, "vocab",
                     vocab_json(&t->vocab), "merges", merges_json(merges, &t->vocab));
}

static json_t *added_json(const vocabulary *v) {
    json_t *list = json_array();
    bool failed = !list;
    for (size_t i = 0; !failed && i < v->size; i++)
        if (v->flags[i] & TOKEN_ADDED)
            failed = json_array_append_new(
                         list, json_pack("{s:I, s:o, s:b, s:b, s:b, s:b, s:b}", "id", (json_int_t)i,
                                         "content", token_json(v, (int32_t)i), "single_word", 0,
                                         "lstrip", 0, "rstrip", 0, "normalized", 0, "special",
                                         (v->flags[i] & TOKEN_SPECIAL) != 0)) != 0;
    return unless_failed(list, failed);
}

/* ---- what comes before and after ---- */

static bool begins_with_mark(const tokenizer *t) {
    return t->pre.num_edits > 0 && t->pre.edits[0].kind == EDIT_PREPEND;
}

static json_t *replace_json(const char *from, const char *to) {
    return json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "String", from, "content",
                     to);
}

static json_t *normalizer_json(const tokenizer *t) {
    if (t->kind == TOKENIZER_BYTE_LEVEL)
        return json_null();
    if (!begins_with_mark(t))
        return replace_json(" ", SPACE_MARK);
    return json_pack("{s:s, s:[{s:s, s:s}, o]}", "type", "Sequence", "normalizers", "type",
                     "Prepend", "prepend", SPACE_MARK, replace_json(" ", SPACE_MARK));
}

static json_t *decoder_json(const tokenizer *t) {
    if (t->kind == TOKENIZER_BYTE_LEVEL)
        return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 1,
                         "trim_offsets", 1, "use_regex", 1);
    json_t *list = json_pack("[o, {s:s}, {s:s}]", replace_json(SPACE_MARK, " "), "type",
                             "ByteFallback", "type", "Fuse");
    bool failed = !list;
    if (begins_with_mark(t))
        failed = json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i}", "type", "Strip",
                                                       "content", " ", "start", 1, "stop", 0)) != 0;
    return json_pack("{s:s, s:o}", "type", "Sequence", "decoders", unless_failed(list, failed));
}

static json_t *pre_tokenizer_json(const tokenizer *t, const char *pre) {
    if (t->kind == TOKENIZER_BYTE_LEVEL)
        return tokenizer_splits_json(gguf_split_named(pre));
    return json_null();
}

static json_t *part_json(const tokenizer *t, const template_part *part) {
    if (part->text >= 0)
        return json_pack("{s:{s:s, s:i}}", "Sequence", "id", part->text ? "B" : "A", "type_id",
                         part->text);
    return json_pack("{s:{s:o, s:i}}", "SpecialToken", "id", token_json(&t->vocab, part->id),
                     "type_id", 0);
}

static json_t *template_json(const tokenizer *t, const token_template *form) {
    json_t *list = json_array();
    bool failed = !list;
    for (size_t i = 0; !failed && i < form->count; i++)
        failed = json_array_append_new(list, part_json(t, &form->parts[i])) != 0;
    return unless_failed(list, failed);
}

/* The tokens that a template adds, by name. */
static json_t *template_tokens(const tokenizer *t, const token_template *form) {
    json_t *object = json_object();
    bool failed = !object;
    for (size_t i = 0; !failed && i < form->count; i++) {
        int32_t id = form->parts[i].id;
        if (form->parts[i].text >= 0)
            continue;
        json_t *entry = json_pack("{s:o, s:[i], s:[o]}", "id", token_json(&t->vocab, id), "ids",
                                  (int)id, "tokens", token_json(&t->vocab, id));
        failed = json_object_setn_new(object, vocabulary_text(&t->vocab, id),
                                      t->vocab.entries[id].text_length, entry) != 0;
    }
    return unless_failed(object, failed);
}

static json_t *post_processor_json(const tokenizer *t) {
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single",
                     template_json(t, &t->single), "pair", template_json(t, &t->pair),
                     "special_tokens", template_tokens(t, &t->pair));
}

/* ---- the files ---- */

static json_t *tokenizer_json(const tokenizer *t, const merge_list *merges, const char *pre) {
    return json_pack("{s:s, s:n, s:n, s:o, s:o, s:o, s:o, s:o, s:o}", "version", "1.0",
                     "truncation", "padding", "added_tokens", added_json(&t->vocab), "normalizer",
                     normalizer_json(t), "pre_tokenizer", pre_tokenizer_json(t, pre),
                     "post_processor", post_processor_json(t), "decoder", decoder_json(t), "model",
                     model_json(t, merges));
}

/* Batches are padded with the end of text. */
static json_t *config_json(const tokenizer *t, const gguf *from) {
    const char *template = gguf_chat_template(from);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:s*}", "tokenizer_class",
                     "PreTrainedTokenizerFast", "bos_token", token_or_null(t, t->bos), "eos_token",
                     token_or_null(t, t->eos), "unk_token", token_or_null(t, t->bpe.unk),
                     "pad_token", token_or_null(t, t->eos), "clean_up_tokenization_spaces", 0,
                     "chat_template", template);
}

static dear_status write_tokenizer_json(const tokenizer *t, const char *pre, const char *path,
                                        dear_error *err) {
    merge_list merges;
    TRY(merge_list_make(&merges, t, err));
    dear_status status = json_write_file(tokenizer_json(t, &merges, pre), path, err);
    merge_list_free(&merges);
    return status;
}

dear_status tokenizer_write_folder(const tokenizer *t, const gguf *from, const char *directory,
                                   dear_error *err) {
    const char *pre = "default";
    TRY(gguf_get_string(from, "tokenizer.ggml.pre", &pre, err));
    char *path = path_join(directory, "tokenizer.json");
    char *config = path_join(directory, "tokenizer_config.json");
    dear_status status = path && config ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK)
        status = write_tokenizer_json(t, pre, path, err);
    if (status == DEAR_OK)
        status = json_write_file(config_json(t, from), config, err);
    mem_free(path);
    mem_free(config);
    return status;
}
