/* The shape and the tensors of a LLaMA as GGUF announces them (as llama.cpp's converter does). */
#ifndef DEAR_MODEL_GGUF_WRITE_CONFIG_H
#define DEAR_MODEL_GGUF_WRITE_CONFIG_H

#include "model/gguf_write.h"
#include "model/weight_list.h"

/* Puts general.architecture, general.file_type for matrices of `type`, and llama.*. Rope divisors
 * are a tensor, which gguf_rope_divisors fills. */
void gguf_put_config(gguf_writer *w, const llama_config *c, tensor_type type);

/* What "rope_freqs.weight" holds for such a model, [head_dim/2]: `factors`, the model's own, with
 * ROPE_FACTORS, LLaMA 3's formula written out with ROPE_LLAMA3; else *out is NULL. The caller frees
 * *out. */
dear_status gguf_rope_divisors(float **out, const llama_config *c, const float *factors,
                               dear_error *err);

/* Announces the listed weights, then "rope_freqs.weight" with `num_divisors` numbers, if any. */
void gguf_put_tensors(gguf_writer *w, const weight_list *list, int64_t num_divisors);

#endif
