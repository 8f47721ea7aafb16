/*
 * AdamW: Adam whose weight decay is apart from the gradient (Kingma and Ba, "Adam: a method for
 * stochastic optimization", ICLR 2015; Loshchilov and Hutter, "Decoupled weight decay
 * regularization", ICLR 2019). With g the gradient and t the update, from 1:
 *
 *   p *= 1 - rate decay
 *   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
 *   p -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * Elements are float32 and sums are taken in double precision in an order that does not depend on
 * the number of threads: training gives the same bits with any.
 */
#ifndef DEAR_TRAIN_ADAMW_H
#define DEAR_TRAIN_ADAMW_H

#include "base/error.h"

/* A trained tensor. Parameter and gradient are the caller's, the moments the optimizer's. */
typedef struct adamw_tensor {
    float *parameter;      ///< [count]
    const float *gradient; ///< [count]
    int64_t count;
    double decay; ///< weight decay, 0 for none
    float *m;     ///< [count], mean of the gradient
    float *v;     ///< [count], mean of its square
} adamw_tensor;

/* Made by adamw_make, ended by adamw_free. The moments and `updates` are its whole state: what
 * saves them and puts them back goes on to the same bits. */
typedef struct adamw {
    double beta1, beta2, epsilon;
    int64_t updates;       ///< done so far
    adamw_tensor *tensors; ///< [num_tensors], in the order they were added
    size_t num_tensors;
    size_t capacity;
} adamw;

/* An optimizer of nothing yet, with the usual beta1 0.9, beta2 0.999, epsilon 1e-8. */
adamw adamw_make(void);

/* Adds a tensor, its moments zero. */
dear_status adamw_add(adamw *optimizer, float *parameter, const float *gradient, int64_t count,
                      double decay, dear_error *err);

/* The Euclidean norm of all gradients together; not finite when one of them is not. */
double adamw_gradient_norm(const adamw *optimizer);

/* What to scale gradients by so that their norm is at most about `max_norm`, as torch does it:
 * max_norm / (norm + 1e-6) where that is below 1. A `max_norm` of 0 stands for no limit. */
double gradient_clip(double norm, double max_norm);

/* One update of all tensors, with gradients scaled by `gradient_scale`. */
void adamw_update(adamw *optimizer, double learning_rate, double gradient_scale);

void adamw_free(adamw *optimizer);

#endif
