#include "train_progress.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include "train/train_curve.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { SECONDS_BETWEEN_LINES = 30 }; ///< where there is no terminal to write one line over

dear_status train_progress_begin(train_progress *p, int64_t done, const dear_error *damage,
                                 dear_error *err) {
    p->from = done;
    p->terminal = isatty(STDERR_FILENO);
    p->started = clock_seconds();
    if (damage)
        fprintf(stderr, "dear: %s; going on from the checkpoint before\n", damage->message);
    if (done > 0 && !p->quiet)
        fprintf(stderr, "going on after update %lld\n", (long long)done);
    char *path = path_join(p->directory, "log.jsonl");
    if (!path)
        return error_memory(err);
    dear_status status = train_log_open(&p->log, path, done, err);
    mem_free(path);
    return status;
}

static dear_status log_update(const train_progress *p, const update_report *u, dear_error *err) {
    train_log_entry entry = {.step = u->update,
                             .loss = u->loss,
                             .learning_rate = u->learning_rate,
                             .tokens_per_second = (double)u->tokens / u->seconds,
                             .gradient_norm = u->gradient_norm,
                             .spread = u->spread,
                             .validation = u->validated ? u->validated->ndcg : NAN};
    return train_log_add(p->log, &entry, err);
}

static void print_line(train_progress *p, const update_report *u) {
    double elapsed = clock_seconds() - p->started, done = (double)(u->update - p->from);
    long left = (long)(elapsed / done * (double)(u->updates - u->update));
    fprintf(stderr,
            "%supdate %lld/%lld  loss %.4f  rate %.2g  spread %.2f  %.0f tokens/s  %ld:%02ld:%02ld "
            "left%s",
            p->terminal ? "\r\033[K" : "", (long long)u->update, (long long)u->updates, u->loss,
            u->learning_rate, u->spread, (double)u->tokens / u->seconds, left / 3600,
            left / 60 % 60, left % 60, p->terminal ? "" : "\n");
    p->told = clock_seconds();
}

static void print_validation(const train_progress *p, const update_report *u) {
    fprintf(stderr, "%supdate %lld: held out nDCG@10 %.4f, MRR@10 %.4f%s\n",
            p->terminal ? "\r\033[K" : "", (long long)u->update, u->validated->ndcg,
            u->validated->mrr, u->best ? ", the best so far: saved" : "");
}

dear_status train_progress_show(train_progress *p, const update_report *u, dear_error *err) {
    TRY(log_update(p, u, err));
    bool due = clock_seconds() - p->told > SECONDS_BETWEEN_LINES;
    if (!p->quiet && (p->terminal || due || u->update == u->updates))
        print_line(p, u);
    if (!p->quiet && u->validated)
        print_validation(p, u);
    return DEAR_OK;
}

dear_status train_progress_draw(train_progress *p, dear_error *err) {
    char *log = path_join(p->directory, "log.jsonl"), *curve = path_join(p->directory, "curve.svg");
    dear_status status = log && curve ? train_curve_draw(log, curve, err) : error_memory(err);
    mem_free(log);
    mem_free(curve);
    return status;
}

void train_progress_close(train_progress *p) {
    train_log_close(p->log);
    if (p->terminal && !p->quiet && p->told > 0)
        fputc('\n', stderr);
}
