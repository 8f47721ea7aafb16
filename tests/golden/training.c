/*
 * Training cases: the first loss and its gradients, six AdamW steps, and what they lead to, as torch and
 * PEFT computed them without dropout.
 */
#include "golden/golden.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "compute/kernels.h"
#include "llm/learner.h"
#include "model/safetensors.h"
#include "train/adamw.h"
#include "train/losses.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One case: what learns, from where, and the batch. */
typedef struct training {
    golden *g;
    const char *directory;
    char stage[16]; ///< "train-stage1"
    json_t *cases;
    model *m;
    learner *l;
    adamw optimizer;
    int32_t **ids; ///< [count]
    llama_sequence *sequences;
    size_t count;
    int64_t rows;
    float *hidden, *dhidden; ///< [rows, H]
} training;

static bool first_stage(const training *t) {
    return strcmp(t->stage, "train-stage1") == 0;
}

static learner_options lora_of_cases(bool head) {
    learner_options o = learner_defaults();
    o.rank = 8;
    o.alpha = 16;
    o.dropout = 0;
    o.head = head;
    return o;
}

static dear_status open_learner(training *t, dear_error *err) {
    learner_options options = lora_of_cases(first_stage(t));
    char *base = path_join(t->directory, first_stage(t) ? "seqcls" : "causal");
    char *start = path_join(t->directory, first_stage(t) ? "lora-seqcls" : "lora-causal");
    adapter *from = NULL;
    dear_status status = model_open(&t->m, base, NULL, err);
    if (status == DEAR_OK)
        status = learner_open(&t->l, t->m, &options, NULL, NULL, err);
    if (status == DEAR_OK)
        status = adapter_open(&from, start, err);
    if (status == DEAR_OK)
        status = learner_load(t->l, from, err);
    adapter_close(from);
    mem_free(base);
    mem_free(start);
    return status;
}

static dear_status add_sequence(training *t, const json_t *ids, int64_t first_row) {
    size_t count;
    t->ids[t->count] = golden_ids(ids, &count);
    t->sequences[t->count] =
        (llama_sequence){.ids = t->ids[t->count], .count = (int64_t)count, .first_row = first_row};
    t->rows += (int64_t)count - first_row;
    t->count++;
    return DEAR_OK;
}

/* Stage 1 wants each text's last state; stage 2 those that predict the answer's tokens, to which the
 * text's very last belongs as well, with nothing to predict. */
static dear_status read_batch(training *t, dear_error *err) {
    const json_t *batch = json_object_get(t->cases, first_stage(t) ? "ids" : "batch");
    t->ids = mem_calloc(json_array_size(batch), sizeof *t->ids);
    t->sequences = mem_calloc(json_array_size(batch), sizeof *t->sequences);
    if (!t->ids || !t->sequences)
        return error_memory(err);
    for (size_t i = 0; i < json_array_size(batch); i++) {
        const json_t *one = json_array_get(batch, i);
        const json_t *ids = first_stage(t) ? one : json_object_get(one, "ids");
        int64_t first = first_stage(t) ? (int64_t)json_array_size(ids) - 1
                                       : json_integer_value(json_object_get(one, "prompt_len")) - 1;
        TRY(add_sequence(t, ids, first));
    }
    int64_t width = learner_get_config(t->l)->hidden_size;
    t->hidden = mem_alloc_aligned((size_t)(t->rows * width) * sizeof(float));
    t->dhidden = mem_alloc_aligned((size_t)(t->rows * width) * sizeof(float));
    return t->hidden && t->dhidden ? DEAR_OK : error_memory(err);
}

static dear_status make_optimizer(training *t, dear_error *err) {
    size_t count;
    parameter *parameters = learner_parameters(t->l, &count);
    t->optimizer = adamw_make();
    for (size_t i = 0; i < count; i++)
        TRY(adamw_add(&t->optimizer, parameters[i].value, parameters[i].gradient,
                      parameters[i].rows * parameters[i].columns, 0.01, err));
    return DEAR_OK;
}

static void scores_of(const training *t, float *scores) {
    const parameter *head = learner_score_head(t->l);
    for (size_t i = 0; i < t->count; i++)
        scores[i] = kernels_get()->dot(t->hidden + (int64_t)i * head->columns, head->value,
                                       (size_t)head->columns);
}

static void head_backward(training *t, const float *dscores) {
    const parameter *head = learner_score_head(t->l);
    for (size_t i = 0; i < t->count; i++)
        for (int64_t j = 0; j < head->columns; j++) {
            t->dhidden[(int64_t)i * head->columns + j] = dscores[i] * head->value[j];
            head->gradient[j] += dscores[i] * t->hidden[(int64_t)i * head->columns + j];
        }
}

enum { MAX_TEXTS = 64, MAX_GROUP = 16 };

static double stage1_loss(training *t, bool backward) {
    dear_error err;
    training_loss loss;
    if (training_loss_make(&loss, "ranknet_teacher", 0.1, 2, &err) != DEAR_OK)
        return NAN;
    int groups = (int)json_integer_value(json_object_get(t->cases, "groups"));
    int n = (int)json_integer_value(json_object_get(t->cases, "passages"));
    float scores[MAX_TEXTS], dscores[MAX_TEXTS], teacher[MAX_GROUP];
    double value = 0;
    scores_of(t, scores);
    for (int i = 0; i < groups; i++) {
        const json_t *row = json_array_get(json_object_get(t->cases, "teacher"), (size_t)i);
        for (int j = 0; j < n; j++)
            teacher[j] = (float)json_number_value(json_array_get(row, (size_t)j));
        value += training_loss_group(&loss, scores + i * n, teacher, n, groups, dscores + i * n);
    }
    if (backward)
        head_backward(t, dscores);
    return value;
}

/* Mean cross-entropy of the answers' tokens; logits [V] become its gradient. */
static double row_loss(float *logits, int64_t vocab, int32_t token, double share) {
    double log_sum = kernels_get()->log_sum_exp(logits, (size_t)vocab);
    double value = share * (log_sum - (double)logits[token]);
    for (int64_t v = 0; v < vocab; v++)
        logits[v] = (float)(share * exp((double)logits[v] - log_sum));
    logits[token] -= (float)share;
    return value;
}

static double stage2_loss(training *t, bool backward) {
    int64_t vocab = learner_get_config(t->l)->vocab_size;
    dear_error err;
    float *logits = mem_alloc_aligned((size_t)(t->rows * vocab) * sizeof *logits);
    double value = 0, share = 1.0 / (double)(t->rows - (int64_t)t->count);
    if (!logits || learner_logits(t->l, t->hidden, t->rows, logits, &err) != DEAR_OK)
        return NAN;
    float *row = logits;
    for (size_t i = 0; i < t->count; i++) {
        const llama_sequence *s = &t->sequences[i];
        for (int64_t j = s->first_row; j < s->count; j++, row += vocab)
            if (j + 1 < s->count)
                value += row_loss(row, vocab, s->ids[j + 1], share);
            else
                memset(row, 0, (size_t)vocab * sizeof *row);
    }
    if (backward && learner_logits_backward(t->l, t->hidden, logits, t->rows, t->dhidden, &err))
        value = NAN;
    mem_free(logits);
    return value;
}

/* The loss as things stand, its gradients in place of what was there. */
static double take_gradients(training *t, dear_error *err) {
    learner_batch batch = {t->sequences, t->count, true, 0};
    learner_clear_gradients(t->l);
    if (learner_forward(t->l, &batch, t->hidden, t->rows, err) != DEAR_OK)
        return NAN;
    double value = first_stage(t) ? stage1_loss(t, true) : stage2_loss(t, true);
    return learner_backward(t->l, t->dhidden, err) == DEAR_OK ? value : NAN;
}

/* The distance of two tensors over the norm of the expected one. */
static double norm_error(const tensor *expected, const float *got, int64_t count) {
    float *wide = mem_alloc_aligned((size_t)count * sizeof *wide);
    double distance = 0, norm = 0;
    tensor_widen(expected->type, expected->data, count, wide);
    for (int64_t i = 0; i < count; i++) {
        double difference = (double)wide[i] - (double)got[i];
        distance += difference * difference;
        norm += (double)wide[i] * (double)wide[i];
    }
    mem_free(wide);
    return sqrt(distance) / (norm > 0 ? sqrt(norm) : 1);
}

/* The parameter's name in a file: the score head's differs between the two. */
static void name_in_file(char out[160], const parameter *p, const char *prefix,
                         const char *score_name) {
    snprintf(out, 160, "%s%s", prefix, strcmp(p->name, "score.weight") == 0 ? score_name : p->name);
}

/* The largest error of all parameters' values or gradients against a file of tensors. */
static double worst_tensor(const training *t, const char *path, const char *prefix,
                           const char *score_name, bool gradients) {
    safetensors *file;
    dear_error err;
    if (safetensors_open(&file, path, &err) != DEAR_OK)
        return NAN;
    size_t count, matched = 0;
    const parameter *parameters = learner_parameters(t->l, &count);
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        char name[160];
        name_in_file(name, &parameters[i], prefix, score_name);
        const tensor *expected = safetensors_find(file, name);
        if (!expected || !tensor_has_shape(expected, parameters[i].rows, parameters[i].columns))
            continue;
        matched++;
        double error =
            norm_error(expected, gradients ? parameters[i].gradient : parameters[i].value,
                       parameters[i].rows * parameters[i].columns);
        worst = error > worst ? error : worst;
    }
    bool all = matched == count && matched == safetensors_count(file);
    safetensors_close(file);
    return all ? worst : NAN;
}

static void check_gradients(const training *t, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s-grads.safetensors", t->directory, t->stage);
    golden_check(t->g, name, "gradients",
                 worst_tensor(t, path, "", "score.modules_to_save.weight", true), 1e-3);
}

static void check_after(const training *t, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s-after/adapter_model.safetensors", t->directory, t->stage);
    golden_check(t->g, name, "adapter after six steps",
                 worst_tensor(t, path, "base_model.model.", "score.weight", false), 1e-3);
}

static double relative(double expected, double got) {
    return fabs(got - expected) / fabs(expected);
}

static double larger(double a, double b) {
    return b > a || isnan(b) ? b : a;
}

/* Six steps: the largest errors of losses and of gradient norms. */
static void check_steps(training *t, const char *name, dear_error *err) {
    const json_t *steps = json_object_get(t->cases, "steps");
    double loss_error = 0, norm_error_seen = 0;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        double loss = take_gradients(t, err), norm = adamw_gradient_norm(&t->optimizer);
        if (i == 0)
            check_gradients(t, name);
        loss_error =
            larger(loss_error, relative(json_number_value(json_object_get(step, "loss")), loss));
        norm_error_seen = larger(
            norm_error_seen, relative(json_number_value(json_object_get(step, "grad_norm")), norm));
        adamw_update(&t->optimizer, 2e-3, gradient_clip(norm, 1));
    }
    golden_check(t->g, name, "losses of six steps", loss_error, 1e-4);
    golden_check(t->g, name, "gradient norms", norm_error_seen, 1e-3);
}

static void check_final_scores(training *t, const char *name, dear_error *err) {
    learner_batch batch = {t->sequences, t->count, false, 0};
    float scores[MAX_TEXTS];
    double got[MAX_TEXTS];
    size_t count;
    double *expected = golden_numbers(json_object_get(t->cases, "final_scores"), &count);
    if (learner_forward(t->l, &batch, t->hidden, t->rows, err) != DEAR_OK || count != t->count) {
        golden_fail(t->g, name, "no final scores");
    } else {
        scores_of(t, scores);
        for (size_t i = 0; i < count; i++)
            got[i] = scores[i];
        golden_check(t->g, name, "final scores", golden_error(expected, got, count), 1e-3);
    }
    mem_free(expected);
}

static void close_training(training *t) {
    for (size_t i = 0; i < t->count; i++)
        mem_free(t->ids[i]);
    mem_free(t->ids);
    mem_free(t->sequences);
    mem_free(t->hidden);
    mem_free(t->dhidden);
    adamw_free(&t->optimizer);
    learner_close(t->l);
    model_close(t->m);
    json_decref(t->cases);
}

static dear_status open_training(training *t, const char *path, dear_error *err) {
    TRY(json_read_file(&t->cases, path, 64 << 20, err));
    TRY(open_learner(t, err));
    TRY(read_batch(t, err));
    return make_optimizer(t, err);
}

void golden_training(golden *g, const char *directory, const char *file) {
    training t = {.g = g, .directory = directory};
    char *path = path_join(directory, file);
    dear_error err = {0};
    snprintf(t.stage, sizeof t.stage, "%.12s", file);
    if (open_training(&t, path, &err) == DEAR_OK) {
        check_steps(&t, path, &err);
        check_after(&t, path);
        if (first_stage(&t))
            check_final_scores(&t, path, &err);
    } else {
        golden_fail(g, path, err.message);
    }
    close_training(&t);
    mem_free(path);
}
