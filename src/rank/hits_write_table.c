#define _GNU_SOURCE
#include "rank/hits_write.h"

#include "rank/score_text.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

enum { PLAIN_WIDTH = 100, MIN_TEXT_WIDTH = 20, MAX_DOCID_WIDTH = 24 };

static int terminal_width(FILE *stream) {
    struct winsize size;
    int fd = fileno(stream);
    if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return PLAIN_WIDTH;
}

/* White space and what could steer a terminal. */
static bool is_gap(utf8proc_int32_t c) {
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* Joiners, marks of direction and the like: no width, and some reorder what stands beside them. */
static bool is_invisible(utf8proc_int32_t c) {
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CS ||
           category == UTF8PROC_CATEGORY_CN;
}

/* Walks over text (valid UTF-8) and gives the next character to show, gaps as one space; 0 at the
 * end. */
static utf8proc_int32_t next_character(const char **text) {
    bool gap = false;
    for (;;) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &c);
        if (**text == 0 || n <= 0)
            return 0;
        if (!is_gap(c) && !is_invisible(c)) {
            if (gap)
                return ' ';
            *text += n;
            return c;
        }
        gap = gap || is_gap(c);
        *text += n;
    }
}

/* Columns that the text takes when shown, counting no further than `most` + 1. */
static int shown_width(const char *text, int most) {
    int width = 0;
    for (utf8proc_int32_t c; width <= most && (c = next_character(&text));)
        width += utf8proc_charwidth(c);
    return width;
}

/* Shows as much as fits into `width` columns, with "…" when it is cut; returns the columns used. */
static int show(FILE *stream, const char *text, int width) {
    bool cut = shown_width(text, width) > width;
    int room = cut ? width - 1 : width, used = 0;
    for (utf8proc_int32_t c; (c = next_character(&text));) {
        int columns = utf8proc_charwidth(c);
        if (used + columns > room)
            break;
        utf8proc_uint8_t bytes[4];
        fwrite(bytes, 1, (size_t)utf8proc_encode_char(c, bytes), stream);
        used += columns;
    }
    if (cut)
        fputs("…", stream);
    return used + cut;
}

static int docid_width(const hit_list *list) {
    int widest = (int)strlen("docid");
    for (size_t i = 0; i < list->count; i++) {
        int width = shown_width(list->hits[i].docid, MAX_DOCID_WIDTH);
        widest = width > widest ? width : widest;
    }
    return widest < MAX_DOCID_WIDTH ? widest : MAX_DOCID_WIDTH;
}

/* Title and text go on as one passage. */
static void show_passage(FILE *stream, const hit *h, int width) {
    int used = 0;
    if (*h->title)
        used = show(stream, h->title, width / 2);
    if (used > 0) {
        fputs(": ", stream);
        used += 2;
    }
    show(stream, h->text, width - used);
}

static void show_hit(FILE *stream, const hit *h, size_t rank, int docid_columns, int width) {
    enum { FIXED_WIDTH = 32 }; /* the columns before docid, and the gap after it */
    fprintf(stream, "%6" PRId64 " → %-5zu  %10.4f  ", h->first_rank, rank, h->score);
    int used = show(stream, h->docid, docid_columns);
    fprintf(stream, "%*s", docid_columns - used + 2, "");
    int left = width - FIXED_WIDTH - docid_columns;
    show_passage(stream, h, left > MIN_TEXT_WIDTH ? left : MIN_TEXT_WIDTH);
    fputc('\n', stream);
}

dear_status hits_write_table(FILE *stream, const hit_list *list, size_t index, dear_error *err) {
    (void)err;
    int width = terminal_width(stream);
    fputs(index ? "\nQuery " : "Query ", stream);
    int used = show(stream, list->qid, MAX_DOCID_WIDTH);
    fputs(": ", stream);
    show(stream, list->query, width - used - (int)strlen("Query : "));
    int docid_columns = docid_width(list);
    fprintf(stream, "\nbefore → after       score  %-*s  passage\n", docid_columns, "docid");
    for (size_t i = 0; i < list->count; i++)
        show_hit(stream, &list->hits[i], i + 1, docid_columns, width);
    return DEAR_OK;
}
