#include "eval/measure_functions.h"

#define CUTOFFS "5,10,15,20,30,100,200,500,1000"
#define TENTHS "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1"

/* The words of the table. */
#define NONE PARAMETERS_NONE
#define RANKS PARAMETERS_CUTOFFS
#define FRACTIONS PARAMETERS_FRACTIONS
#define NUMBERS PARAMETERS_NUMBERS
#define GAINS PARAMETERS_GAINS
#define COUNT MEASURE_COUNT
#define MEAN MEASURE_MEAN
#define GEOMETRIC MEASURE_GEOMETRIC_MEAN

enum {
    LONG = SET_ALL_TREC,
    SHORT = SET_ALL_TREC | SET_OFFICIAL,
    UNRANKED = SET_ALL_TREC | SET_UNRANKED,
    EVERY = SET_ALL_TREC | SET_OFFICIAL | SET_UNRANKED,
    OURS = 0
};

static const measure all[] = {
    {"runid", MEASURE_RUN_ID, NONE, NULL, 0, EVERY, NULL,
     "the run's name: a TREC run's last column"},
    {"num_q", MEASURE_QUERIES, NONE, NULL, 0, EVERY, NULL, "queries measured"},
    {"num_ret", COUNT, NONE, NULL, 0, EVERY, num_ret, "documents ranked"},
    {"num_rel", COUNT, NONE, NULL, 0, EVERY, num_rel, "documents judged relevant"},
    {"num_rel_ret", COUNT, NONE, NULL, 0, EVERY, num_rel_ret, "relevant documents ranked"},
    {"map", MEAN, NONE, NULL, 0, SHORT, average_precision, "mean average precision"},
    {"gm_map", GEOMETRIC, NONE, NULL, 0, SHORT, average_precision, "its geometric mean"},
    {"Rprec", MEAN, NONE, NULL, 0, SHORT, r_precision,
     "precision at the number of relevant documents"},
    {"bpref", MEAN, NONE, NULL, 0, SHORT, bpref,
     "relevant documents above judged nonrelevant ones"},
    {"recip_rank", MEAN, NONE, NULL, 0, SHORT, reciprocal_rank,
     "1 / rank of the first relevant document"},
    {"iprec_at_recall", MEAN, FRACTIONS, "0," TENTHS, 0, SHORT, interpolated_precision,
     "best precision from a recall on"},
    {"P", MEAN, RANKS, CUTOFFS, 0, SHORT, precision_at, "precision at cutoffs"},
    {"relstring", MEASURE_STRING, RANKS, "10", 0, LONG, NULL, "relevances of the first documents"},
    {"recall", MEAN, RANKS, CUTOFFS, 0, LONG, recall_at, "recall at cutoffs"},
    {"infAP", MEAN, NONE, NULL, 0, LONG, inferred_ap,
     "average precision inferred from a sample of pools"},
    {"gm_bpref", GEOMETRIC, NONE, NULL, 0, LONG, bpref, "geometric mean of bpref"},
    {"Rprec_mult", MEAN, FRACTIONS, "0.2,0.4,0.6,0.8,1,1.2,1.4,1.6,1.8,2", 0, LONG,
     r_precision_multiple, "precision at multiples of the number of relevant documents"},
    {"utility", MEAN, NUMBERS, "1,-1,0,0", 4, UNRANKED, utility,
     "worth of relevant and other documents, ranked and not"},
    {"11pt_avg", MEAN, NUMBERS, "0," TENTHS, 0, LONG, mean_interpolated_precision,
     "mean of interpolated precisions"},
    {"binG", MEAN, NONE, NULL, 0, LONG, binary_gain_cost, "G of relevant and not"},
    {"G", MEAN, GAINS, NULL, 0, LONG, gain_cost,
     "gain discounted by what the ideal order is ahead"},
    {"ndcg", MEAN, GAINS, NULL, 0, LONG, ndcg, "normalized discounted cumulative gain"},
    {"ndcg_rel", MEAN, GAINS, NULL, 0, LONG, ndcg_of_relevant, "nDCG at the relevant documents"},
    {"Rndcg", MEAN, GAINS, NULL, 0, LONG, ndcg_of_levels, "nDCG at the number of each relevance"},
    {"ndcg_cut", MEAN, RANKS, CUTOFFS, 0, LONG, ndcg_at, "nDCG at cutoffs"},
    {"map_cut", MEAN, RANKS, CUTOFFS, 0, LONG, average_precision_at,
     "average precision at cutoffs"},
    {"relative_P", MEAN, RANKS, CUTOFFS, 0, LONG, relative_precision_at,
     "precision at cutoffs, of the best there can be"},
    {"success", MEAN, RANKS, "1,5,10", 0, LONG, success_at, "a relevant document until the cutoff"},
    {"set_P", MEAN, NONE, NULL, 0, UNRANKED, set_precision, "precision of all that is ranked"},
    {"set_relative_P", MEAN, NONE, NULL, 0, UNRANKED, set_relative_precision,
     "of the best there can be"},
    {"set_recall", MEAN, NONE, NULL, 0, UNRANKED, set_recall, "recall of all that is ranked"},
    {"set_map", MEAN, NONE, NULL, 0, UNRANKED, set_map, "precision times recall"},
    {"set_F", MEAN, NUMBERS, "1", 1, UNRANKED, set_f,
     "F measure; the number is the weight of recall"},
    {"num_nonrel_judged_ret", COUNT, NONE, NULL, 0, LONG, num_nonrel_judged_ret,
     "documents ranked that are judged nonrelevant"},
    {"rbp", MEAN, FRACTIONS, "0.9", 0, LONG, rank_biased_precision, "rank-biased precision"},
    {"rbp_resid", MEAN, FRACTIONS, "0.9", 0, LONG, rank_biased_residual, "what it leaves open"},
    {"unj", MEAN, RANKS, "5,10,20", 0, LONG, unjudged_at, "unjudged documents at cutoffs"},
    {"recip_rank_cut", MEAN, RANKS, "10", 0, OURS, reciprocal_rank_at,
     "recip_rank within a cutoff"},
    {"hole_cut", MEAN, RANKS, "10", 0, OURS, hole_rate_at,
     "unjudged share of the documents within a cutoff"},
};

const measure *measures_all(size_t *count) {
    *count = sizeof all / sizeof all[0];
    return all;
}

bool measure_has_queries(const measure *m) {
    return m->kind == MEASURE_COUNT || m->kind == MEASURE_MEAN || m->kind == MEASURE_STRING;
}

bool measure_has_all(const measure *m) {
    return m->kind != MEASURE_STRING;
}
