#include "train/adamw.h"

#include "base/memory.h"
#include "compute/cpu.h"

#include <math.h>

/* All elements of all tensors, end to end, are cut into this many parts, however many threads
 * there are; so sums over parts are the same for any number. */
enum { PARTS = 64 };

/* Works on elements [first, end) of a tensor; gives what they add to the sum over all. */
typedef double stretch_function(const adamw_tensor *t, int64_t first, int64_t end,
                                const void *context);

adamw adamw_make(void) {
    return (adamw){.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
}

dear_status adamw_add(adamw *optimizer, float *parameter, const float *gradient, int64_t count,
                      double decay, dear_error *err) {
    if (!mem_grow((void **)&optimizer->tensors, &optimizer->capacity, optimizer->num_tensors,
                  sizeof *optimizer->tensors))
        return error_memory(err);
    adamw_tensor t = {.parameter = parameter,
                      .gradient = gradient,
                      .count = count,
                      .decay = decay,
                      .m = mem_calloc((size_t)count, sizeof(float)),
                      .v = mem_calloc((size_t)count, sizeof(float))};
    if (!t.m || !t.v) {
        mem_free(t.m);
        mem_free(t.v);
        return error_memory(err);
    }
    optimizer->tensors[optimizer->num_tensors++] = t;
    return DEAR_OK;
}

void adamw_free(adamw *optimizer) {
    for (size_t i = 0; i < optimizer->num_tensors; i++) {
        mem_free(optimizer->tensors[i].m);
        mem_free(optimizer->tensors[i].v);
    }
    mem_free(optimizer->tensors);
    *optimizer = (adamw){0};
}

static int64_t min64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Over elements [first, end) of all tensors, end to end. */
static double sum_over_range(const adamw *optimizer, int64_t first, int64_t end,
                             stretch_function *function, const void *context) {
    double sum = 0;
    int64_t begin = 0; /* of the tensor */
    for (size_t i = 0; i < optimizer->num_tensors && begin < end; i++) {
        const adamw_tensor *t = &optimizer->tensors[i];
        int64_t from = max64(first - begin, 0), to = min64(end - begin, t->count);
        if (from < to)
            sum += function(t, from, to, context);
        begin += t->count;
    }
    return sum;
}

static double sum_over_all(const adamw *optimizer, stretch_function *function,
                           const void *context) {
    double sums[PARTS], sum = 0;
    int64_t total = 0;
    for (size_t i = 0; i < optimizer->num_tensors; i++)
        total += optimizer->tensors[i].count;
    int64_t size = total / PARTS + 1;
#pragma omp parallel for num_threads(compute_threads()) schedule(static)
    for (int part = 0; part < PARTS; part++)
        sums[part] = sum_over_range(optimizer, part * size, min64((part + 1) * size, total),
                                    function, context);
    for (int part = 0; part < PARTS; part++)
        sum += sums[part];
    return sum;
}

static double sum_of_squares(const adamw_tensor *t, int64_t first, int64_t end,
                             const void *context) {
    (void)context;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = first; i < end; i++)
        sum += (double)t->gradient[i] * (double)t->gradient[i];
    return sum;
}

double adamw_gradient_norm(const adamw *optimizer) {
    return sqrt(sum_over_all(optimizer, sum_of_squares, NULL));
}

double gradient_clip(double norm, double max_norm) {
    double scale = max_norm / (norm + 1e-6);
    return max_norm > 0 && scale < 1 ? scale : 1;
}

/* The numbers of one update. */
typedef struct update {
    float beta2, fresh1, fresh2; ///< fresh: 1 - beta
    float scale;                 ///< of gradients
    float root;                  ///< sqrt(1 - beta2^t)
    float rate;                  ///< learning rate / (1 - beta1^t)
    float epsilon;
    double learning_rate;
} update;

static double update_stretch(const adamw_tensor *t, int64_t first, int64_t end,
                             const void *context) {
    const update u = *(const update *)context;
    float kept = (float)(1 - u.learning_rate * t->decay);
    float *restrict p = t->parameter, *restrict m = t->m, *restrict v = t->v;
    const float *restrict gradient = t->gradient;
#pragma omp simd
    for (int64_t i = first; i < end; i++) {
        float g = u.scale * gradient[i];
        m[i] += u.fresh1 * (g - m[i]);
        v[i] = u.beta2 * v[i] + u.fresh2 * g * g;
        p[i] = kept * p[i] - u.rate * (m[i] / (sqrtf(v[i]) / u.root + u.epsilon));
    }
    return 0;
}

void adamw_update(adamw *optimizer, double learning_rate, double gradient_scale) {
    double t = (double)++optimizer->updates;
    update u = {.beta2 = (float)optimizer->beta2,
                .fresh1 = (float)(1 - optimizer->beta1),
                .fresh2 = (float)(1 - optimizer->beta2),
                .scale = (float)gradient_scale,
                .root = (float)sqrt(1 - pow(optimizer->beta2, t)),
                .rate = (float)(learning_rate / (1 - pow(optimizer->beta1, t))),
                .epsilon = (float)optimizer->epsilon,
                .learning_rate = learning_rate};
    sum_over_all(optimizer, update_stretch, &u);
}
