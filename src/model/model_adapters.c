/* What adapters change about a model besides its numbers. */
#include "model/adapter_config.h"
#include "model/model_parts.h"

#include <string.h>

static const char EMBEDDING[] = "model.embed_tokens.weight", HEAD[] = "lm_head.weight";

static bool touches(const adapter *a, const char *name) {
    return adapter_replacement(a, name) || adapter_changes(a, name);
}

/* An embedding that was resized for new tokens comes whole with the adapter. */
static void take_vocabulary(model *m, const adapter *a) {
    const tensor *embedding = adapter_replacement(a, EMBEDDING);
    if (embedding && embedding->num_dims == 2)
        m->config.vocab_size = embedding->shape[0];
}

/* PEFT changes the embedding and the output head apart even when the base ties them. (A classifier
 * needs no output head, and a resized embedding could not lend it one.) */
static dear_status untie(model *m, const adapter *a, dear_error *err) {
    if (!m->config.tied_embeddings || (!touches(a, EMBEDDING) && !touches(a, HEAD)))
        return DEAR_OK;
    if (adapter_ties_weights(a))
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: \"ensure_weight_tying\" is not supported: " ADAPTER_WAY_OUT,
                         adapter_directory(a));
    m->config.tied_embeddings = false;
    m->head_is_embedding = !m->config.is_classifier;
    return DEAR_OK;
}

static bool replaces_score(const model *m) {
    for (int i = 0; i < m->num_adapters; i++)
        if (adapter_replacement(m->adapters[i], "score.weight"))
            return true;
    return false;
}

dear_status model_apply_adapters(model *m, dear_error *err) {
    m->config.is_classifier = m->config.is_classifier || replaces_score(m);
    for (int i = 0; i < m->num_adapters; i++) {
        const adapter *a = m->adapters[i];
        if (adapter_is_classifier(a) && !m->config.is_classifier)
            return error_set(
                err, DEAR_ERROR_INPUT,
                "%s: a classifier (SEQ_CLS) without a score head, and its base has none",
                adapter_directory(a));
        take_vocabulary(m, a);
        TRY(untie(m, a, err));
    }
    return config_check(&m->config, m->path, err);
}
