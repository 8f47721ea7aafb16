#include "eval/measure_functions.h"

#include <math.h>
#include <stdlib.h>

/* What a relevance is worth: as asked for (relevance=gain), else by the kind of gain. */
static double gain_of(int32_t relevance, const measure_spec *spec, gain_kind kind) {
    if (relevance < 0)
        return 0;
    for (size_t i = 0; i + 1 < spec->count; i += 2)
        if (spec->numbers[i] == relevance)
            return spec->numbers[i + 1];
    return kind == GAIN_EXP ? exp2(relevance) - 1 : relevance;
}

static double discounted(double gain, size_t index) {
    return gain / log2((double)(index + 2));
}

/* Discounted cumulative gain of the first `cutoff` documents of the ranking. */
static double dcg(const ranking *r, const measure_spec *spec, size_t cutoff, gain_kind kind) {
    double sum = 0;
    for (size_t i = 0; i < ranked_until(r, cutoff); i++)
        sum += discounted(gain_of(r->relevances[i], spec, kind), i);
    return sum;
}

static int larger_first(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Fills r->gains with those of all judged documents, largest first, and gives how many there are
 * above 0. */
static size_t ideal_gains(const ranking *r, const measure_spec *spec, gain_kind kind) {
    size_t worthy = 0;
    for (size_t i = 0; i < r->num_judged; i++) {
        r->gains[i] = gain_of(r->ideal[i], spec, kind);
        worthy += r->gains[i] > 0;
    }
    if (spec->count > 0 && r->num_judged > 1)
        qsort(r->gains, r->num_judged, sizeof *r->gains, larger_first);
    return worthy;
}

static double ideal_dcg(const ranking *r, size_t worthy, size_t cutoff) {
    double sum = 0;
    for (size_t i = 0; i < worthy && i < cutoff; i++)
        sum += discounted(r->gains[i], i);
    return sum;
}

static double normalized(const ranking *r, const measure_spec *spec, size_t cutoff) {
    size_t worthy = ideal_gains(r, spec, r->gain);
    return share(dcg(r, spec, cutoff, r->gain), ideal_dcg(r, worthy, cutoff));
}

double ndcg(const ranking *r, const measure_spec *spec) {
    return normalized(r, spec, SIZE_MAX);
}

double ndcg_at(const ranking *r, const measure_spec *spec) {
    return normalized(r, spec, spec->cutoff);
}

/* nDCG at the rank of each document with a gain, averaged; for those that are not ranked nDCG of
 * the whole ranking stands in (trec_eval's ndcg_rel). */
double ndcg_of_relevant(const ranking *r, const measure_spec *spec) {
    size_t worthy = ideal_gains(r, spec, GAIN_LINEAR), found = 0;
    double reached = 0, possible = 0, sum = 0;
    for (size_t i = 0; i < r->num_ret; i++) {
        double gain = gain_of(r->relevances[i], spec, GAIN_LINEAR);
        reached += discounted(gain, i);
        possible += i < worthy ? discounted(r->gains[i], i) : 0;
        if (gain > 0) {
            sum += reached / possible;
            found++;
        }
    }
    sum += (double)(worthy - found) * share(reached, ideal_dcg(r, worthy, SIZE_MAX));
    return share(sum, (double)worthy);
}

/* nDCG where the ideal ranking comes to the end of each gain, averaged; the whole ranking is one
 * such point too if it goes on for more than one rank, and 0 is the value where no document is
 * relevant (trec_eval's Rndcg). */
double ndcg_of_levels(const ranking *r, const measure_spec *spec) {
    size_t worthy = ideal_gains(r, spec, GAIN_LINEAR), points = 0;
    double reached = 0, possible = 0, sum = 0;
    for (size_t i = 0; i < worthy; i++) {
        reached += i < r->num_ret ? discounted(gain_of(r->relevances[i], spec, GAIN_LINEAR), i) : 0;
        possible += discounted(r->gains[i], i);
        if (i + 1 < worthy && r->gains[i] == r->gains[i + 1])
            continue;
        sum += reached / possible;
        points++;
    }
    if (worthy > 0 && r->num_ret > worthy + 1) {
        sum += dcg(r, spec, SIZE_MAX, GAIN_LINEAR) / possible;
        points++;
    }
    return r->num_rel > 0 ? share(sum, (double)points) : 0;
}

/* Gains, each discounted by how much more the ideal ranking had gathered until there; where that
 * has no more to give it goes on with relevance 1 (trec_eval's G). */
double gain_cost(const ranking *r, const measure_spec *spec) {
    size_t worthy = ideal_gains(r, spec, GAIN_LINEAR);
    double beyond = gain_of(1, spec, GAIN_LINEAR);
    double reached = 0, possible = 0, sum = 0, total = 0;
    for (size_t i = 0; i < r->num_ret; i++) {
        double gain = gain_of(r->relevances[i], spec, GAIN_LINEAR);
        reached += gain;
        possible += i < worthy ? r->gains[i] : beyond;
        if (gain > 0)
            sum += gain / log2(2 + possible - reached);
    }
    for (size_t i = 0; i < worthy; i++)
        total += r->gains[i];
    return share(sum, total);
}

/* The same of relevant and not: each relevant document is discounted by those above it that are
 * not (trec_eval's binG). */
double binary_gain_cost(const ranking *r, const measure_spec *spec) {
    (void)spec;
    double sum = 0;
    size_t nonrelevant = 0;
    for (size_t i = 0; i < r->num_ret; i++) {
        if (is_relevant(r, i))
            sum += 1 / log2((double)(2 + nonrelevant));
        else
            nonrelevant++;
    }
    return share(sum, (double)r->num_rel);
}

/* A reader who goes on to the next document with probability p finds this much relevance, of the
 * query's largest, a document (Moffat & Zobel, 2008). */
double rank_biased_precision(const ranking *r, const measure_spec *spec) {
    double p = spec->numbers[0], chance = 1 - p, sum = 0;
    double largest = r->num_judged > 0 ? r->ideal[0] : 0;
    for (size_t i = 0; i < r->num_ret; i++, chance *= p)
        sum += r->relevances[i] > 0 ? chance * r->relevances[i] : 0;
    return share(sum, largest);
}

/* What documents that are not judged, and those that are not ranked, could add to it; trec_eval
 * says 0 of an empty ranking. */
double rank_biased_residual(const ranking *r, const measure_spec *spec) {
    double p = spec->numbers[0], chance = 1 - p, sum = 0;
    for (size_t i = 0; i < r->num_ret; i++, chance *= p)
        sum += r->relevances[i] < 0 ? chance : 0;
    return r->num_ret > 0 ? sum + pow(p, (double)r->num_ret) : 0;
}
