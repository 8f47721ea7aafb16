#include "eval/python_list.h"

#include "base/strbuf.h"
#include "text/utf8.h"

#include <string.h>

/* A list under way. */
typedef struct list_scan {
    const char *begin, *at;
    const char *where;
    strbuf string; ///< the string in hand
    json_t *list;
} list_scan;

static dear_status expected(const list_scan *s, const char *what, dear_error *err) {
    size_t character = 1;
    for (const char *p = s->begin; p < s->at; p++)
        character += ((unsigned char)*p & 0xC0) != 0x80;
    return error_set(err, DEAR_ERROR_INPUT, "%s: character %zu of the list: expected %s", s->where,
                     character, what);
}

static void skip_space(list_scan *s) {
    s->at += strspn(s->at, " \t\r\n");
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly `count` hexadecimal digits. */
static dear_status read_hex(list_scan *s, int count, uint32_t *out, dear_error *err) {
    *out = 0;
    for (; count > 0; count--, s->at++) {
        int digit = hex_value(*s->at);
        if (digit < 0)
            return expected(s, "a hexadecimal digit", err);
        *out = *out << 4 | (uint32_t)digit;
    }
    return DEAR_OK;
}

/* The character of \xhh, \uhhhh or \Uhhhhhhhh, whose letter was read; JSON's pairs of surrogates
 * are one character. */
static dear_status read_coded(list_scan *s, char letter, dear_error *err) {
    uint32_t code;
    TRY(read_hex(s, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, &code, err));
    if (code >= 0xD800 && code < 0xDC00 && s->at[0] == '\\' && s->at[1] == 'u') {
        uint32_t low;
        s->at += 2;
        TRY(read_hex(s, 4, &low, err));
        bool pair = low >= 0xDC00 && low < 0xE000;
        code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : code;
    }
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return expected(s, "a character of Unicode before this", err);
    char bytes[4];
    strbuf_append(&s->string, bytes, utf8_write(code, bytes));
    return DEAR_OK;
}

/* What follows a backslash. One that Python does not know stands for itself. */
static dear_status read_escape(list_scan *s, dear_error *err) {
    static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    if (!*s->at)
        return expected(s, "the end of the string", err);
    char c = *s->at++;
    const char *name = strchr(names, c);
    if (c == 'x' || c == 'u' || c == 'U')
        return read_coded(s, c, err);
    if (name)
        c = values[name - names];
    else if (!strchr("\\'\"/", c))
        strbuf_putc(&s->string, '\\');
    strbuf_putc(&s->string, c);
    return DEAR_OK;
}

/* A string in quotes of either kind, the first of which is at hand. */
static dear_status read_string(list_scan *s, dear_error *err) {
    char quote = *s->at++;
    char stop[] = {quote, '\\', 0};
    strbuf_clear(&s->string);
    while (*s->at != quote) {
        size_t plain = strcspn(s->at, stop);
        strbuf_append(&s->string, s->at, plain);
        s->at += plain;
        if (!*s->at)
            return expected(s, "the end of the string", err);
        if (*s->at == '\\') {
            s->at++;
            TRY(read_escape(s, err));
        }
    }
    s->at++;
    bool added =
        !s->string.failed &&
        json_array_append_new(s->list, json_stringn_nocheck(s->string.text ? s->string.text : "",
                                                            s->string.length)) == 0;
    return added ? DEAR_OK : error_memory(err);
}

static dear_status read_strings(list_scan *s, dear_error *err) {
    skip_space(s);
    if (*s->at != '[')
        return expected(s, "\"[\"", err);
    s->at++;
    for (skip_space(s); *s->at != ']'; skip_space(s)) {
        if (*s->at != '\'' && *s->at != '"')
            return expected(s, "a string in quotes", err);
        TRY(read_string(s, err));
        skip_space(s);
        if (*s->at != ',' && *s->at != ']')
            return expected(s, "\",\" or \"]\"", err);
        s->at += *s->at == ',';
    }
    s->at++;
    skip_space(s);
    return *s->at ? expected(s, "nothing after the list", err) : DEAR_OK;
}

dear_status python_list_read(json_t **out, const char *text, const char *where, dear_error *err) {
    *out = NULL;
    list_scan s = {.begin = text, .at = text, .where = where, .list = json_array()};
    dear_status status = s.list ? read_strings(&s, err) : error_memory(err);
    strbuf_free(&s.string);
    if (status == DEAR_OK)
        *out = s.list;
    else
        json_decref(s.list);
    return status;
}
