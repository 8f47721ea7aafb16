#include "rank/hits_read.h"

#include "rank/json_record.h"

#include <math.h>
#include <string.h>

/* Reading one document; the buffers are reused from hit to hit. */
typedef struct reading {
    hit_set *set;
    bool dpr;
    strbuf id, title, text;
    strbuf where; ///< "file: element 3, hit 7"
    const char *file;
} reading;

static void set_place(reading *r, size_t element, size_t hit_number) {
    strbuf_clear(&r->where);
    strbuf_printf(&r->where, "%s: element %zu", r->file, element);
    if (hit_number)
        strbuf_printf(&r->where, ", %s %zu", r->dpr ? "ctx" : "hit", hit_number);
}

/* RankGPT's "Title: … Content: …" becomes a title and a text. */
static void split_content(reading *r) {
    static const char head[] = "Title: ", middle[] = " Content: ";
    strbuf_clear(&r->title);
    if (strncmp(r->text.text, head, sizeof head - 1) != 0)
        return;
    const char *title = r->text.text + sizeof head - 1;
    const char *cut = strstr(title, middle);
    if (!cut)
        return;
    strbuf_append(&r->title, title, (size_t)(cut - title));
    size_t text_at = (size_t)(cut - r->text.text) + sizeof middle - 1;
    memmove(r->text.text, r->text.text + text_at, r->text.length - text_at + 1);
    r->text.length -= text_at;
}

static dear_status read_passage(reading *r, const json_t *object, bool *known, dear_error *err) {
    static const char *const title_keys[] = {"title", NULL};
    TRY(record_text(&r->text, known, object, record_document_text_keys, r->where.text, err));
    bool has_title;
    TRY(record_text(&r->title, &has_title, object, title_keys, r->where.text, err));
    if (!r->dpr && !has_title)
        split_content(r);
    return r->title.failed ? error_memory(err) : DEAR_OK;
}

static dear_status read_hit(reading *r, hit_list *list, const json_t *object, dear_error *err) {
    if (!json_is_object(object))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be an object", r->where.text);
    TRY(record_id(&r->id, object, record_document_id_keys, r->where.text, err));
    if (r->id.length == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has no \"%s\"", r->where.text,
                         r->dpr ? "id" : "docid");
    bool known;
    double score;
    TRY(read_passage(r, object, &known, err));
    TRY(record_score(&score, object, r->where.text, err));
    if (!hit_list_add(list, r->id.text, known ? r->title.text : NULL, known ? r->text.text : NULL,
                      score))
        return error_memory(err);
    list->hits[list->count - 1].place = list->count;
    return DEAR_OK;
}

/* The query's id: of the element, else of its first hit (RankGPT), else the element's index. */
static dear_status read_query_id(reading *r, const json_t *element, const json_t *hits,
                                 size_t index, dear_error *err) {
    TRY(record_id(&r->id, element, record_query_id_keys, r->where.text, err));
    static const char *const hit_keys[] = {"qid", "query_id", NULL};
    if (r->id.length == 0 && json_array_size(hits) > 0)
        TRY(record_id(&r->id, json_array_get(hits, 0), hit_keys, r->where.text, err));
    if (r->id.length == 0)
        strbuf_printf(&r->id, "%zu", index);
    return r->id.failed ? error_memory(err) : DEAR_OK;
}

static dear_status read_element(reading *r, const json_t *element, size_t index, dear_error *err) {
    if (!json_is_object(element))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be an object", r->where.text);
    const char *hits_key = r->dpr ? "ctxs" : "hits";
    const json_t *hits = json_object_get(element, hits_key);
    if (!json_is_array(hits))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be an array", r->where.text,
                         hits_key);
    TRY(read_query_id(r, element, hits, index, err));
    if (hit_set_find(r->set, r->id.text))
        return error_set(err, DEAR_ERROR_INPUT, "%s: query \"%s\" is there twice", r->where.text,
                         r->id.text);
    bool has_query;
    TRY(record_text(&r->text, &has_query, element, record_query_text_keys, r->where.text, err));
    hit_list *list = hit_set_add(r->set, r->id.text, has_query ? r->text.text : NULL);
    if (!list)
        return error_memory(err);
    json_t *answers = json_object_get(element, "answers");
    if (answers && !json_is_null(answers))
        list->answers = json_incref(answers);
    for (size_t i = 0; i < json_array_size(hits); i++) {
        set_place(r, index + 1, i + 1);
        TRY(r->where.failed ? error_memory(err) : read_hit(r, list, json_array_get(hits, i), err));
    }
    return DEAR_OK;
}

static dear_status read_elements(reading *r, const json_t *document, dear_error *err) {
    for (size_t i = 0; i < json_array_size(document); i++) {
        set_place(r, i + 1, 0);
        TRY(r->where.failed ? error_memory(err)
                            : read_element(r, json_array_get(document, i), i, err));
    }
    return DEAR_OK;
}

dear_status hits_read_json(hit_set *set, const json_t *document, hits_format format,
                           const char *where, dear_error *err) {
    if (!json_is_array(document))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: must be a JSON array of queries with their \"hits\" or \"ctxs\"",
                         where);
    bool has_ctxs = json_object_get(json_array_get(document, 0), "ctxs") != NULL;
    reading r = {.set = set, .file = where};
    r.dpr = format == HITS_FORMAT_DPR || (format == HITS_FORMAT_AUTO && has_ctxs);
    dear_status status = read_elements(&r, document, err);
    strbuf_free(&r.id);
    strbuf_free(&r.title);
    strbuf_free(&r.text);
    strbuf_free(&r.where);
    return status;
}
