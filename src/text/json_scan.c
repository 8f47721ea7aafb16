#include "text/json_scan.h"

#include "text/utf8.h"

#include <string.h>

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* Past the string whose opening quote is at `at`; `end` when it is not closed. */
static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at + 1 : end;
}

/* Past a value of any depth, without recursion. */
static const char *skip_value(const char *at, const char *end) {
    size_t depth = 0;
    while (at < end) {
        char c = *at;
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return at;
        if (c == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        if (c == '}' || c == ']')
            depth--;
        at++;
    }
    return at;
}

const char *json_find_member(const char *object, const char *end, const char *key) {
    size_t key_length = strlen(key);
    const char *at = skip_space(object, end);
    if (at == end || *at != '{')
        return NULL;
    at = skip_space(at + 1, end);
    while (at < end && *at == '"') {
        const char *name = at + 1;
        at = skip_string(at, end);
        bool same = (size_t)(at - name) == key_length + 1 && memcmp(name, key, key_length) == 0;
        at = skip_space(at, end);
        if (at == end || *at != ':')
            return NULL;
        at = skip_space(at + 1, end);
        if (same)
            return at;
        at = skip_value(at, end);
        if (at == end || *at != ',')
            return NULL;
        at = skip_space(at + 1, end);
    }
    return NULL;
}

json_span json_value_span(const char *value, const char *end) {
    return (json_span){value, value ? skip_value(value, end) : NULL};
}

bool json_take(json_scan *s, char c) {
    s->at = skip_space(s->at, s->end);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

dear_status json_scan_expected(const json_scan *s, const char *what, dear_error *err) {
    size_t line = 1;
    for (const char *p = s->begin; p < s->at && (p = memchr(p, '\n', (size_t)(s->at - p))); p++)
        line++;
    return error_set(err, DEAR_ERROR_INPUT, "%s: line %zu: expected %s", s->where, line, what);
}

dear_status json_scan_list(json_scan *s, char open, char close, const char *what,
                           json_item_reader read, void *context, dear_error *err) {
    if (!json_take(s, open))
        return json_scan_expected(s, what, err);
    bool more = !json_take(s, close);
    while (more) {
        TRY(read(s, context, err));
        more = json_take(s, ',');
        if (!more && !json_take(s, close))
            return json_scan_expected(s, "a comma or a closing bracket", err);
    }
    if (skip_space(s->at, s->end) != s->end)
        return json_scan_expected(s, "nothing more after a closing bracket", err);
    return DEAR_OK;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX; -1 when they are not there. */
static int32_t hex_quad(const json_scan *s, const char *at) {
    if (s->end - at < 4)
        return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* \uXXXX, or two of them that are a surrogate pair; `s->at` is behind the "u". */
static dear_status unicode_escape(json_scan *s, strbuf *out, dear_error *err) {
    int32_t code = hex_quad(s, s->at);
    if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return json_scan_expected(s, "four hexadecimal digits of a character after \\u", err);
    s->at += 4;
    if (code >= 0xD800 && code <= 0xDBFF) {
        bool escape = s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u';
        int32_t low = escape ? hex_quad(s, s->at + 2) : -1;
        if (low < 0xDC00 || low > 0xDFFF)
            return json_scan_expected(s, "the second half of a surrogate pair", err);
        s->at += 6;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    char bytes[4];
    strbuf_append(out, bytes, utf8_write((uint32_t)code, bytes));
    return DEAR_OK;
}

static dear_status escape(json_scan *s, strbuf *out, dear_error *err) {
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    s->at++;
    char c = s->at < s->end ? *s->at : 0;
    const char *letter = c ? strchr(letters, c) : NULL;
    if (!letter && c != 'u')
        return json_scan_expected(s, "an escape that JSON knows", err);
    s->at++;
    if (!letter)
        return unicode_escape(s, out, err);
    strbuf_putc(out, values[letter - letters]);
    return DEAR_OK;
}

dear_status json_scan_string(json_scan *s, strbuf *out, dear_error *err) {
    if (!json_take(s, '"'))
        return json_scan_expected(s, "a string", err);
    for (;;) {
        const char *plain = s->at;
        while (s->at < s->end && *s->at != '"' && *s->at != '\\' && (unsigned char)*s->at >= 0x20)
            s->at++;
        strbuf_append(out, plain, (size_t)(s->at - plain));
        if (s->at == s->end || (unsigned char)*s->at < 0x20)
            return json_scan_expected(s, "the end of a string", err);
        if (*s->at == '"')
            break;
        TRY(escape(s, out, err));
    }
    s->at++;
    return out->failed ? error_memory(err) : DEAR_OK;
}

dear_status json_scan_integer(json_scan *s, int64_t *out, dear_error *err) {
    bool negative = json_take(s, '-');
    s->at = negative ? s->at : skip_space(s->at, s->end);
    int64_t value = 0;
    int digits = 0;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && digits < 18) {
        value = value * 10 + (*s->at++ - '0');
        digits++;
    }
    if (digits == 0 || (s->at < s->end && strchr("0123456789.eE", *s->at) && *s->at))
        return json_scan_expected(s, "a whole number", err);
    *out = negative ? -value : value;
    return DEAR_OK;
}
