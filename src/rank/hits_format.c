#include "rank/hits_format.h"

#include "base/json.h"
#include "rank/collection.h"
#include "rank/hits_read.h"

#include <math.h>
#include <string.h>

static const struct format_name {
    const char *name;
    hits_format format;
} names[] = {
    {"auto", HITS_FORMAT_AUTO}, {"json", HITS_FORMAT_RANKGPT}, {"rankgpt", HITS_FORMAT_RANKGPT},
    {"dpr", HITS_FORMAT_DPR},   {"jsonl", HITS_FORMAT_JSONL},  {"trec", HITS_FORMAT_TREC},
    {"tsv", HITS_FORMAT_TSV},   {"table", HITS_FORMAT_TABLE},
};

enum { NUM_NAMES = sizeof names / sizeof names[0] };

/* A JSON document is held in memory whole: 4 GiB. */
static const size_t document_limit = (size_t)4 << 30;

dear_status hits_format_parse(hits_format *out, const char *name, dear_error *err) {
    for (size_t i = 0; i < NUM_NAMES; i++) {
        if (strcmp(name, names[i].name) == 0) {
            *out = names[i].format;
            return DEAR_OK;
        }
    }
    return error_set(err, DEAR_ERROR_USAGE,
                     "no format \"%s\"; there are auto, json (or rankgpt), dpr, jsonl, trec, tsv "
                     "and table",
                     name);
}

const char *hits_format_name(hits_format format) {
    size_t i = 0;
    while (names[i].format != format)
        i++;
    return names[i].name;
}

bool hits_format_is_array(hits_format format) {
    return format == HITS_FORMAT_RANKGPT || format == HITS_FORMAT_DPR;
}

static size_t count_tabs(const char *line) {
    size_t n = 0;
    for (const char *tab = strchr(line, '\t'); tab; tab = strchr(tab + 1, '\t'))
        n++;
    return n;
}

/* The format by its first line; HITS_FORMAT_AUTO stands for a JSON array of whichever kind. */
static hits_format detect(const char *line) {
    char first = line[strspn(line, " \t")];
    if (first == '[')
        return HITS_FORMAT_AUTO;
    if (first == '{')
        return HITS_FORMAT_JSONL;
    return count_tabs(line) == 2 ? HITS_FORMAT_TSV : HITS_FORMAT_TREC;
}

static dear_status parse_document(hit_set *set, const strbuf *text, const hits_input *input,
                                  dear_error *err) {
    const char *where = strcmp(input->path, "-") == 0 ? "standard input" : input->path;
    json_t *document;
    TRY(json_read_text(&document, text->text ? text->text : "", text->length, where, err));
    dear_status status = hits_read_json(set, document, input->format, where, err);
    json_decref(document);
    return status;
}

static dear_status read_document(hit_set *set, const hits_input *input, dear_error *err) {
    strbuf text = {0};
    TRY(file_read(&text, input->path, document_limit, err));
    dear_status status = parse_document(set, &text, input, err);
    strbuf_free(&text);
    return status;
}

/* Gathers the JSON document that begins with the line in hand. */
static dear_status gather_lines(strbuf *text, hits_lines *lines, dear_error *err) {
    while (lines->line) {
        if (text->length + lines->length > document_limit)
            return error_set(err, DEAR_ERROR_INPUT, "%s: larger than %zu bytes",
                             line_reader_path(lines->reader), document_limit);
        strbuf_append(text, lines->line, lines->length);
        if (!strbuf_putc(text, '\n'))
            return error_memory(err);
        TRY(hits_lines_next(lines, err));
    }
    return DEAR_OK;
}

static dear_status read_rest_as_document(hit_set *set, hits_lines *lines, const hits_input *input,
                                         dear_error *err) {
    strbuf text = {0};
    dear_status status = gather_lines(&text, lines, err);
    if (status == DEAR_OK)
        status = parse_document(set, &text, input, err);
    strbuf_free(&text);
    return status;
}

/* Sets input->format when that was to be told from the content. */
static dear_status read_by_lines(hit_set *set, hits_lines *lines, hits_input *input,
                                 dear_error *err) {
    bool undecided = input->format == HITS_FORMAT_AUTO;
    dear_status status = hits_lines_next(lines, err);
    /* A JSON array that stands on one line may be longer than a line reader allows. */
    if (status == DEAR_ERROR_INPUT && undecided && strcmp(input->path, "-") != 0)
        return read_document(set, input, err);
    if (status != DEAR_OK)
        return status;
    if (!lines->line)
        return DEAR_OK;
    if (undecided)
        input->format = detect(lines->line);
    if (input->format == HITS_FORMAT_AUTO)
        return read_rest_as_document(set, lines, input, err);
    return hits_read_lines(set, lines, input->format, err);
}

static dear_status read_input(hit_set *set, hits_input *input, dear_error *err) {
    if (input->format == HITS_FORMAT_TABLE)
        return error_set(err, DEAR_ERROR_USAGE, "a table is for people and cannot be read back");
    if (hits_format_is_array(input->format))
        return read_document(set, input, err);
    hits_lines lines = {0};
    TRY(line_reader_open(&lines.reader, input->path, err));
    dear_status status = read_by_lines(set, &lines, input, err);
    line_reader_close(lines.reader);
    return status;
}

/* Asks the queries file for the queries that have no text, and hands out what it has. */
static dear_status fill_queries(hit_set *set, collection *c, const char *path, dear_error *err) {
    for (size_t i = 0; i < set->count; i++)
        if (!set->lists[i].query)
            TRY(collection_want(c, set->lists[i].qid, err));
    TRY(collection_read(c, COLLECTION_QUERIES, path, err));
    for (size_t i = 0; i < set->count; i++) {
        hit_list *list = &set->lists[i];
        const collection_entry *found = collection_find(c, list->qid);
        if (list->query || !found)
            continue;
        if (!hit_list_give_query(list, found->text))
            return error_memory(err);
    }
    return DEAR_OK;
}

static dear_status fill_passages(hit_set *set, collection *c, const char *path, dear_error *err) {
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < set->lists[i].count; j++)
            if (!set->lists[i].hits[j].text)
                TRY(collection_want(c, set->lists[i].hits[j].docid, err));
    TRY(collection_read(c, COLLECTION_CORPUS, path, err));
    for (size_t i = 0; i < set->count; i++) {
        for (size_t j = 0; j < set->lists[i].count; j++) {
            hit *h = &set->lists[i].hits[j];
            const collection_entry *found = h->text ? NULL : collection_find(c, h->docid);
            if (found && !hit_give_passage(h, found->title, found->text))
                return error_memory(err);
        }
    }
    return DEAR_OK;
}

typedef dear_status (*filler)(hit_set *set, collection *c, const char *path, dear_error *err);

static dear_status fill_from(hit_set *set, filler fill, const char *path, dear_error *err) {
    if (!path)
        return DEAR_OK;
    collection c = {0};
    dear_status status = fill(set, &c, path, err);
    collection_free(&c);
    return status;
}

/* A sentence about a hit, with its place: "file:line: …" or "file: hit 3: …". */
static dear_status hit_error(const hits_input *input, const hit_list *list, const hit *h,
                             dear_error *err, const char *what, const char *name) {
    bool by_line = input->format != HITS_FORMAT_AUTO && !hits_format_is_array(input->format);
    error_set(err, DEAR_ERROR_INPUT, "query \"%s\": document \"%s\" %s%s", list->qid, h->docid,
              what, name);
    return error_prefix(err, by_line ? "%s:%zu" : "%s: hit %zu", input->path, h->place);
}

static dear_status check_texts(const hit_list *list, const hits_input *input, dear_error *err) {
    const char *queries = input->queries_path, *corpus = input->corpus_path;
    if (!list->query)
        return error_set(err, DEAR_ERROR_INPUT, "%s: query \"%s\" %s%s", input->path, list->qid,
                         queries ? "is not in " : "has no text; a queries file can give it",
                         queries ? queries : "");
    for (size_t i = 0; i < list->count; i++)
        if (!list->hits[i].text)
            return hit_error(input, list, &list->hits[i], err,
                             corpus ? "is not in " : "has no text; a corpus can give it",
                             corpus ? corpus : "");
    return DEAR_OK;
}

static dear_status note_docids(const hit_list *list, id_table *seen, const hits_input *input,
                               dear_error *err) {
    for (size_t i = 0; i < list->count; i++) {
        size_t *at = id_table_at(seen, list->hits[i].docid);
        if (!at)
            return error_memory(err);
        if (*at != ID_NONE)
            return hit_error(input, list, &list->hits[i], err, "is there twice", "");
        *at = i;
    }
    return DEAR_OK;
}

static dear_status check_duplicates(const hit_list *list, const hits_input *input,
                                    dear_error *err) {
    id_table seen = {0};
    dear_status status = note_docids(list, &seen, input, err);
    id_table_free(&seen);
    return status;
}

/* Either all hits have a score, or none has and 1/rank takes its place. */
static dear_status settle_scores(hit_list *list, const hits_input *input, dear_error *err) {
    bool none = list->count && isnan(list->hits[0].score);
    for (size_t i = 0; i < list->count; i++) {
        hit *h = &list->hits[i];
        if (none != (bool)isnan(h->score))
            return hit_error(input, list, h, err,
                             none ? "has a score, unlike those before it"
                                  : "has no score, unlike those before it",
                             "");
        if (none)
            h->score = 1.0 / (double)(i + 1);
    }
    return DEAR_OK;
}

/* What stays unknown is empty from here on. */
static bool settle_texts(hit_list *list) {
    if (!list->query && !hit_list_give_query(list, ""))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (!list->hits[i].text && !hit_give_passage(&list->hits[i], "", ""))
            return false;
    return true;
}

/* Formats whose lines are ranked by score; the others are ranked by their order. */
static bool is_by_score(hits_format format) {
    return format == HITS_FORMAT_TREC || format == HITS_FORMAT_TSV;
}

static dear_status settle_list(hit_list *list, const hits_input *input, dear_error *err) {
    if (input->need_texts)
        TRY(check_texts(list, input, err));
    TRY(check_duplicates(list, input, err));
    TRY(settle_scores(list, input, err));
    if (!settle_texts(list))
        return error_memory(err);
    if (is_by_score(input->format))
        hit_list_sort(list);
    for (size_t i = 0; i < list->count; i++)
        list->hits[i].first_rank = list->hits[i].rank;
    return DEAR_OK;
}

static dear_status read_all(hit_set *set, hits_input *input, dear_error *err) {
    TRY(read_input(set, input, err));
    TRY(fill_from(set, fill_queries, input->queries_path, err));
    TRY(fill_from(set, fill_passages, input->corpus_path, err));
    set->ordered = !is_by_score(input->format);
    for (size_t i = 0; i < set->count; i++)
        TRY(settle_list(&set->lists[i], input, err));
    return DEAR_OK;
}

dear_status hits_read(hit_set *out, const hits_input *input, dear_error *err) {
    *out = (hit_set){0};
    hits_input settled = *input;
    dear_status status = read_all(out, &settled, err);
    if (status != DEAR_OK)
        hit_set_free(out);
    return status;
}
