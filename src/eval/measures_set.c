#include "eval/measure_functions.h"

double num_ret(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return (double)r->num_ret;
}

double num_rel(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return (double)r->num_rel;
}

double num_rel_ret(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return (double)r->num_rel_ret;
}

double num_nonrel_judged_ret(const ranking *r, const measure_spec *spec) {
    (void)spec;
    size_t n = 0;
    for (size_t i = 0; i < r->num_ret; i++)
        n += r->relevances[i] >= 0 && !is_relevant(r, i);
    return (double)n;
}

double set_precision(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return share((double)r->num_rel_ret, (double)r->num_ret);
}

double set_recall(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return share((double)r->num_rel_ret, (double)r->num_rel);
}

/* Precision as a share of the best that a ranking of this length could have. */
double set_relative_precision(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return share((double)r->num_rel_ret, (double)ranked_until(r, r->num_rel));
}

/* Precision times recall: the average precision of a ranking in unknown order. */
double set_map(const ranking *r, const measure_spec *spec) {
    return set_precision(r, spec) * set_recall(r, spec);
}

/* (x + 1) P R / (R + x P), with x the relative weight of recall (trec_eval's F; x is the square of
 * van Rijsbergen's beta). */
double set_f(const ranking *r, const measure_spec *spec) {
    double x = spec->numbers[0];
    double precision = set_precision(r, spec), recall = set_recall(r, spec);
    return share((x + 1) * precision * recall, recall + x * precision);
}

/* A worth for each of: relevant ranked, nonrelevant ranked, relevant not ranked, the rest of the
 * collection. */
double utility(const ranking *r, const measure_spec *spec) {
    const double *worth = spec->numbers;
    double found = (double)r->num_rel_ret, missed = (double)r->num_rel - found;
    double wrong = (double)r->num_ret - found;
    double rest = (double)r->num_docs - found - wrong - missed;
    return worth[0] * found + worth[1] * wrong + worth[2] * missed + worth[3] * rest;
}
