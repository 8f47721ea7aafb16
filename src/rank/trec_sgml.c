#define _GNU_SOURCE
#include "rank/trec_sgml.h"

#include "rank/utf8_text.h"
#include "text/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENT_LIMIT = 256 << 20 };

typedef enum field { FIELD_NONE, FIELD_ID, FIELD_TITLE, FIELD_TEXT } field;

/* What tells documents and topics apart. */
static const struct shape {
    const char *element;
    struct {
        const char *tag;
        field field;
    } fields[3];
    field elsewhere;    ///< where text goes that is in no field
    bool ends_at_a_tag; ///< a field's own end tag may be missing
    const char *id_label, *text_label;
} shapes[] = {
    [COLLECTION_QUERIES] =
        {"top", {{"num", FIELD_ID}, {"title", FIELD_TEXT}}, FIELD_NONE, true, "Number:", "Topic:"},
    [COLLECTION_CORPUS] = {"DOC",
                           {{"docno", FIELD_ID}, {"title", FIELD_TITLE}, {"headline", FIELD_TITLE}},
                           FIELD_TEXT,
                           false,
                           "",
                           ""},
};

typedef struct tag {
    const char *name; ///< in the text; not terminated
    size_t length;
    bool closes; ///< </name>
    size_t size; ///< from "<" to behind ">"
} tag;

/* Reads the tag that "<" begins. Nothing else is taken for one: no "<" without a name, none that
 * another "<" comes before its ">". */
static bool read_tag(tag *out, const char *text, const char *end) {
    const char *p = text + 1;
    out->closes = p < end && *p == '/';
    p += out->closes;
    out->name = p;
    if (p == end || !isalpha((unsigned char)*p))
        return false;
    while (p < end && (isalnum((unsigned char)*p) || *p == '-' || *p == '_' || *p == ':'))
        p++;
    out->length = (size_t)(p - out->name);
    while (p < end && *p != '>' && *p != '<')
        p++;
    out->size = (size_t)(p - text) + 1;
    return p < end && *p == '>';
}

static bool is_named(const tag *t, const char *name) {
    return t->length == strlen(name) && strncasecmp(t->name, name, t->length) == 0;
}

/* "<!-- … -->", "<!DOCTYPE …>", "<?xml …?>": bytes to pass over, 0 when it is none of them, SIZE_MAX
 * when it has no end. */
static size_t declaration_size(const char *text, const char *end) {
    size_t length = (size_t)(end - text);
    if (length >= 4 && memcmp(text, "<!--", 4) == 0) {
        const char *close = memmem(text + 4, length - 4, "-->", 3);
        return close ? (size_t)(close - text) + 3 : SIZE_MAX;
    }
    if (length < 2 || (text[1] != '!' && text[1] != '?'))
        return 0;
    size_t size = 1;
    while (size < length && text[size] != '>' && text[size] != '<')
        size++;
    return size < length && text[size] == '>' ? size + 1 : 0;
}

static dear_status place_error(const trec_sgml *r, dear_error *err, const char *what,
                               const char *element) {
    return error_set(err, DEAR_ERROR_INPUT, "%s:%zu:%zu: %s <%s>", line_reader_path(r->lines),
                     line_reader_number(r->lines), r->at + 1, what, element);
}

static dear_status next_line(trec_sgml *r, dear_error *err) {
    r->at = 0;
    return line_reader_next(r->lines, &r->line, &r->length, err);
}

/* Goes behind the tag that begins the next element; the line is NULL when there is none. */
static dear_status find_element(trec_sgml *r, dear_error *err) {
    const char *name = shapes[r->kind].element;
    while (r->line) {
        const char *p = r->line + r->at, *end = r->line + r->length;
        tag t;
        if (p == end) {
            TRY(next_line(r, err));
        } else if (isspace((unsigned char)*p)) {
            r->at++;
        } else if (*p == '<' && read_tag(&t, p, end)) {
            r->at += t.size;
            if (is_named(&t, name) && !t.closes)
                return DEAR_OK;
        } else {
            size_t skipped = *p == '<' ? declaration_size(p, end) : 0;
            if (skipped == 0 || skipped == SIZE_MAX)
                return place_error(r, err, "text outside of", name);
            r->at += skipped;
        }
    }
    return DEAR_OK;
}

/* Finds a tag of that name from r->at on; returns where it begins, NULL when the line has none. */
static const char *find_tag(const trec_sgml *r, const char *name, tag *t) {
    const char *end = r->line + r->length;
    for (const char *p = r->line + r->at; (p = memchr(p, '<', (size_t)(end - p))); p++)
        if (read_tag(t, p, end) && is_named(t, name))
            return p;
    return NULL;
}

static dear_status take(trec_sgml *r, size_t length, dear_error *err) {
    if (r->element.length + length > ELEMENT_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: an element over %d MiB",
                         line_reader_path(r->lines), line_reader_number(r->lines),
                         ELEMENT_LIMIT >> 20);
    bool taken =
        strbuf_append(&r->element, r->line + r->at, length) && strbuf_putc(&r->element, '\n');
    r->at += length;
    return taken ? DEAR_OK : error_memory(err);
}

/* Gathers what stands before the element's end tag, and goes behind that. */
static dear_status gather_element(trec_sgml *r, size_t begun, dear_error *err) {
    const char *name = shapes[r->kind].element;
    strbuf_clear(&r->element);
    while (r->line) {
        tag t;
        const char *found = find_tag(r, name, &t);
        TRY(take(r, found ? (size_t)(found - r->line) - r->at : r->length - r->at, err));
        if (found && !t.closes)
            return place_error(r, err, "another element begins within", name);
        r->at += found ? t.size : 0;
        if (found)
            return DEAR_OK;
        TRY(next_line(r, err));
    }
    return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: <%s> has no </%s>", line_reader_path(r->lines),
                     begun, name, name);
}

static void append_space(strbuf *out) {
    if (out->length && out->text[out->length - 1] != ' ')
        strbuf_putc(out, ' ');
}

/* The character of the entity at "&"; *size is 1 and the character "&" when it is none. */
static uint32_t read_entity(const char *text, const char *end, size_t *size) {
    static const struct {
        const char *name;
        uint32_t code;
    } named[] = {{"amp;", '&'},  {"lt;", '<'},    {"gt;", '>'},
                 {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", ' '}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        size_t length = strlen(named[i].name);
        if ((size_t)(end - text) > length && memcmp(text + 1, named[i].name, length) == 0) {
            *size = length + 1;
            return named[i].code;
        }
    }
    *size = 1;
    bool hex = end - text > 2 && text[1] == '#' && (text[2] == 'x' || text[2] == 'X');
    const char *digits = text + (hex ? 3 : 2);
    if (end - text < 4 || text[1] != '#' || !isxdigit((unsigned char)*digits))
        return '&';
    char *stop;
    unsigned long code = strtoul(digits, &stop, hex ? 16 : 10);
    bool good = *stop == ';' && stop < end && code > 0 && code < 0x110000 &&
                (code < 0xD800 || code > 0xDFFF);
    if (!good)
        return '&';
    *size = (size_t)(stop - text) + 1;
    return (uint32_t)code;
}

/* Appends the character at `text`; returns its bytes there. */
static size_t append_character(strbuf *out, const char *text, const char *end) {
    size_t size = 1;
    uint32_t code = *text == '&' ? read_entity(text, end, &size) : (unsigned char)*text;
    char bytes[4];
    if (code == 0 || (code < 0x80 && isspace((int)code)))
        append_space(out);
    else if (size == 1)
        strbuf_putc(out, *text);
    else
        strbuf_append(out, bytes, utf8_write(code, bytes));
    return size;
}

/* The field that text goes to behind a tag, when it went to `now` before it. */
static field field_after(const struct shape *shape, field now, const tag *t) {
    for (size_t i = 0; i < 3 && shape->fields[i].tag; i++)
        if (is_named(t, shape->fields[i].tag))
            return t->closes ? shape->elsewhere : shape->fields[i].field;
    return shape->ends_at_a_tag || now == FIELD_ID ? shape->elsewhere : now;
}

static strbuf *buffer_of(trec_sgml *r, field f) {
    return f == FIELD_ID ? &r->id : f == FIELD_TITLE ? &r->title : &r->text;
}

/* Shares the element's text out to the fields. */
static dear_status split_element(trec_sgml *r, size_t begun, dear_error *err) {
    const struct shape *shape = &shapes[r->kind];
    const char *p = r->element.text, *end = p + r->element.length;
    field f = shape->elsewhere;
    while (p < end) {
        tag t;
        size_t skipped = 0;
        if (*p == '<' && read_tag(&t, p, end)) {
            f = field_after(shape, f, &t);
            skipped = t.size;
        } else if (*p == '<') {
            skipped = declaration_size(p, end);
        }
        if (skipped == SIZE_MAX)
            return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: a comment has no end",
                             line_reader_path(r->lines), begun);
        if (skipped && f != FIELD_NONE)
            append_space(buffer_of(r, f));
        if (!skipped)
            skipped = f == FIELD_NONE ? 1 : append_character(buffer_of(r, f), p, end);
        p += skipped;
    }
    bool failed = r->id.failed || r->title.failed || r->text.failed;
    return failed ? error_memory(err) : DEAR_OK;
}

/* The text without white space at its ends and without the label that may begin it. */
static const char *trim(strbuf *b, const char *label) {
    if (b->length && b->text[b->length - 1] == ' ')
        b->text[--b->length] = 0;
    const char *text = b->text ? b->text : "";
    size_t labelled = strncasecmp(text, label, strlen(label)) == 0 ? strlen(label) : 0;
    return text + labelled + strspn(text + labelled, " ");
}

void trec_sgml_begin(trec_sgml *r, char *line, size_t length) {
    r->line = line;
    r->length = length;
    r->at = 0;
}

dear_status trec_sgml_next(trec_sgml *r, record *out, dear_error *err) {
    const struct shape *shape = &shapes[r->kind];
    *out = (record){0};
    TRY(find_element(r, err));
    if (!r->line)
        return DEAR_OK;
    size_t begun = line_reader_number(r->lines);
    TRY(gather_element(r, begun, err));
    strbuf_clear(&r->id);
    strbuf_clear(&r->title);
    strbuf_clear(&r->text);
    TRY(split_element(r, begun, err));
    const char *id = trim(&r->id, shape->id_label);
    if (!*id)
        return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: <%s> has no <%s>",
                         line_reader_path(r->lines), begun, shape->element, shape->fields[0].tag);
    *out = (record){id, trim(&r->title, ""), trim(&r->text, shape->text_label), begun};
    return DEAR_OK;
}

void trec_sgml_free(trec_sgml *r) {
    strbuf_free(&r->element);
    strbuf_free(&r->id);
    strbuf_free(&r->title);
    strbuf_free(&r->text);
}
