#include "eval/measure_functions.h"

/* Divided by the cutoff, also when fewer were ranked. */
double precision_at(const ranking *r, const measure_spec *spec) {
    return (double)relevant_until(r, spec->cutoff) / (double)spec->cutoff;
}

double recall_at(const ranking *r, const measure_spec *spec) {
    return share((double)relevant_until(r, spec->cutoff), (double)r->num_rel);
}

/* Precision as a share of the best that the first ranks could have. */
double relative_precision_at(const ranking *r, const measure_spec *spec) {
    size_t best = spec->cutoff < r->num_rel ? spec->cutoff : r->num_rel;
    return share((double)relevant_until(r, spec->cutoff), (double)best);
}

/* Whether a relevant document is among the first. */
double success_at(const ranking *r, const measure_spec *spec) {
    return relevant_until(r, spec->cutoff) > 0;
}

/* Mean over the relevant documents of the precision at their ranks, 0 for those that are not among
 * the first. */
double average_precision_at(const ranking *r, const measure_spec *spec) {
    double sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < ranked_until(r, spec->cutoff); i++)
        if (is_relevant(r, i))
            sum += (double)++found / (double)(i + 1);
    return share(sum, (double)r->num_rel);
}

double reciprocal_rank_at(const ranking *r, const measure_spec *spec) {
    for (size_t i = 0; i < ranked_until(r, spec->cutoff); i++)
        if (is_relevant(r, i))
            return 1.0 / (double)(i + 1);
    return 0;
}
