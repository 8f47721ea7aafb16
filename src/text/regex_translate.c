/* From Oniguruma's dialect (its default, Ruby-like syntax, UTF-8) to PCRE2's. */
#include "text/regex.h"

#include "text/utf8.h"

#include <string.h>

/* Unicode's White_Space as class members. PCRE2's own \s also takes U+180E. */
#define SPACE_MEMBERS "\\t-\\r\\x{85}\\p{Z}"

typedef struct translation {
    const char *at, *begin, *end;
    strbuf *out;
    const char *where;
    dear_error *err;
} translation;

static dear_status refuse(translation *t, const char *construct, size_t length) {
    return error_set(t->err, DEAR_ERROR_UNSUPPORTED,
                     "%s: the regular expression uses %.*s at byte %zu, which is not supported",
                     t->where, (int)length, construct, (size_t)(t->at - t->begin));
}

static bool next_is(const translation *t, size_t ahead, char c) {
    return (size_t)(t->end - t->at) > ahead && t->at[ahead] == c;
}

static void copy(translation *t, size_t length) {
    strbuf_append(t->out, t->at, length);
    t->at += length;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* \p{...}: the names are those of Unicode in both engines; PCRE2 refuses those it has not. */
static dear_status property(translation *t) {
    const char *close = memchr(t->at, '}', (size_t)(t->end - t->at));
    if (!next_is(t, 2, '{') || !close)
        return refuse(t, t->at, 2);
    copy(t, (size_t)(close - t->at) + 1);
    return DEAR_OK;
}

/* \xHH and \x{H...}. Oniguruma's \xHH above 7F is a byte of UTF-8, not a character. */
static dear_status hexadecimal(translation *t) {
    if (next_is(t, 2, '{')) {
        const char *close = memchr(t->at, '}', (size_t)(t->end - t->at));
        if (!close)
            return refuse(t, t->at, 2);
        copy(t, (size_t)(close - t->at) + 1);
        return DEAR_OK;
    }
    if (t->end - t->at < 4 || !is_hex(t->at[2]) || !is_hex(t->at[3]) || t->at[2] >= '8')
        return refuse(t, t->at, 2);
    copy(t, 4);
    return DEAR_OK;
}

static dear_status four_digits(translation *t) {
    for (size_t i = 2; i < 6; i++)
        if ((size_t)(t->end - t->at) <= i || !is_hex(t->at[i]))
            return refuse(t, t->at, 2);
    strbuf_printf(t->out, "\\x{%.4s}", t->at + 2);
    t->at += 6;
    return DEAR_OK;
}

static void replace(translation *t, size_t length, const char *with) {
    strbuf_puts(t->out, with);
    t->at += length;
}

static dear_status escape(translation *t, bool in_class) {
    if (t->end - t->at < 2)
        return refuse(t, "a lone backslash", 16);
    char c = t->at[1];
    switch (c) {
    case 's':
        replace(t, 2, in_class ? SPACE_MEMBERS : "[" SPACE_MEMBERS "]");
        return DEAR_OK;
    case 'S':
        if (in_class)
            return refuse(t, "\\S inside a class", 17);
        replace(t, 2, "[^" SPACE_MEMBERS "]");
        return DEAR_OK;
    case 'v':
        replace(t, 2, "\\x{0B}");
        return DEAR_OK;
    case 'p':
    case 'P':
        return property(t);
    case 'x':
        return hexadecimal(t);
    case 'u':
        return four_digits(t);
    case 'A':
    case 'z':
        if (in_class)
            return refuse(t, t->at, 2);
        copy(t, 2);
        return DEAR_OK;
    default:
        if (is_digit(c) || (((c | 32) >= 'a' && (c | 32) <= 'z') && !strchr("dDnrtfae", c)))
            return refuse(t, t->at, 2);
        if (c & 0x80)
            t->at++; /* a letter of another script needs no backslash */
        copy(t, c & 0x80 ? utf8_width(c) : 2);
        return DEAR_OK;
    }
}

static dear_status character_class(translation *t) {
    copy(t, 1);
    if (next_is(t, 0, '^'))
        copy(t, 1);
    if (next_is(t, 0, ']'))
        return refuse(t, "an empty class", 14);
    while (t->at < t->end && *t->at != ']') {
        if (*t->at == '[')
            return refuse(t, "a class inside a class", 22);
        if (*t->at == '&' && next_is(t, 1, '&'))
            return refuse(t, "&& inside a class", 17);
        if (*t->at == '\\')
            TRY(escape(t, true));
        else
            copy(t, 1);
    }
    if (t->at == t->end)
        return refuse(t, "a class without end", 19);
    copy(t, 1);
    return DEAR_OK;
}

/* "(?imx-imx:" and "(?imx)", where Oniguruma's m lets . match a newline, which PCRE2 calls s. A
 * group of options that stands alone reaches across | differently, except at the very start. */
static dear_status options(translation *t) {
    const char *start = t->at;
    size_t length = 2;
    while (start + length < t->end && start[length] && strchr("imx-", start[length]))
        length++;
    bool alone = next_is(t, length, ')');
    if ((!alone && !next_is(t, length, ':')) || (alone && start != t->begin))
        return refuse(t, start, length + (start + length < t->end));
    for (size_t i = 0; i <= length; i++)
        strbuf_putc(t->out, start[i] == 'm' ? 's' : start[i]);
    t->at += length + 1;
    return DEAR_OK;
}

static dear_status group(translation *t) {
    static const char *const same[] = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"};
    if (!next_is(t, 1, '?')) {
        copy(t, 1);
        return DEAR_OK;
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        size_t length = strlen(same[i]);
        if ((size_t)(t->end - t->at) >= length && memcmp(t->at, same[i], length) == 0) {
            copy(t, length);
            return DEAR_OK;
        }
    }
    return options(t);
}

/* "{n,m}", "{n}", "{n,}", "{,m}"; any other brace is a plain character in both engines. Ruby reads
 * "{n,m}+" and "{n}?" as a repetition of the repetition, PCRE2 as possessive and lazy. */
static dear_status interval(translation *t) {
    size_t low = 1;
    while (t->at + low < t->end && is_digit(t->at[low]))
        low++;
    size_t at = low;
    bool comma = next_is(t, at, ',');
    at += comma;
    size_t high = at;
    while (t->at + at < t->end && is_digit(t->at[at]))
        at++;
    bool empty = low == 1 && at == high;
    if (!next_is(t, at, '}') || empty) {
        replace(t, 1, "\\{");
        return DEAR_OK;
    }
    if (next_is(t, at + 1, '+') || (!comma && next_is(t, at + 1, '?')))
        return refuse(t, t->at, at + 2);
    if (low == 1)
        strbuf_printf(t->out, "{0,%.*s}", (int)(at - high), t->at + high);
    else
        strbuf_append(t->out, t->at, at + 1);
    t->at += at + 1;
    return DEAR_OK;
}

dear_status regex_translate(strbuf *out, const char *pattern, size_t length, const char *where,
                            dear_error *err) {
    translation t = {pattern, pattern, pattern + length, out, where, err};
    while (t.at < t.end) {
        if (*t.at == '\\')
            TRY(escape(&t, false));
        else if (*t.at == '[')
            TRY(character_class(&t));
        else if (*t.at == '(')
            TRY(group(&t));
        else if (*t.at == '{')
            TRY(interval(&t));
        else
            copy(&t, 1);
    }
    return out->failed ? error_memory(err) : DEAR_OK;
}
