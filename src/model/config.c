#include "model/config.h"

/* What any LLaMA is far below, and what still multiplies without overflow. */
enum {
    MAX_VOCAB = 1 << 24,
    MAX_WIDTH = 1 << 20,
    MAX_LAYERS = 1 << 12,
    MAX_HEADS = 1 << 14,
    MAX_HEAD_DIM = 1 << 12,
    MAX_POSITIONS = 1 << 30
};

dear_status config_add_eos(llama_config *c, int64_t id, const char *where, dear_error *err) {
    if (id < 0 || id > INT32_MAX)
        return error_set(err, DEAR_ERROR_INPUT, "%s: the end-of-text token %lld is no token", where,
                         (long long)id);
    for (int i = 0; i < c->num_eos; i++)
        if (c->eos[i] == id)
            return DEAR_OK;
    if (c->num_eos == MODEL_MAX_EOS)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: more than %d different end-of-text tokens", where, MODEL_MAX_EOS);
    c->eos[c->num_eos++] = (int32_t)id;
    return DEAR_OK;
}

dear_status config_derive_head_dim(llama_config *c, const char *where, dear_error *err) {
    if (c->head_dim != 0)
        return DEAR_OK;
    if (c->num_heads < 1 || c->hidden_size % c->num_heads != 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: the hidden size %lld is no multiple of the number of heads, %lld",
                         where, (long long)c->hidden_size, (long long)c->num_heads);
    c->head_dim = c->hidden_size / c->num_heads;
    return DEAR_OK;
}

static dear_status check_size(int64_t value, int64_t max, const char *what, const char *where,
                              dear_error *err) {
    if (value >= 1 && value <= max)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT, "%s: %s is %lld, which is not between 1 and %lld",
                     where, what, (long long)value, (long long)max);
}

static dear_status check_sizes(const llama_config *c, const char *where, dear_error *err) {
    TRY(check_size(c->vocab_size, MAX_VOCAB, "the vocabulary's size", where, err));
    TRY(check_size(c->hidden_size, MAX_WIDTH, "the hidden size", where, err));
    TRY(check_size(c->intermediate_size, MAX_WIDTH, "the intermediate size", where, err));
    TRY(check_size(c->num_layers, MAX_LAYERS, "the number of layers", where, err));
    TRY(check_size(c->num_heads, MAX_HEADS, "the number of heads", where, err));
    TRY(check_size(c->num_kv_heads, MAX_HEADS, "the number of key-value heads", where, err));
    TRY(check_size(c->head_dim, MAX_HEAD_DIM, "the size of a head", where, err));
    return check_size(c->max_positions, MAX_POSITIONS, "the number of positions", where, err);
}

static dear_status check_rope(const llama_config *c, const char *where, dear_error *err) {
    if (!(c->rope_theta > 0))
        return error_set(err, DEAR_ERROR_INPUT, "%s: rope theta must be positive", where);
    if ((c->rope == ROPE_LINEAR || c->rope == ROPE_LLAMA3) && !(c->rope_factor > 0))
        return error_set(err, DEAR_ERROR_INPUT, "%s: the rope factor must be positive", where);
    if (c->rope != ROPE_LLAMA3)
        return DEAR_OK;
    if (!(c->rope_low_freq_factor > 0) || !(c->rope_high_freq_factor > c->rope_low_freq_factor))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: llama3 rope needs 0 < low_freq_factor < high_freq_factor", where);
    return check_size(c->rope_original_positions, MAX_POSITIONS,
                      "rope's original number of positions", where, err);
}

dear_status config_check(const llama_config *c, const char *where, dear_error *err) {
    TRY(check_sizes(c, where, err));
    if (c->num_heads % c->num_kv_heads != 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: %lld heads cannot share %lld key-value heads evenly", where,
                         (long long)c->num_heads, (long long)c->num_kv_heads);
    if (c->head_dim % 2 != 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: the size of a head (%lld) must be even", where,
                         (long long)c->head_dim);
    if (!(c->rms_norm_eps > 0 && c->rms_norm_eps < 1))
        return error_set(err, DEAR_ERROR_INPUT, "%s: the norm's epsilon must lie between 0 and 1",
                         where);
    if (c->bos >= c->vocab_size)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: the BOS token %d is not in the vocabulary of %lld", where,
                         (int)c->bos, (long long)c->vocab_size);
    return check_rope(c, where, err);
}
