#include "model/weight_list.h"

#include "base/memory.h"

#include <string.h>

static bool is_score_head(const char *name) {
    return strcmp(name, "score.weight") == 0;
}

static bool is_embedding(const char *name) {
    return strcmp(name, "model.embed_tokens.weight") == 0 || strcmp(name, "lm_head.weight") == 0;
}

static tensor_type choose_type(const listed_weight *w, const weight_types *types) {
    if (w->info.rows == 1)
        return types->vectors;
    tensor_type type = is_embedding(w->name) ? types->embeddings : types->matrices;
    return w->info.columns % tensor_block_elements(type) == 0 ? type : TENSOR_F16;
}

/* All about the weight that `w` names; false when it is too large to have a size. */
static bool describe(listed_weight *w, const llama_config *c, const weight_types *types) {
    weight_describe(&w->info, c, w->name);
    w->num_dims = w->info.rows == 1 && !is_score_head(w->name) ? 1 : 2;
    w->type = choose_type(w, types);
    return tensor_shape_bytes(w->type, 2, (int64_t[]){w->info.rows, w->info.columns}, &w->bytes);
}

static dear_status add_weight(weight_list *list, const listed_weight *w, dear_error *err) {
    if (!mem_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return error_memory(err);
    list->items[list->count++] = *w;
    list->bytes += w->bytes;
    return DEAR_OK;
}

static dear_status add_weights(weight_list *list, const llama_config *c, const weight_types *types,
                               dear_error *err) {
    listed_weight w;
    for (size_t i = 0; weight_name_at(c, i, w.name); i++) {
        if (!weight_is_required(c, w.name))
            continue;
        if (!describe(&w, c, types))
            return error_set(err, DEAR_ERROR_INPUT, "weight \"%s\" is too large", w.name);
        TRY(add_weight(list, &w, err));
    }
    return DEAR_OK;
}

dear_status weight_list_make(weight_list *out, const llama_config *c, const weight_types *types,
                             dear_error *err) {
    *out = (weight_list){0};
    dear_status status = add_weights(out, c, types, err);
    if (status != DEAR_OK)
        weight_list_free(out);
    return status;
}

void weight_list_free(weight_list *list) {
    mem_free(list->items);
    *list = (weight_list){0};
}

tensor *weight_list_tensors(const weight_list *list) {
    tensor *tensors = mem_calloc(list->count, sizeof *tensors);
    for (size_t i = 0; tensors && i < list->count; i++) {
        const listed_weight *w = &list->items[i];
        tensor *t = &tensors[i];
        *t = (tensor){.name = w->name, .type = w->type, .num_dims = w->num_dims, .bytes = w->bytes};
        t->shape[0] = w->num_dims == 1 ? w->info.columns : w->info.rows;
        t->shape[1] = w->num_dims == 1 ? 0 : w->info.columns;
    }
    return tensors;
}
