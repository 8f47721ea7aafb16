#include "train/schedule.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
    [SCHEDULE_LINEAR] = "linear",
    [SCHEDULE_COSINE] = "cosine",
    [SCHEDULE_CONSTANT] = "constant",
};

dear_status schedule_shape_parse(schedule_shape *out, const char *name, dear_error *err) {
    for (schedule_shape shape = SCHEDULE_LINEAR; shape <= SCHEDULE_CONSTANT; shape++)
        if (strcmp(name, names[shape]) == 0) {
            *out = shape;
            return DEAR_OK;
        }
    return error_set(err, DEAR_ERROR_USAGE,
                     "no learning rate schedule is called \"%s\"; there are %s, %s, %s", name,
                     names[0], names[1], names[2]);
}

const char *schedule_shape_name(schedule_shape shape) {
    return names[shape];
}

double learning_rate(const schedule *s, int64_t step) {
    static const double pi = 3.14159265358979323846;
    if (step < s->warmup)
        return s->peak * (double)(step + 1) / (double)s->warmup;
    if (s->shape == SCHEDULE_CONSTANT)
        return s->peak;
    if (step >= s->updates)
        return 0;
    double gone = (double)(step - s->warmup) / (double)(s->updates - s->warmup);
    return s->peak * (s->shape == SCHEDULE_LINEAR ? 1 - gone : 0.5 * (1 + cos(pi * gone)));
}
