/* The learner's inside, shared by its files. Q = num_heads * head_dim, K = num_kv_heads * head_dim, I
 * intermediate size, r LoRA's rank. */
#ifndef DEAR_LLM_LEARNER_PARTS_H
#define DEAR_LLM_LEARNER_PARTS_H

#include "llm/engine.h"
#include "llm/learner.h"

enum { MAX_STACKED = 3 };

/* One of the matrices that a projection stacks, and how it learns. */
typedef struct stacked_part {
    learner_module module;
    int64_t offset, out; ///< columns [offset, offset + out) of the projection's result
    parameter *a, *b;    ///< LoRA's [r, in] and [out, r], or NULL
    parameter *weight;   ///< [out, in] when all weights learn, else NULL
} stacked_part;

typedef struct tuned_projection {
    projection_kind kind;
    int64_t in, out;
    projection frozen;  ///< y = x W^T; held while needed, unused when all weights learn
    linear *transposed; ///< x = y W, likewise
    stacked_part parts[MAX_STACKED];
    int num_parts;
    uint32_t place; ///< tells its dropout from that of others
} tuned_projection;

typedef struct norm_weight {
    float *value;         ///< [H]; the parameter's when there is one
    parameter *parameter; ///< or NULL: frozen
} norm_weight;

/* What a layer's backward needs besides its input. */
typedef struct layer_tape {
    float_buffer store; ///< the memory of what follows
    float *qkv;         ///< [T, Q + 2K], rotated
    float *attention;   ///< [T, Q]
    float *middle;      ///< [T, H] after attention was added
    float *gate_up;     ///< [T, 2I]
    float *lora;        ///< [T, r] for each matrix that learns, one after the other
} layer_tape;

typedef struct learner_layer {
    norm_weight attention_norm, mlp_norm;
    tuned_projection qkv, output, gate_up, down;
    float *input; ///< [T, H], on the tape
    bool kept;    ///< its inner activations stay on `tape`; else they are computed again
    layer_tape tape;
} learner_layer;

/* Room that all layers use in turn. */
typedef struct learner_space {
    float_buffer normed;     ///< [T, H]
    float_buffer dropped;    ///< [T, max(H, Q, I)]
    float_buffer activated;  ///< [T, I]
    float_buffer dqkv;       ///< [T, Q + 2K]
    float_buffer dattention; ///< [T, Q]
    float_buffer dgate_up;   ///< [T, 2I]
    float_buffer dactivated; ///< [T, I]
    float_buffer dnormed;    ///< [T, max(H, Q, I)]
    float_buffer dlora;      ///< [T, r]
    float_buffer dpassed;    ///< [T, max(H, Q, I)] gradient on its way through a dropout
} learner_space;

struct learner {
    const model *m;
    llama_config config;
    learner_options options;
    int64_t query, key; ///< Q, K
    rope_table rope;
    linear_scratch *scratch;
    parameter *parameters;
    size_t num_parameters;
    learner_layer *layers; ///< [num_layers]
    norm_weight final_norm;
    parameter *embedding; ///< [vocab, H] when all weights learn
    parameter *lm_head;   ///< likewise, where it is not tied to the embedding
    parameter *score;
    linear *head, *head_transposed; ///< packed when logits are first asked for
    bool resident;                  ///< frozen weights stay packed between uses

    /* The forward that the tape belongs to. */
    llama_sequence *sequences; ///< [num_sequences], their ids copied into `ids`
    size_t num_sequences, sequences_capacity;
    int32_t *ids;       ///< [T]
    int64_t *positions; ///< [T] of each token in its text
    size_t ids_capacity, positions_capacity;
    int64_t tokens, rows; ///< T, R
    bool learning;        ///< inputs are dropped out
    bool taped;           ///< a backward may follow
    uint64_t step;
    float_buffer inputs;  ///< [num_layers, T, H] of all layers
    float_buffer last;    ///< [T, H] what leaves the last layer
    float_buffer wanted;  ///< [R, H] of it
    layer_tape shared;    ///< of the layers that keep none, in turn
    float_buffer dstates; ///< [T, H]
    float_buffer drows;   ///< [R, H]
    learner_space space;
    double operations;
};

/* Gives the parameters their places, names and first values. */
dear_status learner_make_parameters(learner *l, dear_error *err);

/* Packs the frozen weights of a layer, unless they are there: those of the forward, or of both ways. */
dear_status learner_hold(learner *l, int64_t layer, bool both_ways, dear_error *err);
/* Frees them again unless they are resident. */
void learner_let_go(learner *l, int64_t layer);

void learner_free_frozen(learner *l, int64_t layer);
/* Whether frozen weights stay packed: when they take no more than their share of the budget. */
void learner_decide_residence(learner *l);
/* Bytes that parameters, their optimizer's moments and resident weights take. */
size_t learner_fixed_bytes(const learner *l);
size_t learner_memory_budget(const learner *l);

/* y = x W^T + bias with what is learnt, or y += with `add`; lora [T, r] of each part that learns. */
dear_status tuned_forward(learner *l, const tuned_projection *p, const float *x /* [T, in] */,
                          float *y /* [T, out] */, bool add, float *lora, dear_error *err);
/* Adds to the gradients of what is learnt and gives dx = dy W. */
dear_status tuned_backward(learner *l, const tuned_projection *p, const float *x /* [T, in] */,
                           const float *dy /* [T, out] */, const float *lora,
                           float *dx /* [T, in] */, dear_error *err);
/* Floats of `lora` that a projection takes for a token. */
int64_t tuned_lora_width(const learner *l, const tuned_projection *p);

/* y [T, H] = layer(its input), its inner activations on `tape`. */
dear_status learner_layer_forward(learner *l, int64_t layer, const layer_tape *tape, float *y,
                                  dear_error *err);
/* dx [T, H] goes in as the gradient of what leaves the layer, out as that of what enters it. */
dear_status learner_layer_backward(learner *l, int64_t layer, const layer_tape *tape, float *dx,
                                   dear_error *err);

/* Rows of a norm, and its way back: dx (+)=, and the weight's gradient where it learns. */
void learner_norm(const learner *l, float *y, const float *x, const float *weight, int64_t rows);
void learner_norm_backward(learner *l, float *dx, const float *dy, const float *x,
                           const norm_weight *w, int64_t rows, bool add);

/* Makes room for a forward of `tokens` tokens and decides which layers keep their inner activations. */
dear_status learner_lay_tape(learner *l, dear_error *err);
void learner_free_tape(learner *l);

#endif
