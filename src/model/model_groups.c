/* Weights as their files hold them, for kernels that multiply quantized numbers. */
#include "model/model_parts.h"
#include "model/quant_groups.h"

/* A tensor's rows end with a block, so groups never reach across them. */
static int group_bits(const model *m, const found_weight *w, const char *name) {
    for (int i = w->first_adapter; i < m->num_adapters; i++)
        if (adapter_changes(m->adapters[i], name))
            return 0;
    return quant_group_bits(w->tensor->type);
}

int model_group_bits(const model *m, const char *name) {
    found_weight w;
    return model_find(&w, m, name) ? group_bits(m, &w, name) : 0;
}

int model_group_zero(const model *m, const char *name) {
    found_weight w;
    return model_find(&w, m, name) ? quant_group_zero(w.tensor->type) : -1;
}

dear_status model_read_groups(const model *m, const char *name, int64_t rows, int64_t columns,
                              int64_t first, int64_t count, uint8_t *q, float *scale,
                              float *minimum, dear_error *err) {
    found_weight w;
    TRY(model_find_rows(&w, m, name, rows, columns, first, count, err));
    if (group_bits(m, &w, name) == 0)
        return error_set(err, DEAR_ERROR_USAGE, "%s: weight \"%s\" is not held in groups of %d",
                         m->path, name, QUANT_GROUP);
    int64_t groups = columns / QUANT_GROUP;
    tensor_type type = w.tensor->type;
    size_t row_bytes = (size_t)(columns / tensor_block_elements(type)) * tensor_block_bytes(type);
    for (int64_t i = 0; i < count; i++) {
        size_t row = (size_t)model_row_in_file(m, &w, first + i);
        quant_unpack(type, w.tensor->data + row * row_bytes, groups, q + i * columns,
                     scale + i * groups, minimum + i * groups);
    }
    return DEAR_OK;
}
