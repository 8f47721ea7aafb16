/*
 * Ranking losses over a group: the scores that a student gives to n passages of one query, the
 * positive first. Each gives its value and its gradient with respect to the scores.
 *
 * A batch holds groups of the same size, and every loss is a mean over a batch's groups (RankNet's
 * mean over all pairs of a batch too, since each group has as many): so a batch is computed group by
 * group, each contributing its share.
 *
 * With s the scores and y the labels, which are the teacher's logits or, "binary", 1 for the
 * positive and 0 for the others:
 *
 *   softmax_ce    -log softmax(s) of the positive (InfoNCE).
 *   RankNet       mean over pairs i < j of the cross-entropy between sigmoid(y_i - y_j) and
 *                 sigmoid(s_i - s_j) (Burges et al., "Learning to rank using gradient descent",
 *                 ICML 2005).
 *   ListNet       KL(softmax(y) || softmax(s)): its top-1 cross-entropy less what no student can
 *                 change (Cao et al., "Learning to rank: from pairwise approach to listwise
 *                 approach", ICML 2007).
 *   LambdaLoss    over pairs with y_i > y_j, -log sigmoid(s_i - s_j) times what swapping the two in
 *                 the student's ranking changes in nDCG, a constant in the gradient (Burges, "From
 *                 RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82; Wang et al., "The LambdaLoss
 *                 framework", CIKM 2018). Gain 2^y - 1, the ideal DCG cut at 5, the sum divided by
 *                 n (n - 1) / 2; with a teacher y is sigmoid(its logit).
 *   distillation  T^2 KL(softmax(teacher / T) || softmax(s / T)) (Hinton et al., "Distilling the
 *                 knowledge in a neural network", 2015).
 */
#ifndef DEAR_TRAIN_LOSSES_H
#define DEAR_TRAIN_LOSSES_H

#include "base/error.h"

enum { LOSS_MAX_GROUP = 1024 }; ///< passages of a group

/* One group, as the losses see it. */
typedef struct loss_group {
    int n;
    const double *scores; ///< [n]
    const double *labels; ///< [n]
} loss_group;

typedef enum loss_labels {
    LOSS_LABELS_BINARY,
    LOSS_LABELS_TEACHER,            ///< its logits
    LOSS_LABELS_TEACHER_PROBABILITY ///< their sigmoids
} loss_labels;

/* A loss that training can be asked for. */
typedef struct ranking_loss {
    const char *name;
    const char *help;
    loss_labels labels;
    /* Returns the group's value and adds `weight` times its gradient to `gradient` [n]. */
    double (*evaluate)(const loss_group *group, double weight, double *gradient);
} ranking_loss;

/* All of them; the one after the last has no name. */
extern const ranking_loss ranking_losses[];

/* What training minimizes: (1 - alpha) ranking + alpha distillation. */
typedef struct training_loss {
    const ranking_loss *ranking;
    double alpha;       ///< 0 to 1
    double temperature; ///< 0.001 to 1000
} training_loss;

/* DEAR_ERROR_USAGE, naming the losses there are or the number that is out of range, when the loss
 * cannot be had. */
dear_status training_loss_make(training_loss *out, const char *name, double alpha,
                               double temperature, dear_error *err);

/* True when groups must come with the teacher's logits. */
bool training_loss_needs_teacher(const training_loss *loss);

/*
 * The share in the batch's loss of one group of `n` passages (1 to LOSS_MAX_GROUP) out of `groups`:
 * the sum over the groups is the batch's loss. `gradient` [n] is set to the derivative of that loss
 * with respect to `scores` [n]. `teacher` [n] holds logits; NULL where none is needed. Computed in
 * double precision; finite for all finite scores and logits.
 */
double training_loss_group(const training_loss *loss, const float *scores, const float *teacher,
                           int n, int64_t groups, float *gradient);

#endif
