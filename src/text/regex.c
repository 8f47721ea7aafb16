#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include "base/memory.h"

#include <pcre2.h>

/* Steps one match may take, and KiB of heap without the JIT: the patterns of language models need
 * none of either worth the name, runaway ones are stopped within a second. */
enum { MATCH_STEPS = 10 * 1000 * 1000, HEAP_KIB = 64 << 10, PATTERN_LIMIT = 64 << 10 };

struct regex {
    pcre2_general_context *memory;
    pcre2_code *code;
    bool jit;
};

static void *pcre2_allocate(size_t bytes, void *unused) {
    (void)unused;
    return mem_calloc(bytes, 1);
}

static void pcre2_release(void *block, void *unused) {
    (void)unused;
    mem_free(block);
}

static dear_status compile(regex *r, const char *pattern, size_t length, uint32_t options,
                           const char *where, dear_error *err) {
    r->memory = pcre2_general_context_create(pcre2_allocate, pcre2_release, NULL);
    pcre2_compile_context *context = r->memory ? pcre2_compile_context_create(r->memory) : NULL;
    if (!context)
        return error_memory(err);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int code;
    PCRE2_SIZE offset;
    r->code =
        pcre2_compile((PCRE2_SPTR)pattern, length, PCRE2_UTF | options, &code, &offset, context);
    pcre2_compile_context_free(context);
    if (!r->code && code == PCRE2_ERROR_HEAP_FAILED)
        return error_memory(err);
    if (!r->code) {
        char what[160] = "";
        pcre2_get_error_message(code, (PCRE2_UCHAR *)what, sizeof what);
        return error_set(err, DEAR_ERROR_INPUT, "%s: bad regular expression, at byte %zu: %s",
                         where, (size_t)offset, what);
    }
    r->jit = pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE) == 0;
    return DEAR_OK;
}

dear_status regex_compile(regex **out, const char *pattern, size_t length, bool literal,
                          const char *where, dear_error *err) {
    *out = NULL;
    if (length > PATTERN_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "%s: regular expression of %zu bytes", where,
                         length);
    regex *r = mem_calloc(1, sizeof *r);
    if (!r)
        return error_memory(err);
    strbuf translated = {0};
    dear_status status = DEAR_OK;
    if (literal)
        status = compile(r, pattern, length, PCRE2_LITERAL, where, err);
    else {
        status = regex_translate(&translated, pattern, length, where, err);
        if (status == DEAR_OK)
            status = compile(r, translated.text ? translated.text : "", translated.length,
                             PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, where, err);
    }
    strbuf_free(&translated);
    if (status == DEAR_OK)
        *out = r;
    else
        regex_free(r);
    return status;
}

void regex_free(regex *r) {
    if (!r)
        return;
    pcre2_code_free(r->code);
    pcre2_general_context_free(r->memory);
    mem_free(r);
}

static bool open_matcher(regex_matcher *m) {
    m->memory = pcre2_general_context_create(pcre2_allocate, pcre2_release, NULL);
    m->data = m->memory ? pcre2_match_data_create(1, m->memory) : NULL;
    m->context = m->memory ? pcre2_match_context_create(m->memory) : NULL;
    if (!m->data || !m->context)
        return false;
    pcre2_set_match_limit(m->context, MATCH_STEPS);
    pcre2_set_heap_limit(m->context, HEAP_KIB);
    return true;
}

void regex_matcher_free(regex_matcher *m) {
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_general_context_free(m->memory);
    *m = (regex_matcher){0};
}

dear_status regex_find(const regex *r, regex_matcher *m, const char *text, size_t length,
                       size_t from, bool *found, size_t *begin, size_t *end, dear_error *err) {
    if (!m->data && !open_matcher(m)) {
        regex_matcher_free(m);
        return error_memory(err);
    }
    PCRE2_SPTR subject = (PCRE2_SPTR)text;
    int got = PCRE2_ERROR_JIT_STACKLIMIT;
    if (r->jit)
        got = pcre2_jit_match(r->code, subject, length, from, 0, m->data, m->context);
    if (got == PCRE2_ERROR_JIT_STACKLIMIT)
        got = pcre2_match(r->code, subject, length, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                          m->data, m->context);
    *found = got >= 0;
    if (got == PCRE2_ERROR_NOMEMORY)
        return error_memory(err);
    if (got < 0 && got != PCRE2_ERROR_NOMATCH)
        return error_set(err, DEAR_ERROR_INPUT,
                         "the pre-tokenizer's regular expression gave up on a text of %zu bytes",
                         length);
    if (*found) {
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(m->data);
        *begin = ends[0];
        *end = ends[1];
    }
    return DEAR_OK;
}
