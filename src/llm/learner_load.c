/* First values from an adapter that was trained before. */
#include "llm/learner_parts.h"

#include <stdio.h>
#include <string.h>

/* The weight that a LoRA parameter belongs to: "…q_proj.weight" of "…q_proj.lora_A.weight". */
static bool changed_weight(char out[96], const parameter *p, bool *is_a) {
    const char *lora = strstr(p->name, ".lora_");
    if (!lora)
        return false;
    *is_a = lora[strlen(".lora_")] == 'A';
    snprintf(out, 96, "%.*s.weight", (int)(lora - p->name), p->name);
    return true;
}

static dear_status take(parameter *p, const tensor *t, const adapter *from, dear_error *err) {
    char shape[96];
    if (!t)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has nothing for %s, which is to learn",
                         adapter_directory(from), p->name);
    if (!tensor_has_shape(t, p->rows, p->columns))
        return error_set(err, DEAR_ERROR_INPUT, "%s: %s has the shape %s where [%lld, %lld] learns",
                         adapter_directory(from), t->name, tensor_shape_text(t, shape),
                         (long long)p->rows, (long long)p->columns);
    tensor_widen(t->type, t->data, p->rows * p->columns, p->value);
    return DEAR_OK;
}

/* The adapter's own scale goes into B, so that alpha / r times it gives the same product. */
static void rescale(parameter *b, double factor) {
    for (int64_t i = 0; factor != 1 && i < b->rows * b->columns; i++)
        b->value[i] = (float)(factor * b->value[i]);
}

static dear_status load_parameter(learner *l, parameter *p, const adapter *from, dear_error *err) {
    char weight[96];
    bool is_a;
    if (!changed_weight(weight, p, &is_a))
        return take(p, adapter_replacement(from, p->name), from, err);
    const tensor *a = NULL, *b = NULL;
    double scale = adapter_factors(from, weight, &a, &b);
    TRY(take(p, is_a ? a : b, from, err));
    if (!is_a)
        rescale(p, scale * (double)l->options.rank / l->options.alpha);
    return DEAR_OK;
}

static bool is_learnt(const learner *l, const char *weight) {
    size_t module = strlen(weight) - strlen(".weight");
    for (size_t i = 0; i < l->num_parameters; i++) {
        const char *name = l->parameters[i].name;
        if (strcmp(name, weight) == 0 ||
            (strncmp(name, weight, module) == 0 && strncmp(name + module, ".lora_", 6) == 0))
            return true;
    }
    return false;
}

dear_status learner_load(learner *l, const adapter *from, dear_error *err) {
    for (size_t i = 0; i < adapter_count(from); i++)
        if (!is_learnt(l, adapter_name_at(from, i)))
            return error_set(err, DEAR_ERROR_INPUT, "%s: changes %s, which is not to learn",
                             adapter_directory(from), adapter_name_at(from, i));
    for (size_t i = 0; i < l->num_parameters; i++)
        TRY(load_parameter(l, &l->parameters[i], from, err));
    return DEAR_OK;
}
