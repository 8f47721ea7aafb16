/* Which weights a model of a shape has, and how their random numbers are spread. */
#ifndef DEAR_BENCH_MAKE_MODEL_WEIGHTS_H
#define DEAR_BENCH_MAKE_MODEL_WEIGHTS_H

#include "model/tensor.h"
#include "model/weight_names.h"

typedef struct weight {
    char name[WEIGHT_NAME_SIZE];      ///< Hugging Face's
    char gguf_name[WEIGHT_NAME_SIZE]; ///< GGUF's
    tensor_type type;
    int num_dims; ///< 1 for a norm, else 2
    int64_t rows; ///< 1 for a norm
    int64_t columns;
    size_t bytes;
    float mean, spread; ///< uniform from mean - spread to mean + spread
} weight;

typedef struct weight_list {
    weight *items;
    size_t count;
    size_t capacity;
    double bytes; ///< of all
} weight_list;

/* The weights that a model of shape `c` cannot do without, in the order of its computation; the
 * caller ends the list with weight_list_free. */
dear_status weight_list_make(weight_list *out, const llama_config *c, tensor_type matrices,
                             tensor_type norms, dear_error *err);
void weight_list_free(weight_list *list);

#endif
