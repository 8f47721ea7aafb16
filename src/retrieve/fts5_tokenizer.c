#include "retrieve/fts5_tokenizer.h"

#include "base/memory.h"

typedef struct tokenizer {
    const analysis *analysis;
    int *terms;
} tokenizer;

typedef int (*token_function)(void *, int, const char *, int, int, int);

/* One text under way. */
typedef struct text {
    void *context;
    token_function token;
    int terms;
} text;

static int create(void *template, const char **arguments, int count, Fts5Tokenizer **out) {
    (void)arguments;
    (void)count;
    tokenizer *copy = mem_calloc(1, sizeof *copy);
    *out = (Fts5Tokenizer *)copy;
    if (!copy)
        return SQLITE_NOMEM;
    *copy = *(const tokenizer *)template;
    return SQLITE_OK;
}

static void end(Fts5Tokenizer *t) {
    mem_free(t);
}

static int hand_on(void *context, const char *term, size_t length, size_t begin, size_t stop) {
    text *t = context;
    t->terms++;
    return t->token(t->context, 0, term, (int)length, (int)begin, (int)stop);
}

static int tokenize(Fts5Tokenizer *handle, void *context, int flags, const char *bytes, int length,
                    token_function token) {
    const tokenizer *t = (const tokenizer *)handle;
    if (flags & FTS5_TOKENIZE_QUERY)
        return token(context, 0, bytes, length, 0, length);
    text document = {context, token, 0};
    int code = analyze(t->analysis, bytes, (size_t)length, hand_on, &document);
    *t->terms = document.terms;
    return code;
}

fts5_api *fts5_interface(sqlite3 *db) {
    fts5_api *api = NULL;
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, "SELECT fts5(?)", -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
    return api;
}

int fts5_tokenizer_register(sqlite3 *db, const analysis *a, int *terms) {
    static const fts5_tokenizer methods = {create, end, tokenize};
    fts5_api *api = fts5_interface(db);
    tokenizer *template = mem_calloc(1, sizeof *template);
    if (!api || !template) {
        mem_free(template);
        return api ? SQLITE_NOMEM : SQLITE_ERROR;
    }
    *template = (tokenizer){a, terms};
    return api->xCreateTokenizer(api, "dear", template, (fts5_tokenizer *)&methods, mem_free);
}
