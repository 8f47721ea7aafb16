#include "train/losses.h"

#include "base/strbuf.h"

#include <math.h>
#include <string.h>

static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/* log(1 + e^x) */
static double softplus(double x) {
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* out[i] = log softmax(x / temperature)[i] */
static void log_softmax(const double *x, int n, double temperature, double *out) {
    double largest = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, x[i]);
    for (int i = 0; i < n; i++)
        sum += exp((x[i] - largest) / temperature);
    for (int i = 0; i < n; i++)
        out[i] = (x[i] - largest) / temperature - log(sum);
}

/* KL(softmax(labels / T) || softmax(scores / T)) */
static double divergence(const loss_group *group, double temperature, double weight,
                         double *gradient) {
    double log_p[LOSS_MAX_GROUP], log_q[LOSS_MAX_GROUP], value = 0;
    log_softmax(group->labels, group->n, temperature, log_p);
    log_softmax(group->scores, group->n, temperature, log_q);
    for (int i = 0; i < group->n; i++) {
        double p = exp(log_p[i]);
        value += p > 0 ? p * (log_p[i] - log_q[i]) : 0;
        gradient[i] += weight * (exp(log_q[i]) - p) / temperature;
    }
    return value;
}

static double listnet(const loss_group *group, double weight, double *gradient) {
    return divergence(group, 1, weight, gradient);
}

static double softmax_ce(const loss_group *group, double weight, double *gradient) {
    double log_q[LOSS_MAX_GROUP];
    log_softmax(group->scores, group->n, 1, log_q);
    for (int i = 0; i < group->n; i++)
        gradient[i] += weight * (exp(log_q[i]) - (i == 0));
    return -log_q[0];
}

/* Adds to `gradient` what a pair's derivative with respect to s_i - s_j is. */
static void pull_apart(double *gradient, int i, int j, double derivative) {
    gradient[i] += derivative;
    gradient[j] -= derivative;
}

/* Pairs of a group; 1 for a group of 1, whose sums over pairs are empty. */
static double count_pairs(int n) {
    return n > 1 ? 0.5 * n * (n - 1) : 1;
}

static double ranknet(const loss_group *group, double weight, double *gradient) {
    const double *s = group->scores, *y = group->labels;
    double sum = 0, pairs = count_pairs(group->n);
    for (int i = 0; i < group->n; i++)
        for (int j = i + 1; j < group->n; j++) {
            double x = s[i] - s[j], target = sigmoid(y[i] - y[j]);
            sum += target * softplus(-x) + (1 - target) * softplus(x);
            pull_apart(gradient, i, j, weight * (sigmoid(x) - target) / pairs);
        }
    return sum / pairs;
}

/* rank[i]: i's place from 1 by falling `values`, the first of equals before the others. */
static void find_ranks(const double *values, int n, int *rank) {
    for (int i = 0; i < n; i++) {
        rank[i] = 1;
        for (int j = 0; j < n; j++)
            rank[i] += values[j] > values[i] || (values[j] == values[i] && j < i);
    }
}

static double discount(int rank) {
    return 1 / log2(1 + rank);
}

/* The DCG of the first five in the labels' own order. */
static double ideal_dcg(const double *gain, const double *labels, int n) {
    int rank[LOSS_MAX_GROUP];
    double sum = 0;
    find_ranks(labels, n, rank);
    for (int i = 0; i < n; i++)
        sum += rank[i] <= 5 ? gain[i] * discount(rank[i]) : 0;
    return sum;
}

/* What swapping passages of two ranks changes in nDCG for each unit that their gains differ. */
static double swap(const int *rank, int i, int j, double ideal) {
    return fabs(discount(rank[i]) - discount(rank[j])) / (ideal + 1e-8);
}

static double lambda_loss(const loss_group *group, double weight, double *gradient) {
    const double *s = group->scores, *y = group->labels;
    int n = group->n, rank[LOSS_MAX_GROUP];
    double gain[LOSS_MAX_GROUP], sum = 0, pairs = count_pairs(n);
    for (int i = 0; i < n; i++)
        gain[i] = exp2(y[i]) - 1;
    find_ranks(s, n, rank);
    double ideal = ideal_dcg(gain, y, n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            if (!(y[i] > y[j]))
                continue;
            double change = (gain[i] - gain[j]) * swap(rank, i, j, ideal);
            sum += change * softplus(s[j] - s[i]);
            pull_apart(gradient, i, j, -weight * change * sigmoid(s[j] - s[i]) / pairs);
        }
    return sum / pairs;
}

static double ranknet_and_softmax_ce(const loss_group *group, double weight, double *gradient) {
    return 0.5 * ranknet(group, 0.5 * weight, gradient) +
           0.5 * softmax_ce(group, 0.5 * weight, gradient);
}

const ranking_loss ranking_losses[] = {
    {"softmax_ce", "cross-entropy of the positive among its group", LOSS_LABELS_BINARY, softmax_ce},
    {"ranknet_teacher", "RankNet over pairs, the teacher's differences as targets",
     LOSS_LABELS_TEACHER, ranknet},
    {"ranknet_binary", "RankNet over pairs, the positive above the others", LOSS_LABELS_BINARY,
     ranknet},
    {"listnet_teacher", "ListNet against the teacher's distribution", LOSS_LABELS_TEACHER, listnet},
    {"listnet_binary", "ListNet, the positive against the others", LOSS_LABELS_BINARY, listnet},
    {"lambda_loss_teacher", "LambdaLoss, the teacher's probabilities as grades",
     LOSS_LABELS_TEACHER_PROBABILITY, lambda_loss},
    {"lambda_loss_binary", "LambdaLoss, the positive against the others", LOSS_LABELS_BINARY,
     lambda_loss},
    {"ranknet_binary_softmax_ce", "half ranknet_binary, half softmax_ce", LOSS_LABELS_BINARY,
     ranknet_and_softmax_ce},
    {0}};

static dear_status unknown_loss(const char *name, dear_error *err) {
    strbuf known = {0};
    for (const ranking_loss *l = ranking_losses; l->name; l++)
        strbuf_printf(&known, "%s%s", known.length ? ", " : "", l->name);
    dear_status status =
        known.failed ? error_memory(err)
                     : error_set(err, DEAR_ERROR_USAGE, "no loss is called \"%s\"; there are %s",
                                 name, known.text);
    strbuf_free(&known);
    return status;
}

dear_status training_loss_make(training_loss *out, const char *name, double alpha,
                               double temperature, dear_error *err) {
    *out = (training_loss){0};
    const ranking_loss *ranking = ranking_losses;
    while (ranking->name && strcmp(ranking->name, name) != 0)
        ranking++;
    if (!ranking->name)
        return unknown_loss(name, err);
    if (!(alpha >= 0 && alpha <= 1))
        return error_set(err, DEAR_ERROR_USAGE,
                         "the share of distillation in the loss is %g; it must be 0 to 1", alpha);
    if (!(temperature >= 0.001 && temperature <= 1000))
        return error_set(err, DEAR_ERROR_USAGE,
                         "the temperature of distillation is %g; it must be 0.001 to 1000",
                         temperature);
    *out = (training_loss){ranking, alpha, temperature};
    return DEAR_OK;
}

bool training_loss_needs_teacher(const training_loss *loss) {
    return loss->alpha > 0 || loss->ranking->labels != LOSS_LABELS_BINARY;
}

static void find_labels(loss_labels kind, const float *teacher, int n, double *labels) {
    for (int i = 0; i < n; i++)
        if (kind == LOSS_LABELS_BINARY)
            labels[i] = i == 0;
        else
            labels[i] = kind == LOSS_LABELS_TEACHER ? teacher[i] : sigmoid(teacher[i]);
}

double training_loss_group(const training_loss *loss, const float *scores, const float *teacher,
                           int n, int64_t groups, float *gradient) {
    double s[LOSS_MAX_GROUP], labels[LOSS_MAX_GROUP], sums[LOSS_MAX_GROUP], value = 0;
    double ranking = (1 - loss->alpha) / (double)groups;
    double distillation = loss->alpha * loss->temperature * loss->temperature / (double)groups;
    for (int i = 0; i < n; i++) {
        s[i] = scores[i];
        sums[i] = 0;
    }
    loss_group group = {n, s, labels};
    if (ranking > 0) {
        find_labels(loss->ranking->labels, teacher, n, labels);
        value += ranking * loss->ranking->evaluate(&group, ranking, sums);
    }
    if (distillation > 0) {
        find_labels(LOSS_LABELS_TEACHER, teacher, n, labels);
        value += distillation * divergence(&group, loss->temperature, distillation, sums);
    }
    for (int i = 0; i < n; i++)
        gradient[i] = (float)sums[i];
    return value;
}
