/* A whole index with some of its bytes changed: of each four bytes of the input three say where and
 * one what. Searching it gives an answer or a sentence. */
#define _GNU_SOURCE
#include "memory_file.h"
#include "retrieve/index_build.h"
#include "retrieve/retriever.h"

#include <string.h>

static uint8_t *whole;
static size_t whole_size;

static void write_corpus(const char *path) {
    FILE *f = fopen(path, "w");
    if (!f)
        abort();
    for (int i = 0; i < 40; i++)
        fprintf(f, "d%d\tTitle %d\tllamas graze on grass %d and %d\n", i, i, i % 7, i * i);
    fclose(f);
}

static void read_whole(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        abort();
    whole_size = (size_t)ftell(f);
    rewind(f);
    whole = malloc(whole_size);
    if (!whole || fread(whole, 1, whole_size, f) != whole_size)
        abort();
    fclose(f);
}

static void make_index(void) {
    char folder[] = "/tmp/dear-fuzz-XXXXXX", corpus[64], index[64];
    if (!mkdtemp(folder))
        abort();
    snprintf(corpus, sizeof corpus, "%s/corpus", folder);
    snprintf(index, sizeof index, "%s/index", folder);
    write_corpus(corpus);
    char *corpora[] = {corpus};
    index_build job = {.corpora = corpora,
                       .num_corpora = 1,
                       .output = index,
                       .analysis = analysis_defaults(),
                       .texts = true,
                       .batch_bytes = 1000};
    index_result result;
    if (index_build_run(&job, &result, NULL) != DEAR_OK)
        abort();
    read_whole(index);
    unlink(corpus);
    unlink(index);
    rmdir(folder);
}

static void search(const char *path) {
    dear_error err = {0};
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "1", "llamas 3 grass 25 and the title");
    retriever *r;
    searcher *s = NULL;
    dear_status status = retriever_open(&r, path, 0.9, 0.4, &err);
    if (status == DEAR_OK)
        status = searcher_open(&s, r, &err);
    if (status == DEAR_OK)
        status = searcher_search(s, list, list->query, 10, true, &err);
    if ((status != DEAR_OK && !err.message[0]) || list->count > 10)
        abort();
    searcher_close(s);
    retriever_close(r);
    hit_set_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!whole)
        make_index();
    uint8_t *copy = malloc(whole_size);
    if (!copy)
        abort();
    memcpy(copy, whole, whole_size);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        size_t at = (size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2];
        copy[at % whole_size] = data[i + 3];
    }
    memory_file file = memory_file_make(copy, whole_size);
    search(file.path);
    close(file.fd);
    free(copy);
    return 0;
}
