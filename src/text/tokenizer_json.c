/* Hugging Face's tokenizer.json, component by component. What is not handled is refused by name. */
#include "base/json.h"
#include "base/memory.h"
#include "text/json_scan.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

#include <string.h>

enum { MAX_NESTING = 8 };

typedef struct reader {
    tokenizer *t;
    const char *where;
    dear_error *err;
    json_t *root;            ///< all but the vocabulary and the merges
    json_span vocab, merges; ///< those two, inside the text
    const char *text;
    bool byte_level;
    uint32_t num_merges;
    strbuf scratch;
    added_token *shapes; ///< of the added tokens, in the file's order
    size_t num_shapes, shapes_capacity;
} reader;

static dear_status unsupported(reader *r, const char *part, const char *what) {
    return error_set(r->err, DEAR_ERROR_UNSUPPORTED, "%s: %s \"%.80s\" is not supported", r->where,
                     part, what);
}

static dear_status malformed(reader *r, const char *part, const char *what) {
    return error_set(r->err, DEAR_ERROR_INPUT, "%s: %s: %s", r->where, part, what);
}

/* The string under a key that must be there. */
static dear_status need_text(reader *r, const char *part, const json_t *object, const char *key,
                             const char **text, size_t *length) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return error_set(r->err, DEAR_ERROR_INPUT, "%s: %s: \"%s\" must be a string", r->where,
                         part, key);
    *text = json_string_value(value);
    *length = json_string_length(value);
    return DEAR_OK;
}

/* As above, and not empty. */
static dear_status need_some_text(reader *r, const char *part, const json_t *object,
                                  const char *key, const char **text, size_t *length) {
    TRY(need_text(r, part, object, key, text, length));
    if (*length == 0)
        return error_set(r->err, DEAR_ERROR_UNSUPPORTED, "%s: %s: an empty \"%s\"", r->where, part,
                         key);
    return DEAR_OK;
}

typedef dear_status (*component_reader)(reader *r, const json_t *component, const char *type);

/* Calls `read` for a component, or for each one of a Sequence of them; null is none. */
static dear_status each_component(reader *r, const char *part, const json_t *component,
                                  const char *list_key, component_reader read, int depth) {
    if (!component || json_is_null(component))
        return DEAR_OK;
    const char *type;
    size_t length;
    TRY(need_text(r, part, component, "type", &type, &length));
    if (strcmp(type, "Sequence") != 0)
        return read(r, component, type);
    const json_t *list = json_object_get(component, list_key);
    if (!json_is_array(list))
        return malformed(r, part, "a Sequence without its list");
    if (depth == MAX_NESTING)
        return malformed(r, part, "Sequences nested too deep");
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(each_component(r, part, json_array_get(list, i), list_key, read, depth + 1));
    return DEAR_OK;
}

/* ---- model ---- */

/* "token": id */
static dear_status read_vocab_entry(json_scan *s, void *context, dear_error *err) {
    reader *r = context;
    int64_t id;
    strbuf_clear(&r->scratch);
    TRY(json_scan_string(s, &r->scratch, err));
    if (!json_take(s, ':'))
        return json_scan_expected(s, "\":\" in model.vocab", err);
    TRY(json_scan_integer(s, &id, err));
    return vocabulary_add(&r->t->vocab, r->scratch.text, r->scratch.length, id, TOKEN_MODEL,
                          r->where, err);
}

/* Reads "left right" or ["left", "right"] into one buffer; *left_length tells where to cut. */
static dear_status read_merge_text(json_scan *s, strbuf *both, size_t *left_length,
                                   dear_error *err) {
    strbuf_clear(both);
    if (json_take(s, '[')) {
        TRY(json_scan_string(s, both, err));
        *left_length = both->length;
        if (!json_take(s, ','))
            return json_scan_expected(s, "\",\" in a merge", err);
        TRY(json_scan_string(s, both, err));
        return json_take(s, ']') ? DEAR_OK : json_scan_expected(s, "\"]\" after a merge", err);
    }
    TRY(json_scan_string(s, both, err));
    char *space = memchr(both->text, ' ', both->length);
    if (!space || memchr(space + 1, ' ', both->length - (size_t)(space + 1 - both->text)))
        return json_scan_expected(s, "a merge of two tokens with one space between", err);
    *left_length = (size_t)(space - both->text);
    memmove(space, space + 1, both->length - *left_length); /* the final zero too */
    both->length--;
    return DEAR_OK;
}

static dear_status read_merge(json_scan *s, void *context, dear_error *err) {
    reader *r = context;
    const vocabulary *v = &r->t->vocab;
    strbuf *both = &r->scratch;
    size_t left_length = 0;
    TRY(read_merge_text(s, both, &left_length, err));
    int32_t left = vocabulary_find(v, both->text, left_length);
    int32_t right = vocabulary_find(v, both->text + left_length, both->length - left_length);
    int32_t joined = vocabulary_find(v, both->text, both->length);
    if (left < 0 || right < 0 || joined < 0)
        return json_scan_expected(s, "a merge whose parts and whole are in the vocabulary", err);
    return bpe_add_merge(&r->t->bpe, left, right, r->num_merges++, joined, err);
}

/* Options of other BPE dialects, which change every id. */
static dear_status refuse_dialects(reader *r, const json_t *model) {
    const char *type = "BPE", *prefix = "", *suffix = "";
    double dropout = 0;
    TRY(json_get_string(model, "type", &type, r->where, r->err));
    if (strcmp(type, "BPE") != 0)
        return unsupported(r, "model type", type);
    TRY(json_get_string(model, "continuing_subword_prefix", &prefix, r->where, r->err));
    TRY(json_get_string(model, "end_of_word_suffix", &suffix, r->where, r->err));
    TRY(json_get_double(model, "dropout", &dropout, r->where, r->err));
    if (*prefix)
        return unsupported(r, "continuing_subword_prefix", prefix);
    if (*suffix)
        return unsupported(r, "end_of_word_suffix", suffix);
    if (dropout != 0)
        return unsupported(r, "BPE with", "dropout");
    return DEAR_OK;
}

static dear_status read_model_options(reader *r) {
    const json_t *model = json_object_get(r->root, "model");
    if (!json_is_object(model))
        return malformed(r, "model", "must be an object");
    TRY(refuse_dialects(r, model));
    bpe *b = &r->t->bpe;
    TRY(json_get_bool(model, "byte_fallback", &b->byte_fallback, r->where, r->err));
    TRY(json_get_bool(model, "fuse_unk", &b->fuse_unk, r->where, r->err));
    return json_get_bool(model, "ignore_merges", &b->ignore_merges, r->where, r->err);
}

static dear_status read_vocab(reader *r) {
    if (!r->vocab.begin)
        return malformed(r, "model", "no \"vocab\"");
    json_scan s = {r->text, r->vocab.begin, r->vocab.end, r->where};
    return json_scan_list(&s, '{', '}', "the object of model.vocab", read_vocab_entry, r, r->err);
}

static dear_status read_merges(reader *r) {
    if (!r->merges.begin)
        return malformed(r, "model", "no \"merges\"");
    json_scan s = {r->text, r->merges.begin, r->merges.end, r->where};
    return json_scan_list(&s, '[', ']', "the list of model.merges", read_merge, r, r->err);
}

static dear_status find_unk(reader *r) {
    const char *unk = NULL;
    TRY(json_get_string(json_object_get(r->root, "model"), "unk_token", &unk, r->where, r->err));
    if (!unk)
        return DEAR_OK;
    r->t->bpe.unk = tokenizer_find(r->t, unk);
    return r->t->bpe.unk >= 0 ? DEAR_OK
                              : malformed(r, "model", "\"unk_token\" is not in the vocabulary");
}

/* ---- added tokens ---- */

static dear_status read_added_token(reader *r, const json_t *item) {
    const char *text;
    size_t length;
    int64_t id = -1;
    added_token shape = {0};
    TRY(need_text(r, "added_tokens", item, "content", &text, &length));
    TRY(json_get_int(item, "id", 0, INT32_MAX - 1, &id, r->where, r->err));
    TRY(json_get_bool(item, "special", &shape.special, r->where, r->err));
    TRY(json_get_bool(item, "normalized", &shape.normalized, r->where, r->err));
    TRY(json_get_bool(item, "lstrip", &shape.lstrip, r->where, r->err));
    TRY(json_get_bool(item, "rstrip", &shape.rstrip, r->where, r->err));
    TRY(json_get_bool(item, "single_word", &shape.single_word, r->where, r->err));
    shape.id = (int32_t)id;
    uint32_t flags = TOKEN_ADDED | (shape.special ? TOKEN_SPECIAL : 0);
    TRY(vocabulary_add(&r->t->vocab, text, length, id, flags, r->where, r->err));
    if (!mem_grow((void **)&r->shapes, &r->shapes_capacity, r->num_shapes, sizeof *r->shapes))
        return error_memory(r->err);
    r->shapes[r->num_shapes++] = shape;
    return DEAR_OK;
}

static dear_status read_added_tokens(reader *r) {
    const json_t *list = json_object_get(r->root, "added_tokens");
    if (list && !json_is_null(list) && !json_is_array(list))
        return malformed(r, "added_tokens", "must be a list");
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(read_added_token(r, json_array_get(list, i)));
    return DEAR_OK;
}

static dear_status index_added_tokens(reader *r) {
    for (size_t i = 0; i < r->num_shapes; i++)
        TRY(tokenizer_add_added(r->t, &r->shapes[i], r->where, r->err));
    return DEAR_OK;
}

/* ---- normalizer and pre-tokenizer ---- */

/* {"String": ...} or {"Regex": ...}. */
static dear_status read_pattern(reader *r, const char *part, const json_t *component,
                                const char **text, size_t *length, bool *literal) {
    const json_t *pattern = json_object_get(component, "pattern");
    *literal = json_object_get(pattern, "String") != NULL;
    return need_some_text(r, part, pattern, *literal ? "String" : "Regex", text, length);
}

static dear_status read_normalizer(reader *r, const json_t *component, const char *type) {
    static const struct {
        const char *type;
        edit_kind kind;
    } forms[] = {{"NFC", EDIT_NFC}, {"NFD", EDIT_NFD}, {"NFKC", EDIT_NFKC}, {"NFKD", EDIT_NFKD}};
    pretokenizer *p = &r->t->pre;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(type, forms[i].type) == 0)
            return pretokenizer_add_edit(p, forms[i].kind, NULL, 0, NULL, 0, r->where, r->err);
    const char *from, *to;
    size_t from_length, to_length;
    if (strcmp(type, "Prepend") == 0) {
        TRY(need_some_text(r, "normalizer", component, "prepend", &to, &to_length));
        return pretokenizer_add_edit(p, EDIT_PREPEND, NULL, 0, to, to_length, r->where, r->err);
    }
    if (strcmp(type, "Replace") != 0)
        return unsupported(r, "normalizer", type);
    bool literal;
    TRY(read_pattern(r, "normalizer", component, &from, &from_length, &literal));
    TRY(need_text(r, "normalizer", component, "content", &to, &to_length));
    if (!literal)
        return unsupported(r, "normalizer Replace with the regular expression", from);
    return pretokenizer_add_edit(p, EDIT_REPLACE, from, from_length, to, to_length, r->where,
                                 r->err);
}

static dear_status read_behaviour(reader *r, const json_t *component, split_behaviour *out) {
    static const char *const names[] = {[SPLIT_ISOLATED] = "Isolated",
                                        [SPLIT_REMOVED] = "Removed",
                                        [SPLIT_MERGED_BEFORE] = "MergedWithPrevious",
                                        [SPLIT_MERGED_AFTER] = "MergedWithNext",
                                        [SPLIT_CONTIGUOUS] = "Contiguous"};
    const char *name;
    size_t length;
    TRY(need_text(r, "pre_tokenizer", component, "behavior", &name, &length));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        *out = (split_behaviour)i;
        return DEAR_OK;
    }
    return unsupported(r, "pre_tokenizer Split with the behavior", name);
}

static dear_status read_split(reader *r, const json_t *component) {
    const char *pattern;
    size_t length;
    bool literal, invert = false;
    split_behaviour behaviour = SPLIT_ISOLATED;
    TRY(read_pattern(r, "pre_tokenizer", component, &pattern, &length, &literal));
    TRY(read_behaviour(r, component, &behaviour));
    TRY(json_get_bool(component, "invert", &invert, r->where, r->err));
    return pretokenizer_add_split(&r->t->pre, pattern, length, literal, behaviour, invert, r->where,
                                  r->err);
}

static dear_status read_digits(reader *r, const json_t *component) {
    bool alone = false;
    TRY(json_get_bool(component, "individual_digits", &alone, r->where, r->err));
    return pretokenizer_add_split(&r->t->pre, REGEX_DIGIT, strlen(REGEX_DIGIT), false,
                                  alone ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS, false, r->where,
                                  r->err);
}

/* ByteLevel's own disguise of bytes is not acted out: the vocabulary is undisguised instead. */
static dear_status read_byte_level(reader *r, const json_t *component) {
    bool prefix_space = true, use_regex = true;
    TRY(json_get_bool(component, "add_prefix_space", &prefix_space, r->where, r->err));
    TRY(json_get_bool(component, "use_regex", &use_regex, r->where, r->err));
    r->byte_level = true;
    if (prefix_space)
        TRY(pretokenizer_add_edit_step(&r->t->pre, EDIT_PREPEND_UNLESS, NULL, 0, " ", 1, r->where,
                                       r->err));
    if (!use_regex)
        return DEAR_OK;
    return pretokenizer_add_split(&r->t->pre, REGEX_GPT2, strlen(REGEX_GPT2), false, SPLIT_ISOLATED,
                                  false, r->where, r->err);
}

/* When a Metaspace puts its mark before a text; "add_prefix_space" is the older spelling. */
static dear_status read_prepend_scheme(reader *r, const json_t *component, const char **scheme) {
    bool prefix_space = true;
    TRY(json_get_bool(component, "add_prefix_space", &prefix_space, r->where, r->err));
    *scheme = prefix_space ? "always" : "never";
    TRY(json_get_string(component, "prepend_scheme", scheme, r->where, r->err));
    if (strcmp(*scheme, "always") != 0 && strcmp(*scheme, "first") != 0 &&
        strcmp(*scheme, "never") != 0)
        return unsupported(r, "Metaspace with the prepend_scheme", *scheme);
    return DEAR_OK;
}

/* Hugging Face counts "first" in the text before the normalizer, which one that adds characters
 * has moved; no model combines the two. */
static bool normalizer_moves_text(const pretokenizer *p) {
    for (size_t i = 0; i < p->num_edits; i++)
        if (p->edits[i].kind == EDIT_PREPEND || p->edits[i].kind == EDIT_REPLACE)
            return true;
    return false;
}

static dear_status read_metaspace(reader *r, const json_t *component) {
    pretokenizer *p = &r->t->pre;
    const char *mark, *scheme;
    size_t length;
    bool split = true;
    TRY(need_some_text(r, "pre_tokenizer", component, "replacement", &mark, &length));
    TRY(read_prepend_scheme(r, component, &scheme));
    TRY(json_get_bool(component, "split", &split, r->where, r->err));
    TRY(pretokenizer_add_edit_step(p, EDIT_REPLACE, " ", 1, mark, length, r->where, r->err));
    if (strcmp(scheme, "never") != 0) {
        bool first = strcmp(scheme, "first") == 0;
        if (first && normalizer_moves_text(p))
            return unsupported(r,
                               "after a Prepend or Replace normalizer, a Metaspace with the "
                               "prepend_scheme",
                               scheme);
        TRY(pretokenizer_add_edit_step(p, first ? EDIT_PREPEND_UNLESS_INSIDE : EDIT_PREPEND_UNLESS,
                                       NULL, 0, mark, length, r->where, r->err));
    }
    if (!split)
        return DEAR_OK;
    return pretokenizer_add_split(p, mark, length, true, SPLIT_MERGED_AFTER, false, r->where,
                                  r->err);
}

static dear_status read_pre_tokenizer(reader *r, const json_t *component, const char *type) {
    if (r->byte_level)
        return unsupported(r, "after ByteLevel, the pre_tokenizer", type);
    if (strcmp(type, "ByteLevel") == 0)
        return read_byte_level(r, component);
    if (strcmp(type, "Split") == 0)
        return read_split(r, component);
    if (strcmp(type, "Digits") == 0)
        return read_digits(r, component);
    if (strcmp(type, "Metaspace") == 0)
        return read_metaspace(r, component);
    return unsupported(r, "pre_tokenizer", type);
}

/* ---- post-processor ---- */

static dear_status read_template_token(reader *r, const json_t *known, const char *name,
                                       token_template *out) {
    const json_t *ids = json_object_get(json_object_get(known, name), "ids");
    if (!json_is_array(ids))
        return malformed(r, "post_processor", "a special token without its ids");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        if (!json_is_integer(id) || !vocabulary_has(&r->t->vocab, json_integer_value(id)))
            return malformed(r, "post_processor", "a token id that is not in the vocabulary");
        if (!token_template_add(out, -1, (int32_t)json_integer_value(id)))
            return error_memory(r->err);
    }
    return DEAR_OK;
}

static dear_status read_template_part(reader *r, const json_t *known, const json_t *part, int texts,
                                      token_template *out) {
    const json_t *sequence = json_object_get(part, "Sequence");
    const char *id;
    size_t length;
    TRY(need_text(r, "post_processor", sequence ? sequence : json_object_get(part, "SpecialToken"),
                  "id", &id, &length));
    if (!sequence)
        return read_template_token(r, known, id, out);
    int text = strcmp(id, "A") == 0 ? 0 : strcmp(id, "B") == 0 ? 1 : 2;
    if (text >= texts)
        return malformed(r, "post_processor", "a Sequence that is neither A nor B");
    return token_template_add(out, text, -1) ? DEAR_OK : error_memory(r->err);
}

static dear_status read_template(reader *r, const json_t *component, const char *key, int texts,
                                 token_template *out) {
    const json_t *list = json_object_get(component, key);
    if (!json_is_array(list))
        return malformed(r, "post_processor", "a template must be a list");
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(read_template_part(r, json_object_get(component, "special_tokens"),
                               json_array_get(list, i), texts, out));
    return DEAR_OK;
}

static dear_status read_post_processor(reader *r, const json_t *component, const char *type) {
    if (strcmp(type, "ByteLevel") == 0)
        return DEAR_OK; /* trims offsets, which nobody here asks for */
    if (strcmp(type, "TemplateProcessing") != 0)
        return unsupported(r, "post_processor", type);
    if (r->t->single.count)
        return unsupported(r, "a second post_processor", type);
    TRY(read_template(r, component, "single", 1, &r->t->single));
    return read_template(r, component, "pair", 2, &r->t->pair);
}

static dear_status read_post_processors(reader *r) {
    tokenizer *t = r->t;
    TRY(each_component(r, "post_processor", json_object_get(r->root, "post_processor"),
                       "processors", read_post_processor, 0));
    bool ok = (t->single.count || token_template_add(&t->single, 0, -1)) &&
              (t->pair.count ||
               (token_template_add(&t->pair, 0, -1) && token_template_add(&t->pair, 1, -1)));
    return ok ? DEAR_OK : error_memory(r->err);
}

/* ---- decoder ---- */

static dear_status read_strip(reader *r, const json_t *component, decode_step *step) {
    int64_t start = 0, stop = 0;
    TRY(need_some_text(r, "decoder", component, "content", &step->from, &step->from_length));
    TRY(json_get_int(component, "start", 0, INT32_MAX, &start, r->where, r->err));
    TRY(json_get_int(component, "stop", 0, INT32_MAX, &stop, r->where, r->err));
    step->kind = DECODE_STRIP;
    step->start = (size_t)start;
    step->stop = (size_t)stop;
    return DEAR_OK;
}

static dear_status read_replace(reader *r, const json_t *component, decode_step *step) {
    bool literal;
    TRY(read_pattern(r, "decoder", component, &step->from, &step->from_length, &literal));
    TRY(need_text(r, "decoder", component, "content", &step->to, &step->to_length));
    step->kind = DECODE_REPLACE;
    return literal ? DEAR_OK
                   : unsupported(r, "decoder Replace with the regular expression", step->from);
}

static dear_status read_metaspace_decoder(reader *r, const json_t *component, decode_step *step) {
    const char *scheme;
    TRY(need_some_text(r, "decoder", component, "replacement", &step->from, &step->from_length));
    TRY(read_prepend_scheme(r, component, &scheme));
    step->kind = DECODE_METASPACE;
    step->to = " ";
    step->to_length = 1;
    step->drop_first = strcmp(scheme, "never") != 0;
    return DEAR_OK;
}

static dear_status read_decoder(reader *r, const json_t *component, const char *type) {
    decoder *d = &r->t->decoder;
    decode_step step = {0}; /* its strings are the tree's; decoder_add copies them */
    if (d->byte_level || (strcmp(type, "ByteLevel") == 0 && (d->num_steps || !r->byte_level)))
        return unsupported(r, "beside ByteLevel, or without its pre_tokenizer, the decoder", type);
    if (strcmp(type, "ByteLevel") == 0) {
        d->byte_level = true;
        return DEAR_OK;
    }
    if (strcmp(type, "ByteFallback") == 0)
        step.kind = DECODE_BYTE_FALLBACK;
    else if (strcmp(type, "Fuse") == 0)
        step.kind = DECODE_FUSE;
    else if (strcmp(type, "Strip") == 0)
        TRY(read_strip(r, component, &step));
    else if (strcmp(type, "Replace") == 0)
        TRY(read_replace(r, component, &step));
    else if (strcmp(type, "Metaspace") == 0)
        TRY(read_metaspace_decoder(r, component, &step));
    else
        return unsupported(r, "decoder", type);
    return decoder_add(d, &step, r->where, r->err);
}

/* ---- the whole file ---- */

/* The tree of the text with null in the places of the two giants. */
static dear_status read_rest(reader *r, size_t length) {
    const char *end = r->text + length;
    const char *model = json_find_member(r->text, end, "model");
    if (model) {
        r->vocab = json_value_span(json_find_member(model, end, "vocab"), end);
        r->merges = json_value_span(json_find_member(model, end, "merges"), end);
    }
    bool vocab_first = r->vocab.begin < r->merges.begin;
    const json_span spans[] = {vocab_first ? r->vocab : r->merges,
                               vocab_first ? r->merges : r->vocab};
    strbuf rest = {0};
    const char *at = r->text;
    for (int i = 0; i < 2; i++) {
        if (!spans[i].begin)
            continue;
        strbuf_append(&rest, at, (size_t)(spans[i].begin - at));
        strbuf_puts(&rest, "null");
        at = spans[i].end;
    }
    strbuf_append(&rest, at, (size_t)(end - at));
    dear_status status = rest.failed
                             ? error_memory(r->err)
                             : json_read_text(&r->root, rest.text, rest.length, r->where, r->err);
    strbuf_free(&rest);
    if (status == DEAR_OK && !json_is_object(r->root))
        status = malformed(r, "the file", "must hold an object");
    return status;
}

static dear_status build(reader *r, size_t length) {
    tokenizer *t = r->t;
    TRY(read_rest(r, length));
    TRY(read_model_options(r));
    TRY(read_vocab(r));
    TRY(read_added_tokens(r));
    TRY(each_component(r, "normalizer", json_object_get(r->root, "normalizer"), "normalizers",
                       read_normalizer, 0));
    TRY(each_component(r, "pre_tokenizer", json_object_get(r->root, "pre_tokenizer"),
                       "pretokenizers", read_pre_tokenizer, 0));
    t->kind = r->byte_level ? TOKENIZER_BYTE_LEVEL : TOKENIZER_BYTE_FALLBACK;
    t->bpe.byte_level = r->byte_level;
    TRY(vocabulary_finish(&t->vocab, r->byte_level, r->where, r->err));
    TRY(find_unk(r));
    TRY(read_merges(r));
    TRY(bpe_finish(&t->bpe, r->err));
    TRY(index_added_tokens(r));
    TRY(read_post_processors(r));
    const json_t *decoders = json_object_get(r->root, "decoder");
    t->decoder.joins_with_spaces = !decoders || json_is_null(decoders);
    return each_component(r, "decoder", decoders, "decoders", read_decoder, 0);
}

dear_status tokenizer_open_json(tokenizer **out, const char *json, size_t length, const char *where,
                                dear_error *err) {
    *out = NULL;
    size_t valid = utf8_valid_prefix(json, length);
    if (valid != length)
        return error_set(err, DEAR_ERROR_INPUT, "%s: byte %zu is not UTF-8", where, valid);
    reader r = {.t = tokenizer_new(), .where = where, .err = err, .text = json};
    if (!r.t)
        return error_memory(err);
    dear_status status = build(&r, length);
    json_decref(r.root);
    mem_free(r.shapes);
    strbuf_free(&r.scratch);
    if (status == DEAR_OK)
        *out = r.t;
    else
        tokenizer_close(r.t);
    return status;
}
