#include "report/svg.h"

#include "report/html.h"

#include <stdlib.h>
#include <string.h>

/* What is written anew where it stands in a drawing. */
typedef struct rewriting {
    const char *found;
    const char *until; ///< what is left out: all up to and with this; NULL: only `found`
    const char *put;   ///< in its place
    bool is_id;        ///< the frame's id and "-" follow
} rewriting;

static const rewriting rewritings[] = {
    {"<title>", "</title>", "", false},
    {"<desc>", "</desc>", "", false},
    {"<!--", "-->", "", false},
    {" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", NULL, "", false},
    {" id='", NULL, " id='", true},
    {" id=\"", NULL, " id=\"", true},
    {" xlink:href='#", NULL, " href='#", true},
    {"url(#", NULL, "url(#", true},
};

/* The rewriting that `text` begins with, or NULL. */
static const rewriting *rewriting_at(const char *text) {
    for (size_t i = 0; i < sizeof rewritings / sizeof rewritings[0]; i++)
        if (strncmp(text, rewritings[i].found, strlen(rewritings[i].found)) == 0)
            return &rewritings[i];
    return NULL;
}

/* Writes what `r` puts; returns what follows in the drawing. */
static const char *apply(strbuf *out, const rewriting *r, const char *text,
                         const svg_frame *frame) {
    strbuf_puts(out, r->put);
    if (r->is_id)
        strbuf_printf(out, "%s-", frame->id);
    text += strlen(r->found);
    if (!r->until)
        return text;
    const char *end = strstr(text, r->until);
    return end ? end + strlen(r->until) : text + strlen(text);
}

/* Writes the label at "{3}"; returns what follows, or NULL when there is no such label. */
static const char *put_label(strbuf *out, const char *text, const svg_frame *frame) {
    char *end;
    unsigned long number = strtoul(text + 1, &end, 10);
    if (end == text + 1 || *end != '}' || number >= frame->num_labels)
        return NULL;
    html_text(out, frame->labels[number]);
    return end + 1;
}

static void open_element(strbuf *out, const svg_frame *frame) {
    strbuf_printf(out, "<svg role=\"img\" aria-labelledby=\"%s-title %s-desc\"", frame->id,
                  frame->id);
}

static void write_names(strbuf *out, const svg_frame *frame) {
    strbuf_printf(out, "<title id=\"%s-title\">", frame->id);
    html_text(out, frame->title);
    strbuf_printf(out, "</title><desc id=\"%s-desc\">", frame->id);
    html_text(out, frame->description);
    strbuf_puts(out, "</desc>");
}

/* The body of the drawing: what stands after the <svg> tag's ">". */
static dear_status write_body(strbuf *out, const char *text, const svg_frame *frame,
                              dear_error *err) {
    while (*text) {
        const rewriting *r = rewriting_at(text);
        if (r)
            text = apply(out, r, text, frame);
        else if (*text == '{')
            text = put_label(out, text, frame);
        else
            strbuf_putc(out, *text++);
        if (!text)
            return error_set(err, DEAR_ERROR_INPUT, "a drawing asks for a label that it lacks");
    }
    return DEAR_OK;
}

dear_status svg_embed(strbuf *out, const char *drawing, const svg_frame *frame, dear_error *err) {
    const char *start = strstr(drawing, "<svg"), *body = start ? strchr(start, '>') : NULL;
    if (!body || !strstr(body, "</svg>"))
        return error_set(err, DEAR_ERROR_INPUT, "what was drawn is no SVG document");
    open_element(out, frame);
    for (const char *c = start + strlen("<svg"); c <= body;) {
        const rewriting *r = rewriting_at(c);
        if (r)
            c = apply(out, r, c, frame);
        else
            strbuf_putc(out, *c++);
    }
    write_names(out, frame);
    TRY(write_body(out, body + 1, frame, err));
    return out->failed ? error_memory(err) : DEAR_OK;
}
