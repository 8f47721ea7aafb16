#include "eval/measure_functions.h"

static const measure_spec everything = {.cutoff = SIZE_MAX};

double average_precision(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return average_precision_at(r, &everything);
}

double reciprocal_rank(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return reciprocal_rank_at(r, &everything);
}

/* A share of the relevant documents as a number of them; a fraction that is less than `up` is cut
 * off. */
static size_t share_of_relevant(const ranking *r, double fraction, double up) {
    double count = fraction * (double)r->num_rel + (1 - up);
    return count < (double)SIZE_MAX ? (size_t)count : SIZE_MAX;
}

/* Precision at as many documents as are relevant. */
double r_precision(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return share((double)relevant_until(r, r->num_rel), (double)r->num_rel);
}

/* The same at a multiple of that. */
double r_precision_multiple(const ranking *r, const measure_spec *spec) {
    size_t cutoff = share_of_relevant(r, spec->numbers[0], 0.1);
    return share((double)relevant_until(r, cutoff), (double)cutoff);
}

/* The largest precision at any rank where so many relevant documents have been found. */
static double best_precision_from(const ranking *r, size_t wanted) {
    size_t found = r->num_rel_ret;
    double best = 0;
    for (size_t i = r->num_ret; i > 0 && found >= wanted; i--) {
        double precision = (double)found / (double)i;
        best = precision > best ? precision : best;
        found -= is_relevant(r, i - 1);
    }
    return best;
}

/* trec_eval rounds the number of documents that a recall stands for (up to version 9 it did so from
 * a tenth on, as it still does for Rprec_mult). */
static double precision_at_recall(const ranking *r, double recall) {
    return best_precision_from(r, share_of_relevant(r, recall, 0.5));
}

double interpolated_precision(const ranking *r, const measure_spec *spec) {
    return precision_at_recall(r, spec->numbers[0]);
}

double mean_interpolated_precision(const ranking *r, const measure_spec *spec) {
    double sum = 0;
    for (size_t i = 0; i < spec->count; i++)
        sum += precision_at_recall(r, spec->numbers[i]);
    return sum / (double)spec->count;
}
