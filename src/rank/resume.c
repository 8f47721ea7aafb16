#include "rank/resume.h"

#include "base/file.h"
#include "base/json.h"
#include "rank/hits_read.h"

#include <string.h>

/* An output being gone through, line by line. */
typedef struct scan {
    const resume_plan *plan;
    file_map map;
    size_t offset;   ///< behind the line in hand
    strbuf text;     ///< the line in hand
    hits_lines line; ///< the same, as readers take it
} scan;

/* Takes the next line; *taken is false when there is none, or none that has its end. */
static dear_status next_line(scan *s, bool *taken, dear_error *err) {
    const char *begin = (const char *)s->map.data + s->offset;
    const char *end = s->offset < s->map.size ? memchr(begin, '\n', s->map.size - s->offset) : NULL;
    *taken = end != NULL;
    if (!end)
        return DEAR_OK;
    strbuf_clear(&s->text);
    if (!strbuf_append(&s->text, begin, (size_t)(end - begin)))
        return error_memory(err);
    s->line.line = s->text.text;
    s->line.length = s->text.length;
    s->line.number++;
    s->offset += s->text.length + 1;
    return DEAR_OK;
}

static dear_status foreign(const scan *s, dear_error *err, const char *why) {
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s:%zu: cannot go on from this output: it %s; start anew or to another file",
                     s->line.path, s->line.number, why);
}

static dear_status note_docids(id_table *docids, const hit_list *list, size_t hits,
                               dear_error *err) {
    for (size_t i = 0; i < hits; i++) {
        size_t *at = id_table_at(docids, list->hits[i].docid);
        if (!at)
            return error_memory(err);
        *at = i;
    }
    return DEAR_OK;
}

/* Each candidate once: as many as planned (counted before), none foreign, none twice. */
static dear_status check_docids(const scan *s, id_table *docids, const hit_list *found,
                                const hit_list *planned, dear_error *err) {
    TRY(note_docids(docids, planned, found->count, err));
    for (size_t i = 0; i < found->count; i++)
        if (id_table_find(docids, found->hits[i].docid) == ID_NONE)
            return foreign(s, err, "has a document that is no candidate of its query");
    return DEAR_OK;
}

/* Holds what was read for a list to what is planned there. */
static dear_status check_list(const scan *s, const hit_set *found, const hit_list *planned,
                              size_t hits, dear_error *err) {
    if (found->count != 1 || strcmp(found->lists[0].qid, planned->qid) != 0)
        return foreign(s, err, "has other queries, or other numbers of hits, than this run gives");
    if (found->lists[0].count != hits)
        return foreign(s, err, "has another number of hits for a query");
    id_table docids = {0};
    dear_status status = check_docids(s, &docids, &found->lists[0], planned, err);
    id_table_free(&docids);
    return status;
}

/* The element of a JSON array that the line in hand is. */
static dear_status read_element(scan *s, hit_set *found, dear_error *err) {
    size_t comma = *s->line.line == ',';
    json_t *element;
    TRY(json_read_text(&element, s->line.line + comma, s->line.length - comma, s->line.path, err));
    json_t *array = json_array();
    dear_status status = DEAR_OK;
    if (!array || json_array_append_new(array, element) != 0)
        status = error_memory(err);
    else
        status = hits_read_json(found, array, s->plan->format, s->line.path, err);
    json_decref(array);
    return status;
}

/* Reads the lines that one list takes; *whole is false when they are not all there. */
static dear_status read_list(scan *s, hit_set *found, size_t hits, bool *whole, dear_error *err) {
    bool array = hits_format_is_array(s->plan->format);
    *whole = true;
    for (size_t left = array ? 1 : hits; left > 0; left--) {
        TRY(next_line(s, whole, err));
        if (!*whole)
            return DEAR_OK;
        dear_status status = array ? read_element(s, found, err)
                                   : hits_read_line(found, &s->line, s->plan->format, err);
        if (status == DEAR_ERROR_INPUT)
            return foreign(s, err, "holds what this program did not write there");
        if (status != DEAR_OK)
            return status;
    }
    return DEAR_OK;
}

static dear_status scan_list(scan *s, const hit_list *planned, bool *whole, dear_error *err) {
    size_t hits = planned->count < s->plan->top_k ? planned->count : s->plan->top_k;
    hit_set found = {0};
    dear_status status = read_list(s, &found, hits, whole, err);
    bool lines = hits > 0 || hits_format_is_array(s->plan->format);
    if (status == DEAR_OK && *whole && lines)
        status = check_list(s, &found, planned, hits, err);
    hit_set_free(&found);
    return status;
}

/* The line that opens or closes a JSON array. */
static dear_status scan_bracket(scan *s, const char *bracket, bool *there, dear_error *err) {
    TRY(next_line(s, there, err));
    if (*there && strcmp(s->text.text, bracket) != 0)
        return foreign(s, err, "is not in the format asked for, or holds more than this run gives");
    return DEAR_OK;
}

static dear_status scan_lists(scan *s, resume_point *point, dear_error *err) {
    const resume_plan *plan = s->plan;
    bool array = hits_format_is_array(plan->format), there = true;
    if (array)
        TRY(scan_bracket(s, "[", &there, err));
    if (!there)
        return DEAR_OK;
    point->bytes = s->offset;
    for (size_t i = plan->first; i < plan->set->count; i += plan->step) {
        TRY(scan_list(s, &plan->set->lists[i], &there, err));
        if (!there)
            return DEAR_OK;
        point->bytes = s->offset;
        point->lists++;
    }
    if (array)
        TRY(scan_bracket(s, "]", &there, err));
    point->ended = there && s->offset == s->map.size;
    TRY(next_line(s, &there, err));
    return there ? foreign(s, err, "holds more queries than this run gives") : DEAR_OK;
}

dear_status resume_find(resume_point *out, const char *path, const resume_plan *plan,
                        dear_error *err) {
    *out = (resume_point){0};
    scan s = {.plan = plan, .line = {.path = path}};
    TRY(file_map_open(&s.map, path, err));
    dear_status status = scan_lists(&s, out, err);
    file_map_close(&s.map);
    strbuf_free(&s.text);
    return status;
}
