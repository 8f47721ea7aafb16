#include "report/sections.h"

#include <math.h>
#include <stdio.h>

enum { BINS = 25 };

typedef enum document_class { RELEVANT, NOT_RELEVANT, UNKNOWN, CLASSES } document_class;

static const char *const class_names[CLASSES] = {"relevant", "not relevant", "unjudged"};

/* How many documents of each class have a score in each of BINS equal parts of [low, high]. */
typedef struct histogram {
    double low, high;
    size_t counts[CLASSES][BINS];
    size_t totals[CLASSES];
} histogram;

static document_class class_of(const qrels_topic *topic, const hit *h) {
    int32_t relevance = qrels_relevance(topic, h->docid, UNJUDGED);
    return relevance == UNJUDGED ? UNKNOWN : relevance > 0 ? RELEVANT : NOT_RELEVANT;
}

static void count_score(histogram *h, document_class class, double score) {
    double place = h->high > h->low ? (score - h->low) / (h->high - h->low) : 0;
    size_t bin = (size_t)(place * BINS);
    h->counts[class][bin < BINS ? bin : BINS - 1]++;
    h->totals[class]++;
}

static void widen(histogram *h, double score) {
    h->low = fmin(h->low, score);
    h->high = fmax(h->high, score);
}

static histogram count_scores(const study_dataset *set, const study_run *r) {
    histogram h = {.low = INFINITY, .high = -INFINITY};
    for (int pass = 0; pass < 2; pass++) /* the range, then what is in it */
        for (size_t i = 0; i < set->judged.count; i++) {
            const qrels_topic *topic = &set->judged.topics[i];
            const hit_list *list = hit_set_find(&r->hits, topic->qid);
            for (size_t k = 0; list && k < list->count; k++)
                if (pass == 0)
                    widen(&h, list->hits[k].score);
                else
                    count_score(&h, class_of(topic, &list->hits[k]), list->hits[k].score);
        }
    return h;
}

static void add_bins(plot *p, const histogram *h) {
    double width = (h->high - h->low) / BINS;
    plot_add(p, "$d << EOD\n");
    for (size_t bin = 0; bin < BINS; bin++) {
        plot_add(p, "%.9g", h->low + ((double)bin + 0.5) * width);
        for (document_class c = 0; c < CLASSES; c++)
            plot_add(p, " %.4f",
                     h->totals[c] ? 100.0 * (double)h->counts[c][bin] / (double)h->totals[c] : 0);
        plot_add(p, "\n");
    }
    plot_add(p, "EOD\n");
}

static dear_status draw(document *d, const study_dataset *set, const study_run *r,
                        const histogram *h, dear_error *err) {
    char title[256], description[256];
    snprintf(title, sizeof title, "%s: scores of %s", set->name, r->label);
    snprintf(description, sizeof description,
             "%zu relevant, %zu not relevant and %zu unjudged documents. Each line adds up to "
             "100 %%: the further apart, the better scores tell the classes apart.",
             h->totals[RELEVANT], h->totals[NOT_RELEVANT], h->totals[UNKNOWN]);
    plot p = plot_begin(300);
    add_bins(&p, h);
    plot_add(&p, "set key on top center outside horizontal\nset yrange [0:*]\n"
                 "set autoscale xfix\n"
                 "set xlabel 'score'\nset ylabel '%% of the class'\nplot");
    const char *comma = "";
    for (document_class c = 0; c < CLASSES; c++)
        if (h->totals[c]) {
            plot_add(&p, "%s $d using 1:%d with histeps linestyle %d title '%s'", comma, c + 2,
                     c + 1, class_names[c]);
            comma = ",";
        }
    plot_add(&p, "\n");
    return section_add_plot(d, &p, title, description, err);
}

dear_status section_scores(document *d, const study *s, dear_error *err) {
    document_heading(d, 2, "Scores");
    for (size_t i = 0; i < s->count; i++) {
        const study_dataset *set = &s->datasets[i];
        section_dataset_heading(d, s, set);
        for (size_t r = 0; r < set->count; r++) {
            histogram h = count_scores(set, &set->runs[r]);
            if (h.high > h.low)
                TRY(draw(d, set, &set->runs[r], &h, err));
            else
                document_paragraph(d, "%s: all scores of %s are the same.", set->name,
                                   set->runs[r].label);
        }
    }
    return DEAR_OK;
}
