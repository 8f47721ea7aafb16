/*
 * The LLaMA forward over packed sequences. No padding: the tokens of all sequences stand end to
 * end, [T, hidden]. A sequence may continue a KV cache (a prefix computed once and shared by many
 * sequences, or a conversation that grows).
 */
#ifndef DEAR_LLM_LLAMA_H
#define DEAR_LLM_LLAMA_H

#include "compute/linear.h"
#include "llm/kv_cache.h"
#include "model/model.h"

/* Where the time goes: operations that are timed one by one. */
typedef enum llama_operation {
    LLAMA_EMBED,
    LLAMA_NORM,
    LLAMA_QKV,
    LLAMA_ROPE,
    LLAMA_ATTENTION,
    LLAMA_OUTPUT,
    LLAMA_GATE_UP,
    LLAMA_SWIGLU,
    LLAMA_DOWN,
    LLAMA_RESIDUAL,
    LLAMA_HEAD,
    LLAMA_NUM_OPERATIONS
} llama_operation;

const char *llama_operation_name(llama_operation operation);

typedef struct llama llama;

/* The precision that llama_open computes in when `p` is asked for: PRECISION_AUTO is the faster here of
 * float32 and, when the model's files hold all projections in quantized groups, int8. */
precision llama_choose_precision(const model *m, precision p);

/* Packs the weights of `m` (which must outlive the engine) for llama_choose_precision(m, p). `progress`, if not NULL, is told the share done, 0 to 1. */
typedef void (*llama_progress)(void *context, double share);
dear_status llama_open(llama **out, const model *m, precision p, llama_progress progress,
                       void *context, dear_error *err);
void llama_close(llama *l);

const llama_config *llama_get_config(const llama *l);
precision llama_precision(const llama *l);
/* Bytes of packed weights that a step of decoding reads: the projections of all layers and, once
 * llama_logits has packed it, the output head. */
size_t llama_weight_bytes(const llama *l);

/* One sequence's part of a forward: `count` consecutive ids of the batch. */
typedef struct llama_sequence {
    const int32_t *ids;     ///< [count]
    int64_t count;          ///< >= 1
    const kv_cache *prefix; ///< read-only keys and values that come before, or NULL
    kv_cache *cache;        ///< where this sequence's keys and values are appended (after those it
                            ///< already holds, which it sees too), or NULL: not kept
    int64_t first_row;      ///< hidden states wanted: those of ids[first_row .. count)
} llama_sequence;

/*
 * Runs the model over `count` sequences. `hidden` receives, sequence by sequence, the states after
 * the final norm of the rows that were asked for: [rows, hidden_size]; `capacity` is the number of
 * rows there is room for. The last layer computes no others; int8 computes the tokens whose states
 * are wanted with activations of 16 bits, through all layers (linear_rows.precise).
 */
dear_status llama_forward(llama *l, const llama_sequence *sequences, size_t count,
                          float *hidden /* [rows, H] */, int64_t capacity, dear_error *err);

/* Next-token logits of `rows` states; DEAR_ERROR_USAGE for a model with a score head instead. */
dear_status llama_logits(llama *l, const float *hidden /* [rows, H] */, int64_t rows,
                         float *logits /* [rows, vocab_size] */, dear_error *err);

/* The score head on `rows` states; DEAR_ERROR_USAGE for a model without one. */
dear_status llama_scores(llama *l, const float *hidden /* [rows, H] */, int64_t rows,
                         float *scores /* [rows] */, dear_error *err);

/* Since the engine was opened: tokens run, how long that took, and how long threads spent in each
 * operation, all of them together. */
typedef struct llama_profile {
    double seconds[LLAMA_NUM_OPERATIONS];
    double elapsed;
    int64_t tokens;
} llama_profile;
void llama_get_profile(const llama *l, llama_profile *out);

#endif
