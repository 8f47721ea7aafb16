/* What a learner has learnt, as a PEFT adapter. */
#ifndef DEAR_TRAIN_SAVE_ADAPTER_H
#define DEAR_TRAIN_SAVE_ADAPTER_H

#include "llm/learner.h"

typedef struct saved_adapter {
    const char *directory;
    const char *base;   ///< base_model_name_or_path
    tensor_type type;   ///< F32, F16 or BF16
    bool is_classifier; ///< scored by a head
} saved_adapter;

/* Writes the adapter of a learner whose weights are frozen (adapter_write tells how). */
dear_status save_adapter(const saved_adapter *where, learner *l, dear_error *err);

#endif
