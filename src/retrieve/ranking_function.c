#include "retrieve/ranking_function.h"

#include "base/memory.h"
#include "retrieve/fts5_tokenizer.h"

#include <math.h>
#include <string.h>

/* Forgets the query before. */
static void clear(ranked_query *q) {
    for (size_t i = 0; i < q->num_terms; i++) {
        postings_free(q->own[i]);
        mem_free(q->words[i]);
    }
    q->num_terms = q->num_found = 0;
    id_table_free(&q->index);
    strbuf_clear(&q->match);
}

/* Room for one more term in the arrays that hold them. */
static bool grow(ranked_query *q) {
    if (q->num_terms < q->terms_capacity)
        return true;
    size_t capacity = q->terms_capacity ? 2 * q->terms_capacity : 16;
    char **words = mem_realloc(q->words, capacity, sizeof *words);
    q->words = words ? words : q->words;
    query_term *terms = mem_realloc(q->terms, capacity, sizeof *terms);
    q->terms = terms ? terms : q->terms;
    postings **own = mem_realloc(q->own, capacity, sizeof *own);
    q->own = own ? own : q->own;
    if (!words || !terms || !own)
        return false;
    q->terms_capacity = capacity;
    return true;
}

static bool add_word(ranked_query *q, const char *term, size_t length) {
    char *word = grow(q) ? mem_strndup(term, length) : NULL;
    size_t *place = word ? id_table_at(&q->index, word) : NULL;
    if (!place) {
        mem_free(word);
        return false;
    }
    *place = q->num_terms;
    q->words[q->num_terms] = word;
    q->own[q->num_terms] = NULL;
    q->terms[q->num_terms++] = (query_term){.count = 1};
    return strbuf_printf(&q->match, "%s\"%s\"", q->match.length ? " OR " : "", word);
}

/* A term of the query: a new one, or one more of a known one. */
static int take_term(void *context, const char *term, size_t length, size_t begin, size_t end) {
    ranked_query *q = context;
    char word[TERM_LIMIT + 1];
    (void)begin;
    (void)end;
    memcpy(word, term, length);
    word[length] = 0;
    size_t place = id_table_find(&q->index, word);
    if (place == ID_NONE)
        return add_word(q, word, length) ? 0 : -1;
    q->terms[place].count++;
    return 0;
}

static bool make_room(ranked_query *q, size_t k) {
    q->k = k < q->model->passages ? k : q->model->passages;
    if (q->k <= q->found_capacity)
        return true;
    found_passage *found = mem_realloc(q->found, q->k, sizeof *found);
    if (!found)
        return false;
    q->found = found;
    q->found_capacity = q->k;
    return true;
}

dear_status ranked_query_open(ranked_query *q, const bm25 *model, postings_cache *cache,
                              dear_error *err) {
    *q = (ranked_query){.model = model, .cache = cache};
    q->sums = mem_calloc(SCORE_BLOCK, sizeof *q->sums);
    return q->sums ? DEAR_OK : error_memory(err);
}

dear_status ranked_query_begin(ranked_query *q, const analysis *a, const char *text, size_t k,
                               dear_error *err) {
    clear(q);
    bool ready = make_room(q, k) && analyze(a, text, strlen(text), take_term, q) == 0;
    return ready ? DEAR_OK : error_memory(err);
}

double ranked_query_score(const ranked_query *q, const found_passage *f) {
    return (float)ldexp((double)f->score * BM25_UNIT, q->shift);
}

void ranked_query_close(ranked_query *q) {
    clear(q);
    mem_free(q->words);
    mem_free(q->terms);
    mem_free(q->own);
    mem_free(q->found);
    mem_free(q->sums);
    strbuf_free(&q->match);
}

/* A posting list being taken from FTS5. */
typedef struct taking {
    postings *list;
    size_t passages; ///< of the index
} taking;

static int take_posting(const Fts5ExtensionApi *api, Fts5Context *fts, void *context) {
    taking *t = context;
    postings *p = t->list;
    sqlite3_int64 number = api->xRowid(fts);
    sqlite3_int64 before = p->count ? (sqlite3_int64)p->list[p->count - 1].passage + 1 : 0;
    if (number <= before || number > (sqlite3_int64)t->passages)
        return SQLITE_CORRUPT;
    uint32_t frequency = 0;
    Fts5PhraseIter occurrence;
    int column, offset;
    int code = api->xPhraseFirst(fts, 0, &occurrence, &column, &offset);
    for (; code == SQLITE_OK && column >= 0; frequency++)
        api->xPhraseNext(fts, &occurrence, &column, &offset);
    if (code != SQLITE_OK)
        return code;
    if (!mem_grow((void **)&p->list, &p->capacity, p->count, sizeof *p->list))
        return SQLITE_NOMEM;
    p->list[p->count++] = (posting){(uint32_t)number - 1, frequency};
    return SQLITE_OK;
}

/* Gives up what growing left over, if that is possible. */
static void trim(postings *p) {
    posting *list = mem_realloc(p->list, p->count, sizeof *list);
    if (!list)
        return;
    p->list = list;
    p->capacity = p->count;
}

/* Takes the list of the query's i-th term from FTS5. */
static int load(ranked_query *q, size_t i, const Fts5ExtensionApi *api, Fts5Context *fts) {
    postings *p = postings_new(q->words[i]);
    if (!p)
        return SQLITE_NOMEM;
    taking t = {p, q->model->passages};
    int code = api->xQueryPhrase(fts, (int)i, &t, take_posting);
    if (code != SQLITE_OK) {
        postings_free(p);
        return code;
    }
    trim(p);
    bm25_weigh(q->model, p);
    q->terms[i].postings = p;
    if (!postings_cache_keep(q->cache, p))
        q->own[i] = p;
    return SQLITE_OK;
}

static int rank(ranked_query *q, const Fts5ExtensionApi *api, Fts5Context *fts) {
    if ((size_t)api->xPhraseCount(fts) != q->num_terms)
        return SQLITE_MISUSE;
    for (size_t i = 0; i < q->num_terms; i++) {
        q->terms[i].postings = postings_cache_find(q->cache, q->words[i]);
        int code = q->terms[i].postings ? SQLITE_OK : load(q, i, api, fts);
        if (code != SQLITE_OK)
            return code;
    }
    q->num_found = max_score(q->terms, q->num_terms, q->sums, q->found, q->k, &q->shift);
    return SQLITE_OK;
}

static void call(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *result, int count,
                 sqlite3_value **arguments) {
    ranked_query *q = count == 1 ? sqlite3_value_pointer(arguments[0], RANKING_FUNCTION) : NULL;
    int code = q ? rank(q, api, fts) : SQLITE_MISUSE;
    if (code == SQLITE_OK)
        sqlite3_result_int64(result, (sqlite3_int64)q->num_found);
    else
        sqlite3_result_error_code(result, code);
}

int ranking_function_register(sqlite3 *db) {
    fts5_api *api = fts5_interface(db);
    return api ? api->xCreateFunction(api, RANKING_FUNCTION, NULL, call, NULL) : SQLITE_ERROR;
}
