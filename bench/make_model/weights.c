#include "weights.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* A matrix of variance 1/columns keeps the size of what it is multiplied with, so activations stay
 * finite through any number of layers. */
static void set_distribution(weight *w) {
    bool is_norm = w->num_dims == 1;
    w->mean = is_norm ? 1 : 0;
    w->spread = is_norm ? 0.1f : sqrtf(3 / (float)w->columns);
}

/* All about the weight that `w` names. */
static dear_status describe(weight *w, const llama_config *c, tensor_type matrices,
                            tensor_type norms, dear_error *err) {
    weight_info info;
    weight_describe(&info, c, w->name);
    bool is_norm = strstr(w->name, "norm") != NULL;
    w->type = is_norm ? norms : matrices;
    w->num_dims = is_norm ? 1 : 2;
    w->rows = info.rows;
    w->columns = info.columns;
    memcpy(w->gguf_name, info.gguf_name, sizeof w->gguf_name);
    set_distribution(w);
    if (!tensor_shape_bytes(w->type, 2, (int64_t[]){w->rows, w->columns}, &w->bytes))
        return error_set(err, DEAR_ERROR_INPUT, "%s: its rows of %lld are no whole blocks of %s",
                         w->name, (long long)w->columns, tensor_type_name(w->type));
    return DEAR_OK;
}

static dear_status add_weight(weight_list *list, const weight *w, dear_error *err) {
    if (!mem_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return error_memory(err);
    list->items[list->count++] = *w;
    list->bytes += (double)w->bytes;
    return DEAR_OK;
}

dear_status weight_list_make(weight_list *out, const llama_config *c, tensor_type matrices,
                             tensor_type norms, dear_error *err) {
    weight w;
    dear_status status = DEAR_OK;
    *out = (weight_list){0};
    for (size_t i = 0; status == DEAR_OK && weight_name_at(c, i, w.name); i++) {
        if (!weight_is_required(c, w.name))
            continue;
        status = describe(&w, c, matrices, norms, err);
        if (status == DEAR_OK)
            status = add_weight(out, &w, err);
    }
    if (status != DEAR_OK)
        weight_list_free(out);
    return status;
}

void weight_list_free(weight_list *list) {
    mem_free(list->items);
    *list = (weight_list){0};
}
