#include "eval/qrels.h"

#include "base/file.h"
#include "base/memory.h"
#include "rank/columns.h"
#include "rank/utf8_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 4 };

/* Which column holds what; the query is in the first. */
typedef struct qrels_layout {
    size_t columns, docid, relevance;
    const char *need, *wrong_relevance;
} qrels_layout;

static const qrels_layout trec_layout = {4, 2, 3,
                                         "needs four columns: qid iteration docid relevance",
                                         "the relevance (4th column) must be a whole number"};
static const qrels_layout beir_layout = {3, 1, 2, "needs three columns: query-id corpus-id score",
                                         "the score (3rd column) must be a whole number"};
static const char *const beir_header[] = {"query-id", "corpus-id", "score"};

/* A line in hand, and where it comes from. */
typedef struct qrels_line {
    const line_reader *reader;
    const qrels_layout *layout; ///< NULL before the first line that holds something
    char *text;
    size_t length;
} qrels_line;

/* The sentence for what is wrong at `at` in the line. */
static dear_status place_error(const qrels_line *line, const char *at, dear_error *err,
                               const char *what) {
    return error_set(err, DEAR_ERROR_INPUT, "%s:%zu:%zu: %s", line_reader_path(line->reader),
                     line_reader_number(line->reader), column_position(line->text, at), what);
}

const qrels_topic *qrels_find(const qrels *q, const char *qid) {
    size_t place = id_table_find(&q->index, qid);
    return place == ID_NONE ? NULL : &q->topics[place];
}

int32_t qrels_relevance(const qrels_topic *topic, const char *docid, int32_t unjudged) {
    size_t place = id_table_find(&topic->index, docid);
    return place == ID_NONE ? unjudged : topic->judgments[place].relevance;
}

/* The query's topic, added when it is new; NULL when there is no memory. */
static qrels_topic *topic_of(qrels *q, const char *qid) {
    size_t known = id_table_find(&q->index, qid);
    if (known != ID_NONE)
        return &q->topics[known];
    if (!mem_grow((void **)&q->topics, &q->capacity, q->count, sizeof *q->topics))
        return NULL;
    qrels_topic topic = {.qid = mem_strdup(qid)};
    size_t *place = topic.qid ? id_table_at(&q->index, topic.qid) : NULL;
    if (!place) {
        mem_free(topic.qid);
        return NULL;
    }
    *place = q->count;
    q->topics[q->count] = topic;
    return &q->topics[q->count++];
}

static bool add_judgment(qrels_topic *t, const char *docid, int32_t relevance) {
    if (!mem_grow((void **)&t->judgments, &t->capacity, t->count, sizeof *t->judgments))
        return false;
    judgment j = {mem_strdup(docid), relevance};
    size_t *place = j.docid ? id_table_at(&t->index, j.docid) : NULL;
    if (!place) {
        mem_free(j.docid);
        return false;
    }
    *place = t->count;
    t->judgments[t->count++] = j;
    return true;
}

static bool parse_relevance(int32_t *out, const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    *out = (int32_t)value;
    return end != text && *end == 0 && errno == 0 && value >= INT32_MIN && value <= INT32_MAX;
}

static bool is_beir_header(char **columns, size_t count) {
    if (count != beir_layout.columns)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i], beir_header[i]) != 0)
            return false;
    return true;
}

/* The first line that holds something tells the layout; *count is 0 when it is BEIR's header. */
static void settle_layout(qrels_line *line, char **columns, size_t *count) {
    line->layout = &trec_layout;
    if (is_beir_header(columns, *count)) {
        line->layout = &beir_layout;
        *count = 0;
    }
}

/* Splits the line; *count is 0 for one without a judgment, else as many as the layout has. */
static dear_status split_line(char **columns, size_t *count, qrels_line *line, dear_error *err) {
    size_t valid = utf8_valid_length(line->text, line->length);
    if (valid < line->length)
        return place_error(line, line->text + valid, err, "is not UTF-8 text");
    *count = *line->text == '#' ? 0 : columns_split(line->text, columns, MOST_COLUMNS + 1);
    if (*count != 0 && !line->layout)
        settle_layout(line, columns, count);
    if (*count == 0 || *count == line->layout->columns)
        return DEAR_OK;
    size_t columns_wanted = line->layout->columns;
    const char *at = *count > columns_wanted ? columns[columns_wanted] : line->text + line->length;
    return place_error(line, at, err, line->layout->need);
}

static dear_status read_line(qrels *q, qrels_line *line, dear_error *err) {
    char *columns[MOST_COLUMNS + 1];
    size_t count = 0;
    TRY(split_line(columns, &count, line, err));
    if (count == 0)
        return DEAR_OK;
    const char *docid = columns[line->layout->docid], *last = columns[line->layout->relevance];
    int32_t relevance;
    if (!parse_relevance(&relevance, last))
        return place_error(line, last, err, line->layout->wrong_relevance);
    qrels_topic *topic = topic_of(q, columns[0]);
    if (topic && id_table_find(&topic->index, docid) != ID_NONE)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s:%zu:%zu: document \"%s\" is judged twice for query \"%s\"",
                         line_reader_path(line->reader), line_reader_number(line->reader),
                         column_position(line->text, docid), docid, columns[0]);
    return topic && add_judgment(topic, docid, relevance) ? DEAR_OK : error_memory(err);
}

static dear_status read_lines(qrels *q, line_reader *reader, dear_error *err) {
    qrels_line line = {.reader = reader};
    for (;;) {
        TRY(line_reader_next(reader, &line.text, &line.length, err));
        if (!line.text)
            return DEAR_OK;
        TRY(read_line(q, &line, err));
    }
}

dear_status qrels_read(qrels *out, const char *path, dear_error *err) {
    *out = (qrels){0};
    line_reader *lines;
    TRY(line_reader_open(&lines, path, err));
    dear_status status = read_lines(out, lines, err);
    line_reader_close(lines);
    if (status == DEAR_OK && out->count == 0)
        status = error_set(err, DEAR_ERROR_INPUT, "%s: holds no judgments", path);
    if (status != DEAR_OK)
        qrels_free(out);
    return status;
}

static void free_topic(qrels_topic *t) {
    for (size_t i = 0; i < t->count; i++)
        mem_free(t->judgments[i].docid);
    mem_free(t->judgments);
    id_table_free(&t->index);
    mem_free(t->qid);
}

void qrels_free(qrels *q) {
    for (size_t i = 0; i < q->count; i++)
        free_topic(&q->topics[i]);
    mem_free(q->topics);
    id_table_free(&q->index);
    *q = (qrels){0};
}
