#include "retrieve/bm25.h"

#include <math.h>

void bm25_set_norms(bm25 *m, double average_length) {
    double constant = m->k1 * (1 - m->b);
    double slope = average_length > 0 ? m->k1 * m->b / average_length : 0;
    for (size_t i = 0; i < m->passages; i++)
        m->norms[i] = (float)(constant + slope * (double)m->norms[i]);
}

static double idf(const bm25 *m, size_t df) {
    return log(1 + ((double)m->passages - (double)df + 0.5) / ((double)df + 0.5));
}

void bm25_weigh(const bm25 *m, postings *p) {
    double scale = idf(m, p->count) / BM25_UNIT;
    p->heaviest = 0;
    for (size_t i = 0; i < p->count; i++) {
        double tf = p->list[i].weight;
        double weight = scale * tf / (tf + (double)m->norms[p->list[i].passage]);
        p->list[i].weight = weight < 1 ? 1 : (uint32_t)(weight + 0.5);
        if (p->list[i].weight > p->heaviest)
            p->heaviest = p->list[i].weight;
    }
}
