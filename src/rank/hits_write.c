#include "rank/hits_write.h"

#include "base/memory.h"
#include "base/strbuf.h"
#include "rank/hits_format.h"
#include "rank/score_text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static dear_status check_stream(FILE *stream, dear_error *err) {
    if (!ferror(stream))
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_IO, "the output cannot be written: %s",
                     strerror(errno ? errno : EIO));
}

/* Valid UTF-8 passes as it is (U+2028 too); JSON asks for no more escapes than these. */
static void write_json_string(FILE *stream, const char *text) {
    fputc('"', stream);
    for (const char *p = text; *p;) {
        size_t plain = 0;
        while ((unsigned char)p[plain] >= 0x20 && p[plain] != '"' && p[plain] != '\\' &&
               p[plain] != 0x7f)
            plain++;
        fwrite(p, 1, plain, stream);
        p += plain;
        if (*p == '"' || *p == '\\')
            fprintf(stream, "\\%c", *p++);
        else if (*p == '\n')
            fputs("\\n", stream), p++;
        else if (*p)
            fprintf(stream, "\\u%04x", (unsigned char)*p++);
    }
    fputc('"', stream);
}

static void write_json_field(FILE *stream, const char *before, const char *text) {
    fputs(before, stream);
    write_json_string(stream, text);
}

/* The scores of a list are written alike, so that they compare as before when they are read. */
static bool are_float32(const hit_list *list) {
    for (size_t i = 0; i < list->count; i++)
        if (!score_is_float32(list->hits[i].score))
            return false;
    return true;
}

static void write_json_score(FILE *stream, double score, bool as_float32) {
    char text[SCORE_TEXT_SIZE];
    score_print(text, score, as_float32);
    fprintf(stream, ", \"score\": %s", text);
}

/* The passage as RankGPT has it: "Title: … Content: …" when there is a title. */
static dear_status write_content(FILE *stream, const hit *h, dear_error *err) {
    strbuf content = {0};
    if (*h->title)
        strbuf_printf(&content, "Title: %s Content: ", h->title);
    strbuf_puts(&content, h->text);
    if (!content.failed)
        write_json_field(stream, "{\"content\": ", content.text);
    dear_status status = content.failed ? error_memory(err) : DEAR_OK;
    strbuf_free(&content);
    return status;
}

static dear_status write_rankgpt(FILE *stream, const hit_list *list, dear_error *err) {
    bool as_float32 = are_float32(list);
    write_json_field(stream, "{\"query\": ", list->query);
    write_json_field(stream, ", \"qid\": ", list->qid);
    fputs(", \"hits\": [", stream);
    for (size_t i = 0; i < list->count; i++) {
        const hit *h = &list->hits[i];
        fputs(i ? ", " : "", stream);
        TRY(write_content(stream, h, err));
        write_json_field(stream, ", \"qid\": ", list->qid);
        write_json_field(stream, ", \"docid\": ", h->docid);
        fprintf(stream, ", \"rank\": %zu", i + 1);
        write_json_score(stream, h->score, as_float32);
        fputc('}', stream);
    }
    fputs("]}\n", stream);
    return DEAR_OK;
}

static int write_bytes(const char *bytes, size_t length, void *stream) {
    return fwrite(bytes, 1, length, stream) == length ? 0 : -1;
}

static dear_status write_dpr(FILE *stream, const hit_list *list, dear_error *err) {
    bool as_float32 = are_float32(list);
    write_json_field(stream, "{\"id\": ", list->qid);
    write_json_field(stream, ", \"question\": ", list->query);
    fputs(", \"answers\": ", stream);
    if (!list->answers)
        fputs("[]", stream);
    else if (json_dump_callback(list->answers, write_bytes, stream, JSON_ENCODE_ANY) != 0)
        return ferror(stream) ? check_stream(stream, err) : error_memory(err);
    fputs(", \"ctxs\": [", stream);
    for (size_t i = 0; i < list->count; i++) {
        const hit *h = &list->hits[i];
        write_json_field(stream, i ? ", {\"id\": " : "{\"id\": ", h->docid);
        write_json_field(stream, ", \"title\": ", h->title);
        write_json_field(stream, ", \"text\": ", h->text);
        write_json_score(stream, h->score, as_float32);
        fputc('}', stream);
    }
    fputs("]}\n", stream);
    return DEAR_OK;
}

static void write_jsonl(FILE *stream, const hit_list *list) {
    bool as_float32 = are_float32(list);
    for (size_t i = 0; i < list->count; i++) {
        const hit *h = &list->hits[i];
        write_json_field(stream, "{\"query_id\": ", list->qid);
        write_json_field(stream, ", \"query\": ", list->query);
        write_json_field(stream, ", \"docid\": ", h->docid);
        write_json_field(stream, ", \"title\": ", h->title);
        write_json_field(stream, ", \"text\": ", h->text);
        write_json_score(stream, h->score, as_float32);
        fprintf(stream, ", \"rank\": %zu}\n", i + 1);
    }
}

/* The scores with which a reader that sorts by score sees the list's order (hits_format.h);
 * returns whether all of them are float32. */
static bool falling_scores(double *out, const hit_list *list) {
    bool falling = true, as_float32 = true;
    for (size_t i = 0; i < list->count && falling; i++) {
        double score = list->hits[i].score;
        falling = i == 0 || score <= list->hits[i - 1].score;
        if (i > 0 && score >= out[i - 1])
            score = nextafterf((float)out[i - 1], -INFINITY);
        falling = falling && isfinite(score);
        as_float32 = as_float32 && score_is_float32(score);
        out[i] = score;
    }
    for (size_t i = 0; i < list->count && !falling; i++)
        out[i] = 1.0 / (double)(i + 1);
    return falling && as_float32;
}

/* An id that would break a line into other columns than it has. */
static dear_status check_id(const char *kind, const char *id, const char *breaks,
                            const char *format, dear_error *err) {
    if (*id && id[strcspn(id, breaks)] == 0)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT, "%s \"%s\" cannot stand in a %s: it %s", kind, id,
                     format, *id ? "holds white space" : "is empty");
}

static dear_status check_ids(const hit_list *list, const char *breaks, const char *format,
                             dear_error *err) {
    TRY(check_id("query id", list->qid, breaks, format, err));
    for (size_t i = 0; i < list->count; i++)
        TRY(check_id("docid", list->hits[i].docid, breaks, format, err));
    return DEAR_OK;
}

static dear_status write_columns(FILE *stream, const hit_list *list, const char *tag,
                                 dear_error *err) {
    double *scores = mem_calloc(list->count, sizeof *scores);
    if (!scores)
        return error_memory(err);
    bool as_float32 = falling_scores(scores, list);
    for (size_t i = 0; i < list->count; i++) {
        char score[SCORE_TEXT_SIZE];
        score_print(score, scores[i], as_float32);
        const char *docid = list->hits[i].docid;
        if (tag)
            fprintf(stream, "%s Q0 %s %zu %s %s\n", list->qid, docid, i + 1, score, tag);
        else
            fprintf(stream, "%s\t%s\t%s\n", list->qid, docid, score);
    }
    mem_free(scores);
    return DEAR_OK;
}

static dear_status write_trec(FILE *stream, const hit_list *list, const char *tag,
                              dear_error *err) {
    static const char white_space[] = " \t\r\n\v\f";
    TRY(check_ids(list, white_space, "TREC run", err));
    TRY(check_id("tag", tag, white_space, "TREC run", err));
    if (*list->qid == '#')
        return error_set(err, DEAR_ERROR_INPUT,
                         "query id \"%s\" cannot stand in a TREC run: \"#\" begins a comment",
                         list->qid);
    return write_columns(stream, list, tag, err);
}

static dear_status write_tsv(FILE *stream, const hit_list *list, dear_error *err) {
    TRY(check_ids(list, "\t\r\n", "TSV run", err));
    return write_columns(stream, list, NULL, err);
}

dear_status hits_write_begin(FILE *stream, hits_format format, dear_error *err) {
    if (hits_format_is_array(format))
        fputs("[\n", stream);
    return check_stream(stream, err);
}

static dear_status write_list(FILE *stream, hits_format format, const hit_list *list, size_t index,
                              const char *tag, dear_error *err) {
    /* The comma leads, so that the end of a line is the end of a list whatever follows. */
    if (hits_format_is_array(format) && index > 0)
        fputc(',', stream);
    switch (format) {
    case HITS_FORMAT_RANKGPT:
        return write_rankgpt(stream, list, err);
    case HITS_FORMAT_DPR:
        return write_dpr(stream, list, err);
    case HITS_FORMAT_JSONL:
        write_jsonl(stream, list);
        return DEAR_OK;
    case HITS_FORMAT_TREC:
        return write_trec(stream, list, tag, err);
    case HITS_FORMAT_TSV:
        return write_tsv(stream, list, err);
    case HITS_FORMAT_TABLE:
        return hits_write_table(stream, list, index, err);
    case HITS_FORMAT_AUTO:
        break;
    }
    return error_set(err, DEAR_ERROR_USAGE, "the output needs a format of its own");
}

dear_status hits_write_list(FILE *stream, hits_format format, const hit_list *list, size_t index,
                            const char *tag, dear_error *err) {
    TRY(write_list(stream, format, list, index, tag, err));
    return check_stream(stream, err);
}

dear_status hits_write_end(FILE *stream, hits_format format, dear_error *err) {
    if (hits_format_is_array(format))
        fputs("]\n", stream);
    return check_stream(stream, err);
}
