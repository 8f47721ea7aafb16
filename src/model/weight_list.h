/* The weights that a model of some shape has, as a file is to hold them. */
#ifndef DEAR_MODEL_WEIGHT_LIST_H
#define DEAR_MODEL_WEIGHT_LIST_H

#include "model/tensor.h"
#include "model/weight_names.h"

/* The element types of a file. */
typedef struct weight_types {
    tensor_type matrices;   ///< F16 where a row is no whole number of blocks
    tensor_type embeddings; ///< of the embedding and the output head; likewise
    tensor_type vectors;    ///< of norms, biases and the score head
} weight_types;

typedef struct listed_weight {
    char name[WEIGHT_NAME_SIZE]; ///< Hugging Face's
    weight_info info;            ///< shape, GGUF's name and order
    tensor_type type;
    int num_dims; ///< 2, or 1 for norms and biases
    size_t bytes;
} listed_weight;

typedef struct weight_list {
    listed_weight *items;
    size_t count;
    size_t capacity;
    uint64_t bytes; ///< of all
} weight_list;

/* The weights that a model of shape `c` cannot do without, in the order of its computation; the
 * caller ends the list with weight_list_free. */
dear_status weight_list_make(weight_list *out, const llama_config *c, const weight_types *types,
                             dear_error *err);
void weight_list_free(weight_list *list);

/* They as safetensors announce them: names and shapes, no data. In memory that the caller frees with
 * mem_free; the names are the list's. NULL when there is none. */
tensor *weight_list_tensors(const weight_list *list);

#endif
