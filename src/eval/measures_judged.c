#include "eval/measure_functions.h"

static double smaller(double a, double b) {
    return a < b ? a : b;
}

/* For each relevant document the share of judged nonrelevant ones (as many as are relevant are
 * considered) that rank behind it (Buckley & Voorhees, 2004, as trec_eval corrected it in 8.0). */
double bpref(const ranking *r, const measure_spec *spec) {
    (void)spec;
    double num_rel = (double)r->num_rel;
    double considered = smaller((double)r->num_judged - num_rel, num_rel);
    double sum = 0, nonrelevant = 0;
    for (size_t i = 0; i < r->num_ret; i++) {
        if (is_relevant(r, i))
            sum += nonrelevant > 0 ? 1 - smaller(nonrelevant, num_rel) / considered : 1;
        else
            nonrelevant += r->relevances[i] >= 0;
    }
    return share(sum, num_rel);
}

/* The precision to expect at rank `above` + 1, where a relevant document stands, from the pooled
 * documents above it: assessed ones stand for the unassessed (Yilmaz & Aslam, 2006). */
static double expected_precision(size_t above, double relevant, double nonrelevant,
                                 double unassessed) {
    static const double epsilon = 1e-5;
    double rank = (double)above + 1;
    if (above == 0)
        return 1;
    double pooled = (relevant + nonrelevant + unassessed) / (double)above;
    double precise = (relevant + epsilon) / (relevant + nonrelevant + 2 * epsilon);
    return 1 / rank + (double)above / rank * pooled * precise;
}

double inferred_ap(const ranking *r, const measure_spec *spec) {
    (void)spec;
    double sum = 0, relevant = 0, nonrelevant = 0, unassessed = 0;
    for (size_t i = 0; i < r->num_ret; i++) {
        if (is_relevant(r, i))
            sum += expected_precision(i, relevant++, nonrelevant, unassessed);
        else if (r->relevances[i] >= 0)
            nonrelevant++;
        else
            unassessed += r->relevances[i] == UNASSESSED;
    }
    return share(sum, (double)r->num_rel);
}

static double without_judgment(const ranking *r, size_t cutoff) {
    size_t n = 0;
    for (size_t i = 0; i < ranked_until(r, cutoff); i++)
        n += r->relevances[i] < 0;
    return (double)n;
}

/* Divided by the cutoff, also when fewer were ranked. */
double unjudged_at(const ranking *r, const measure_spec *spec) {
    return without_judgment(r, spec->cutoff) / (double)spec->cutoff;
}

/* Divided by as many as were ranked. */
double hole_rate_at(const ranking *r, const measure_spec *spec) {
    return share(without_judgment(r, spec->cutoff), (double)ranked_until(r, spec->cutoff));
}
