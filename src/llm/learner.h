/*
 * A LLaMA that learns: LoRA adapters (Hu et al., 2021) beside frozen weights, or all weights
 * themselves. The forward runs over packed sequences, without padding, and writes what the backward
 * needs on a tape: the input of every layer, and as many layers' inner activations as memory is
 * granted for; the others' are computed again (Chen et al., 2016).
 *
 * T tokens of a forward, H hidden size.
 */
#ifndef DEAR_LLM_LEARNER_H
#define DEAR_LLM_LEARNER_H

#include "llm/llama.h"
#include "model/adapter.h"

/* The matrices of a layer, by PEFT's names. */
typedef enum learner_module {
    LEARNER_Q,
    LEARNER_K,
    LEARNER_V,
    LEARNER_O,
    LEARNER_GATE,
    LEARNER_UP,
    LEARNER_DOWN,
    LEARNER_NUM_MODULES
} learner_module;

/* "q_proj", "k_proj", ... */
const char *learner_module_name(learner_module m);

typedef struct learner_options {
    bool full;        ///< all weights learn; what follows about LoRA is not looked at
    int64_t rank;     ///< r of LoRA
    double alpha;     ///< the product is scaled by alpha / rank
    double dropout;   ///< of the inputs of LoRA's products, in [0, 1)
    unsigned modules; ///< bit 1 << learner_module: which matrices learn
    bool head;        ///< the score head, [1, H], learns; made if the model has none
    precision base;   ///< of the frozen weights: PRECISION_F32 or PRECISION_BF16
    size_t memory;    ///< bytes that weights and tape may take; 0: half of the machine's
    uint64_t seed;    ///< of first values and dropout
} learner_options;

/* DeAR's: r 32, alpha 64, dropout 0.1 on q, v, o, down, up, gate, and the score head. */
learner_options learner_defaults(void);

/* A tensor that learns. */
typedef struct parameter {
    char name[96];   ///< "model.layers.0.self_attn.q_proj.lora_A.weight", "score.weight"
    float *value;    ///< [rows, columns]
    float *gradient; ///< [rows, columns], added to by every backward
    int64_t rows, columns;
} parameter;

typedef struct learner learner;

/* `m` must outlive it. It must not have adapters of its own merged: learner_load starts from one. */
dear_status learner_open(learner **out, const model *m, const learner_options *options,
                         llama_progress progress, void *context, dear_error *err);
void learner_close(learner *l);

/* Takes first values from a PEFT adapter, which must change or replace exactly what learns here. */
dear_status learner_load(learner *l, const adapter *from, dear_error *err);

const learner_options *learner_get_options(const learner *l);
const llama_config *learner_get_config(const learner *l);

/* All that learns, in an order that depends on the options alone; *count of them. */
parameter *learner_parameters(learner *l, size_t *count);
/* The score head's, or NULL. */
parameter *learner_score_head(learner *l);
void learner_clear_gradients(learner *l);

/* One forward. `sequences` have neither prefix nor cache. */
typedef struct learner_batch {
    const llama_sequence *sequences;
    size_t count;
    bool learning; ///< a backward will follow: a tape is written, inputs are dropped out
    uint64_t step; ///< decides, with the seed, which inputs are dropped
} learner_batch;

/* As llama_forward: the wanted rows' states after the final norm. */
dear_status learner_forward(learner *l, const learner_batch *batch, float *hidden /* [rows, H] */,
                            int64_t capacity, dear_error *err);

/* Adds to the gradients what the loss's gradient with respect to the last learning forward's states
 * gives. Ends that tape. */
dear_status learner_backward(learner *l, const float *dhidden /* [rows, H] */, dear_error *err);

/* Next-token logits of states, and their gradient's way back: dhidden = dlogits W. The output head is
 * frozen unless all weights learn. */
dear_status learner_logits(learner *l, const float *hidden /* [rows, H] */, int64_t rows,
                           float *logits /* [rows, vocab_size] */, dear_error *err);
dear_status learner_logits_backward(learner *l, const float *hidden /* [rows, H] */,
                                    const float *dlogits /* [rows, vocab_size] */, int64_t rows,
                                    float *dhidden /* [rows, H] */, dear_error *err);

/* Floating-point operations of the matrix products so far, recomputation included. */
double learner_operations(const learner *l);

#endif
