/* The weights of a LLaMA: their names in Hugging Face's files and in GGUF, and their shapes. */
#ifndef DEAR_MODEL_WEIGHT_NAMES_H
#define DEAR_MODEL_WEIGHT_NAMES_H

#include "model/config.h"

enum { WEIGHT_NAME_SIZE = 96 };

typedef struct weight_info {
    int64_t rows; ///< 1 for a vector
    int64_t columns;
    int64_t permuted_heads;           ///< heads whose rows GGUF permutes (Q and K); 0: none
    char gguf_name[WEIGHT_NAME_SIZE]; ///< "blk.0.attn_q.weight"
} weight_info;

/* What `name` ("model.layers.0.self_attn.q_proj.weight") is in a model of that shape; false when
 * such a model has no weight of that name. */
bool weight_describe(weight_info *out, const llama_config *c, const char *name);

/*
 * Where row `row` of a weight with permuted heads stands in a GGUF file. Its converter rotates
 * neighbours, Hugging Face's code halves: row i of half s of a head, at s * head_dim/2 + i there,
 * stands at 2 i + s here.
 */
int64_t weight_gguf_row(int64_t head_dim, int64_t row);

/* All names, by index from 0: false behind the last. Biases are among them when the configuration
 * has them; the output head and the score head always are. */
bool weight_name_at(const llama_config *c, size_t index, char name[WEIGHT_NAME_SIZE]);

/* True when the model cannot do without it: neither head is needed by all. */
bool weight_is_required(const llama_config *c, const char *name);

#endif
