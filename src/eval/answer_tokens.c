#include "eval/answer_tokens.h"

#include "base/memory.h"
#include "text/normal_form.h"
#include "text/utf8.h"

#include <utf8proc.h>

enum { CAPITAL_SIGMA = 0x3A3, FINAL_SIGMA = 0x3C2 };

typedef enum char_kind { BETWEEN_TOKENS, PART_OF_TOKEN, TOKEN_ALONE } char_kind;

static utf8proc_category_t category_of(uint32_t code) {
    return utf8proc_category((utf8proc_int32_t)code);
}

static char_kind kind_of(uint32_t code) {
    switch (category_of(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return PART_OF_TOKEN;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
        return BETWEEN_TOKENS;
    default:
        return TOKEN_ALONE;
    }
}

static bool is_cased(uint32_t code) {
    utf8proc_category_t c = category_of(code);
    return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT;
}

/* What the rule of the final sigma looks past. */
static bool is_ignorable(uint32_t code) {
    utf8proc_category_t c = category_of(code);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_ME || c == UTF8PROC_CATEGORY_LM;
}

static bool cased_follows(const char *text, size_t length) {
    for (size_t at = 0, bytes; at < length; at += bytes) {
        uint32_t code;
        utf8_read(text + at, length - at, &code, &bytes);
        if (!is_ignorable(code))
            return is_cased(code);
    }
    return false;
}

/* The one lower case that depends on what stands around (Unicode, SpecialCasing, Final_Sigma). */
static uint32_t lower_case(uint32_t code, bool after_cased, const char *rest, size_t length) {
    if (code == CAPITAL_SIGMA && after_cased && !cased_follows(rest, length))
        return FINAL_SIGMA;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
}

/* A character and the newline after it are at most twice its bytes, lower case being longer by one
 * byte at most; besides there are the first newline and one that is written before it is known
 * whether it is needed. */
static bool make_room(answer_tokens *t, size_t length) {
    size_t wanted = 2 * length + 2;
    if (wanted <= t->capacity)
        return true;
    char *text = mem_realloc(t->text, wanted, 1);
    if (!text)
        return false;
    t->text = text;
    t->capacity = wanted;
    return true;
}

static bool is_ascii(const char *text, size_t length) {
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

/* A newline, unless there is one. */
static char *end_token(char *out) {
    *out = '\n';
    return out + (out[-1] != '\n');
}

static size_t write_tokens(char *begin, const char *text, size_t length) {
    char *out = begin;
    *out++ = '\n';
    bool after_cased = false;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        uint32_t code;
        utf8_read(text + at, length - at, &code, &bytes);
        char_kind kind = kind_of(code);
        if (kind != PART_OF_TOKEN)
            out = end_token(out);
        if (kind != BETWEEN_TOKENS)
            out += utf8_write(lower_case(code, after_cased, text + at + bytes, length - at - bytes),
                              out);
        if (kind == TOKEN_ALONE)
            out = end_token(out);
        after_cased = is_cased(code) || (after_cased && is_ignorable(code));
    }
    return (size_t)(end_token(out) - begin);
}

dear_status answer_tokens_take(answer_tokens *t, const char *text, size_t length, dear_error *err) {
    if (!is_ascii(text, length)) {
        strbuf_clear(&t->normal);
        TRY(normal_form_append(&t->normal, text, length, false, false, err));
        text = t->normal.text;
        length = t->normal.length;
    }
    if (!make_room(t, length))
        return error_memory(err);
    t->length = write_tokens(t->text, text, length);
    return DEAR_OK;
}

void answer_tokens_free(answer_tokens *t) {
    mem_free(t->text);
    strbuf_free(&t->normal);
    *t = (answer_tokens){0};
}
