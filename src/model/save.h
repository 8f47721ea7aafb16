/*
 * Saving a model, whatever it was read from and with its adapters merged, as a Hugging Face folder
 * or a GGUF file. Weights pass through a block of rows at a time, so memory does not grow with the
 * model. What is written is described in docs/formats.md.
 */
#ifndef DEAR_MODEL_SAVE_H
#define DEAR_MODEL_SAVE_H

#include "model/model.h"

/* Told the share of the weights that is written, 0 to 1; returning false ends it. */
typedef bool (*save_progress)(void *context, double share);

typedef struct save_options {
    tensor_type type;       ///< of the matrices, one of quantize.h
    save_progress progress; ///< or NULL
    void *context;          ///< of `progress`
} save_options;

/* The type that loses nothing, or next to nothing, of the model's own file: F32 for F32, BF16 for
 * BF16, else F16. */
tensor_type save_default_type(const model *m);

/*
 * Makes the folder `path`, which must not be there yet: config.json, generation_config.json, the
 * tokenizer's files and safetensors of `type` (F32, F16 or BF16) in shards of 5 GB. It appears under
 * its name when it is whole; nothing is left after a failure. A disk without room is an error before
 * anything is written; DEAR_ERROR_CANCELLED when `progress` said so.
 */
dear_status model_save_folder(const model *m, const char *path, const save_options *o,
                              dear_error *err);

/*
 * Makes the GGUF file `path`, likewise, over what may be there: matrices of `type`, norms and score
 * head in F32; with Q4_0 and Q4_1 the embedding and the output head are Q8_0. A matrix whose rows
 * are no whole blocks is F16. A tokenizer that GGUF cannot hold is DEAR_ERROR_UNSUPPORTED.
 */
dear_status model_save_gguf(const model *m, const char *path, const save_options *o,
                            dear_error *err);

#endif
