/*
 * How fast a tokenizer encodes: bench_tokenizer DIRECTORY FILE
 * Every line of FILE is a passage, encoded on its own, on one thread; best of several rounds.
 */
#include "base/clock.h"
#include "base/file.h"
#include "text/tokenizer.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 7 };

typedef struct passages {
    strbuf text;
    size_t ends[1 << 16];
    size_t count;
} passages;

static dear_status read_passages(passages *p, const char *path, dear_error *err) {
    line_reader *lines;
    TRY(line_reader_open(&lines, path, err));
    char *line;
    size_t length;
    dear_status status = line_reader_next(lines, &line, &length, err);
    while (status == DEAR_OK && line && p->count < sizeof p->ends / sizeof *p->ends) {
        strbuf_append(&p->text, line, length);
        p->ends[p->count++] = p->text.length;
        status = line_reader_next(lines, &line, &length, err);
    }
    line_reader_close(lines);
    return status;
}

static dear_status encode_all(const tokenizer *t, const passages *p, size_t *tokens,
                              dear_error *err) {
    token_list ids = {0};
    dear_status status = DEAR_OK;
    *tokens = 0;
    for (size_t i = 0, begin = 0; status == DEAR_OK && i < p->count; begin = p->ends[i++]) {
        ids.count = 0;
        status = tokenizer_encode(t, p->text.text + begin, p->ends[i] - begin,
                                  TOKENIZER_ADD_SPECIAL, &ids, err);
        *tokens += ids.count;
    }
    token_list_free(&ids);
    return status;
}

static dear_status run(const char *directory, const char *file, dear_error *err) {
    static passages p;
    tokenizer *t;
    double start = clock_seconds();
    TRY(tokenizer_open_hf(&t, directory, err));
    double load = clock_seconds() - start, best = 1e9;
    dear_status status = read_passages(&p, file, err);
    size_t tokens = 0;
    for (int i = 0; status == DEAR_OK && i < ROUNDS; i++) {
        start = clock_seconds();
        status = encode_all(t, &p, &tokens, err);
        double took = clock_seconds() - start;
        best = took < best ? took : best;
    }
    tokenizer_close(t);
    strbuf_free(&p.text);
    if (status == DEAR_OK)
        printf("load %.0f ms  passages %zu  tokens %zu  %.1f MB/s\n", 1e3 * load, p.count, tokens,
               1e-6 * (double)p.ends[p.count ? p.count - 1 : 0] / best);
    return status;
}

int main(int argc, char **argv) {
    dear_error err;
    if (argc != 3) {
        fprintf(stderr, "usage: %s DIRECTORY FILE\n", argv[0]);
        return 2;
    }
    if (run(argv[1], argv[2], &err) == DEAR_OK)
        return 0;
    fprintf(stderr, "%s: %s\n", argv[0], err.message);
    return 1;
}
