/*
 * A model as files hold it: shape, tokenizer, and weights under Hugging Face's names whatever the
 * format, with adapters merged as they are read. Weights stay in the mapped file; the engine asks
 * for rows and packs them as it likes.
 */
#ifndef DEAR_MODEL_MODEL_H
#define DEAR_MODEL_MODEL_H

#include "model/config.h"
#include "model/tensor.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

typedef struct model model;

/*
 * Opens a model: a Hugging Face directory, a .gguf file, or a PEFT adapter directory (whose base is
 * then found through base_model_name_or_path). `adapter` is a further PEFT directory to merge, or
 * NULL.
 */
dear_status model_open(model **out, const char *path, const char *adapter, dear_error *err);

/* As model_open, for what lookup_model finds under `name`: a path, a known name, "org/name", or NULL
 * for the default model. */
dear_status model_open_by_name(model **out, const char *name, const char *adapter, dear_error *err);
void model_close(model *m);

const llama_config *model_config(const model *m);
const tokenizer *model_tokenizer(const model *m);
const char *model_path(const model *m);
/* The Jinja text of its chat template, or NULL. */
const char *model_chat_template(const model *m);
/* True when there is a score head (score.weight), from the model or from an adapter. */
bool model_has_score_head(const model *m);
/* Divisors of the rope frequencies, [head_dim/2], when the file holds them (ROPE_FACTORS); or NULL. */
const float *model_rope_factors(const model *m);

/* True when the model holds that weight ("model.layers.0.self_attn.q_proj.weight"). "lm_head.weight"
 * is there in a model that ties it to the embeddings too. */
bool model_has(const model *m, const char *name);

/*
 * Rows [first, first + count) of a weight, widened to float32, GGUF's permutation of Q and K undone
 * and LoRA merged in float32: out is [count, columns]. A vector counts as one row. The shape asked
 * for (`rows` x `columns`) is held to the file's. Any number of threads may read at the same time.
 */
dear_status model_read_rows(const model *m, const char *name, int64_t rows, int64_t columns,
                            int64_t first, int64_t count, float *out /* [count, columns] */,
                            dear_error *err);

/*
 * Bits of a weight's quantized values, 4 or 8, when its file holds it in groups of 32 numbers of a
 * row that share a scale and a minimum: 4 for Q4_0, Q4_1 and Q4_K, 8 for Q5_0, Q5_1, Q5_K and Q8_0.
 * 0 for other types, when an adapter changes the weight, and when there is none of that name.
 */
int model_group_bits(const model *m, const char *name);

/* The q that stands for 0 in every group of such a weight, all minima being -q * scale: 8 for Q4_0,
 * 16 for Q5_0, 128 for Q8_0; -1 for the other types. */
int model_group_zero(const model *m, const char *name);

/*
 * Rows [first, first + count) of a weight that has group bits, as its file holds them: value =
 * scale * q + minimum. Otherwise as model_read_rows; DEAR_ERROR_USAGE for a weight without.
 */
dear_status model_read_groups(const model *m, const char *name, int64_t rows, int64_t columns,
                              int64_t first, int64_t count,
                              uint8_t *q /* [count, columns], one value a byte */,
                              float *scale /* [count, columns/32] */,
                              float *minimum /* [count, columns/32] */, dear_error *err);

/* Gives back the memory that reading weights took, as file_map_release; for a loader that is done with
 * some of them. */
void model_release(const model *m);

/* Bytes of the base's weights in its files, for progress and `dear info`. */
size_t model_file_bytes(const model *m);

#endif
