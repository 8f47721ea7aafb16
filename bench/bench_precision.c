/*
 * What a precision costs in ranking: bench_precision MODEL HITS QRELS
 * Scores every list in float32, bf16 and int8 and prints, beside the speed, nDCG@1/5/10 and
 * Kendall's tau (a) of each list against float32's order.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "eval/evaluation.h"
#include "rank/hits_format.h"
#include "rank/pointwise.h"

#include <math.h>
#include <stdio.h>

typedef struct bench {
    model *m;
    hit_set set;
    qrels judged;
    measure_list measures;
    double *reference; ///< float32's scores, list after list, in the order of the input
    size_t passages;
} bench;

/* Scores of a list, in the order of the input. */
static void take_scores(const hit_list *list, double *out /* [count] */) {
    for (size_t i = 0; i < list->count; i++)
        out[list->hits[i].first_rank - 1] = list->hits[i].score;
}

/* (concordant - discordant) / pairs; a tie in either counts as neither. */
static double kendall_tau(const double *a, const double *b, size_t count) {
    double balance = 0, pairs = (double)count * ((double)count - 1) / 2;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            double product = (a[i] - a[j]) * (b[i] - b[j]);
            balance += (product > 0) - (product < 0);
        }
    return pairs > 0 ? balance / pairs : 1;
}

static dear_status score_all(bench *b, precision p, double *scores, double *seconds,
                             dear_error *err) {
    llama *engine;
    pointwise *stage1 = NULL;
    pointwise_options options = pointwise_defaults();
    TRY(llama_open(&engine, b->m, p, NULL, NULL, err));
    dear_status status = pointwise_open(&stage1, b->m, engine, &options, err);
    double begin = clock_seconds();
    for (size_t i = 0; i < b->set.count && status == DEAR_OK; i++) {
        hit_list *list = &b->set.lists[i];
        status = pointwise_score(stage1, list, err);
        take_scores(list, scores);
        scores += list->count;
        hit_list_sort(list);
    }
    *seconds = clock_seconds() - begin;
    pointwise_close(stage1);
    llama_close(engine);
    return status;
}

static void print_tau(const bench *b, const double *scores) {
    double least = 1, sum = 0;
    const double *reference = b->reference;
    for (size_t i = 0; i < b->set.count; i++) {
        size_t count = b->set.lists[i].count;
        double tau = kendall_tau(reference, scores, count);
        least = fmin(least, tau);
        sum += tau;
        reference += count;
        scores += count;
    }
    printf("   tau mean %.3f, least %.3f\n", sum / (double)b->set.count, least);
}

static dear_status run_precision(bench *b, precision p, dear_error *err) {
    double seconds, *scores = mem_calloc(b->passages, sizeof *scores);
    if (!scores)
        return error_memory(err);
    evaluation e;
    dear_status status = score_all(b, p, scores, &seconds, err);
    if (status == DEAR_OK)
        status = evaluate(&e, &b->judged, &b->set, &b->measures, NULL, err);
    if (status == DEAR_OK) {
        printf("%-5s %6.1f passages/s   nDCG@1/5/10 %.1f / %.1f / %.1f", precision_name(p),
               (double)b->passages / seconds, 100 * e.all[0], 100 * e.all[1], 100 * e.all[2]);
        evaluation_free(&e);
        if (p == PRECISION_F32)
            for (size_t i = 0; i < b->passages; i++)
                b->reference[i] = scores[i];
        print_tau(b, scores);
        fflush(stdout);
    }
    mem_free(scores);
    return status;
}

static dear_status open_all(bench *b, char **arguments, dear_error *err) {
    TRY(model_open_by_name(&b->m, arguments[1], NULL, err));
    hits_input input = {.path = arguments[2], .need_texts = true};
    TRY(hits_read(&b->set, &input, err));
    TRY(qrels_read(&b->judged, arguments[3], err));
    TRY(measure_list_add(&b->measures, "ndcg_cut.1,5,10", err));
    for (size_t i = 0; i < b->set.count; i++)
        b->passages += b->set.lists[i].count;
    b->reference = mem_calloc(b->passages, sizeof *b->reference);
    return b->reference ? DEAR_OK : error_memory(err);
}

int main(int argc, char **argv) {
    dear_error err;
    bench b = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: bench_precision MODEL HITS QRELS\n");
        return 2;
    }
    dear_status status = open_all(&b, argv, &err);
    for (precision p = PRECISION_F32; p <= PRECISION_INT8 && status == DEAR_OK; p++)
        status = run_precision(&b, p, &err);
    if (status != DEAR_OK)
        fprintf(stderr, "bench_precision: %s\n", err.message);
    mem_free(b.reference);
    measure_list_free(&b.measures);
    qrels_free(&b.judged);
    hit_set_free(&b.set);
    model_close(b.m);
    return status == DEAR_OK ? 0 : 1;
}
