/* The engine's inside, shared by llama.c (its life) and forward.c (its work). */
#ifndef DEAR_LLM_ENGINE_H
#define DEAR_LLM_ENGINE_H

#include "llm/llama.h"
#include "llm/rope.h"
#include "llm/weights.h"

/* A buffer of floats that grows and is used again by every forward. */
typedef struct float_buffer {
    float *data;
    size_t capacity;
} float_buffer;

/* At least `count` floats, their old content lost; NULL when there is no memory. */
float *float_buffer_reserve(float_buffer *b, int64_t count);

/* T tokens of the batch, R rows that are wanted, C tokens of a chunk. */
typedef struct workspace {
    float_buffer states;    ///< [T, H] the residual stream
    float_buffer wanted;    ///< [R, H] its wanted rows, for the last layer
    float_buffer normed;    ///< [C, H]
    float_buffer qkv;       ///< [T, Q + 2K]; in the last layer keys and values, [T, 2K]
    float_buffer queries;   ///< [R, Q] the last layer's
    float_buffer attention; ///< [T, Q]
    float_buffer gate_up;   ///< [C, 2I]
    float_buffer activated; ///< [C, I]
} workspace;

/* What a batch is computed with: by one thread when several batches run side by side, by all
 * threads when there is one. */
typedef struct lane {
    workspace space;
    linear_scratch *scratch;
    llama_profile profile; ///< seconds of threads
    double lap_started;
    int threads; ///< that work in it now
} lane;

struct llama {
    const model *m;
    llama_config config;
    precision p;
    llama_weights weights;
    linear *head; ///< packed when logits are first asked for
    rope_table rope;
    lane *lanes; ///< [num_lanes]
    int num_lanes;
    double elapsed; ///< seconds in llama_forward and llama_logits
};

/* Adds the time since the last lap to `operation` and starts the next lap. */
void lane_lap(lane *w, llama_operation operation);
/* Starts the clock without counting what went before. */
void lane_lap_start(lane *w);

/* As llama_forward, in one lane, the sequences having been checked and room made in their caches
 * and in the rope table. */
dear_status layers_run(llama *l, lane *w, const llama_sequence *sequences, size_t count,
                       float *hidden /* [rows, H] */, dear_error *err);

/* Refuses a sequence without tokens, with ids outside the vocabulary, or with rows that it lacks. */
dear_status llama_check_sequence(const llama_config *c, const llama_sequence *s, dear_error *err);

/* Where the sequence's first token stands in its text. */
int64_t llama_first_position(const llama_sequence *s);

#endif
