#include "train/pointwise_trainer.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "train/adamw.h"
#include "train/group_scores.h"
#include "train/train_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A run as it goes. */
typedef struct run {
    const pointwise_training *t;
    student *s;
    learner *l;
    group_data *data, *held_out;
    adamw optimizer;
    group_scores room;
    state_span *spans; ///< [num_spans] all that a checkpoint holds
    size_t num_spans;
    char (*names)[112]; ///< [num_spans]
    int64_t done;       ///< updates
    double best;        ///< nDCG@10 of the best validated; NAN before the first
    int64_t best_update;
} run;

static dear_status add_tensors(run *r, dear_error *err) {
    size_t count;
    parameter *p = learner_parameters(r->l, &count);
    for (size_t i = 0; i < count; i++)
        TRY(adamw_add(&r->optimizer, p[i].value, p[i].gradient, p[i].rows * p[i].columns,
                      r->t->weight_decay, err));
    return DEAR_OK;
}

static void add_span(run *r, const char *name, const char *what, float *data, int64_t count) {
    size_t i = r->num_spans++;
    snprintf(r->names[i], sizeof *r->names, "%s%s", name, what);
    r->spans[i] = (state_span){r->names[i], data, count};
}

/* A checkpoint holds each parameter with its two moments. */
static dear_status name_spans(run *r, dear_error *err) {
    size_t count;
    const parameter *p = learner_parameters(r->l, &count);
    r->spans = mem_calloc(3 * count, sizeof *r->spans);
    r->names = mem_calloc(3 * count, sizeof *r->names);
    if (!r->spans || !r->names)
        return error_memory(err);
    for (size_t i = 0; i < count; i++) {
        const adamw_tensor *moments = &r->optimizer.tensors[i];
        add_span(r, p[i].name, "", p[i].value, moments->count);
        add_span(r, p[i].name, ".m", moments->m, moments->count);
        add_span(r, p[i].name, ".v", moments->v, moments->count);
    }
    return DEAR_OK;
}

/* ---- checkpoints ---- */

static dear_status checkpoint(run *r, dear_error *err) {
    if (!r->t->checkpoint)
        return DEAR_OK;
    int64_t groups = (int64_t)group_data_groups(r->data), seen = r->done * r->t->batch;
    train_state state = {.step = r->done,
                         .epoch = seen / groups,
                         .position = seen % groups,
                         .seed = r->t->seed,
                         .best = r->best,
                         .best_step = r->best_update};
    snprintf(state.settings, sizeof state.settings, "%s", r->t->settings);
    return train_state_save(&state, r->spans, r->num_spans, r->t->checkpoint, err);
}

static dear_status check_state(const run *r, const train_state *state, dear_error *err) {
    if (strcmp(state->settings, r->t->settings) != 0)
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: was made with other options, data or model; without --resume the "
                         "training begins anew",
                         r->t->checkpoint);
    if (state->step > r->t->rate.updates)
        return error_set(err, DEAR_ERROR_INPUT, "%s: is at update %lld of %lld", r->t->checkpoint,
                         (long long)state->step, (long long)r->t->rate.updates);
    return DEAR_OK;
}

/* True when there is a checkpoint, or the one before it (train_state.h). */
static bool checkpoint_is_there(const char *path) {
    char previous[4096];
    snprintf(previous, sizeof previous, "%s.previous", path);
    return file_exists(path) || file_exists(previous);
}

/* From the checkpoint, if the run is to go on from one. */
static dear_status load(run *r, dear_error *damage, dear_error *err) {
    if (!r->t->resume || !r->t->checkpoint || !checkpoint_is_there(r->t->checkpoint))
        return DEAR_OK;
    train_state state;
    TRY(train_state_load(&state, r->spans, r->num_spans, r->t->checkpoint, damage, err));
    TRY(check_state(r, &state, err));
    r->done = state.step;
    r->optimizer.updates = state.step;
    r->best = state.best;
    r->best_update = state.best_step;
    return DEAR_OK;
}

static dear_status begin(run *r, dear_error *err) {
    dear_error damage = {0};
    TRY(load(r, &damage, err));
    return r->t->begun(r->t->context, r->done, damage.status == DEAR_OK ? NULL : &damage, err);
}

/* ---- one update ---- */

static double spread_of(const group_scores *g) {
    double sum = 0, squares = 0, n = (double)g->count;
    for (size_t i = 0; i < g->count; i++) {
        sum += (double)g->scores[i];
        squares += (double)g->scores[i] * (double)g->scores[i];
    }
    double variance = squares / n - sum / n * sum / n;
    return variance > 0 ? sqrt(variance) : 0;
}

static dear_status learn_from(run *r, const training_group *group, int64_t number,
                              update_report *report, dear_error *err) {
    group_scores *room = &r->room;
    TRY(group_score(room, r->s, group, true, (uint64_t)number, err));
    report->loss += training_loss_group(&r->t->loss, room->scores, room->teacher, (int)room->count,
                                        r->t->batch, room->gradient);
    report->spread += spread_of(room) / (double)r->t->batch;
    if (!isfinite(report->loss))
        return DEAR_OK; /* told with the update's number by check_finite */
    return student_backward(r->s, room->gradient, err);
}

/* Group `number` of the run. */
static dear_status take_group(run *r, int64_t number, update_report *report, dear_error *err) {
    uint64_t groups = group_data_groups(r->data);
    training_group group;
    TRY(group_data_read(r->data, (uint64_t)number / groups, (size_t)((uint64_t)number % groups),
                        &group, err));
    dear_status status = learn_from(r, &group, number, report, err);
    training_group_free(&group);
    return status;
}

static dear_status check_finite(const update_report *u, dear_error *err) {
    if (isfinite(u->loss) && isfinite(u->gradient_norm))
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "update %lld: the %s is not a number; the training diverged (try a lower "
                     "learning rate)",
                     (long long)u->update, isfinite(u->loss) ? "gradient" : "loss");
}

static dear_status take_update(run *r, update_report *u, dear_error *err) {
    int64_t tokens = student_tokens(r->s);
    double begin = clock_seconds();
    *u = (update_report){.update = r->done + 1, .updates = r->t->rate.updates};
    learner_clear_gradients(r->l);
    for (int64_t i = 0; i < r->t->batch && isfinite(u->loss); i++)
        TRY(take_group(r, r->done * r->t->batch + i, u, err));
    u->gradient_norm = adamw_gradient_norm(&r->optimizer);
    u->learning_rate = learning_rate(&r->t->rate, r->done);
    TRY(check_finite(u, err));
    adamw_update(&r->optimizer, u->learning_rate, gradient_clip(u->gradient_norm, r->t->max_norm));
    r->done++;
    u->tokens = student_tokens(r->s) - tokens;
    u->seconds = clock_seconds() - begin;
    return DEAR_OK;
}

/* ---- the run ---- */

static bool is_due(int64_t done, int64_t every) {
    return every > 0 && done % every == 0;
}

/* The best model so far is the one that is saved. */
static dear_status validate(run *r, validation *v, update_report *u, dear_error *err) {
    TRY(validate_student(v, r->s, r->held_out, err));
    u->validated = v;
    u->best = !(r->best >= v->ndcg);
    if (!u->best)
        return DEAR_OK;
    r->best = v->ndcg;
    r->best_update = r->done;
    return r->t->save(r->t->context, r->l, err);
}

static dear_status run_update(run *r, bool *stop, dear_error *err) {
    update_report u;
    validation v;
    TRY(take_update(r, &u, err));
    bool last = r->done == r->t->rate.updates;
    if (r->held_out && (last || is_due(r->done, r->t->validate_every)))
        TRY(validate(r, &v, &u, err));
    TRY(r->t->report(r->t->context, &u, stop, err));
    if (last || *stop || is_due(r->done, r->t->checkpoint_every))
        return checkpoint(r, err);
    return DEAR_OK;
}

static dear_status run_all(run *r, dear_error *err) {
    bool stop = false;
    TRY(begin(r, err));
    while (r->done < r->t->rate.updates && !stop)
        TRY(run_update(r, &stop, err));
    if (r->done < r->t->rate.updates)
        return error_set(err, DEAR_ERROR_CANCELLED,
                         "stopped after update %lld of %lld; --resume goes on from there",
                         (long long)r->done, (long long)r->t->rate.updates);
    return r->held_out ? DEAR_OK : r->t->save(r->t->context, r->l, err);
}

dear_status pointwise_train(const pointwise_training *t, student *s, learner *l, group_data *data,
                            group_data *held_out, dear_error *err) {
    run r = {.t = t,
             .s = s,
             .l = l,
             .data = data,
             .held_out = held_out,
             .optimizer = adamw_make(),
             .best = NAN};
    dear_status status = add_tensors(&r, err);
    if (status == DEAR_OK)
        status = name_spans(&r, err);
    if (status == DEAR_OK)
        status = run_all(&r, err);
    adamw_free(&r.optimizer);
    group_scores_free(&r.room);
    mem_free(r.spans);
    mem_free(r.names);
    return status;
}
