#include "golden/golden.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/config.h"
#include "model/gguf.h"
#include "model/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * Each tensor type against its float32 values. The bound of an element is 2^-23 of the largest
 * magnitude in its row's block: its block's scale times its quant is at most that.
 */
static double quant_error(const tensor *quantized, const tensor *expected, float *values) {
    int64_t count = (int64_t)(expected->bytes / sizeof(float));
    enum { BLOCK = 256 };
    double error = 0;
    tensor_widen(quantized->type, quantized->data, count, values);
    for (int64_t first = 0; first < count; first += BLOCK) {
        int64_t end = first + BLOCK < count ? first + BLOCK : count;
        double largest = 0, difference = 0;
        for (int64_t i = first; i < end; i++) {
            float wanted;
            memcpy(&wanted, expected->data + (size_t)i * sizeof wanted, sizeof wanted);
            largest = fmax(largest, fabs((double)wanted));
            double d = fabs((double)wanted - (double)values[i]);
            if (!(d <= difference))
                difference = d;
        }
        if (!(difference <= error * (largest > 0 ? largest : 1)))
            error = largest > 0 ? difference / largest : difference;
    }
    return error;
}

void golden_quants(golden *g, const char *directory) {
    dear_error err;
    char *path = path_join(directory, "quants.gguf");
    char *expected_path = path_join(directory, "quants-expected.safetensors");
    gguf *file = NULL;
    safetensors *expected = NULL;
    if (gguf_open(&file, path, &err) != DEAR_OK ||
        safetensors_open(&expected, expected_path, &err) != DEAR_OK)
        golden_fail(g, path, err.message);
    for (size_t i = 0; file && expected && i < gguf_count(file); i++) {
        const tensor *t = gguf_at(file, i);
        const tensor *wanted = safetensors_find(expected, t->name);
        if (!wanted) {
            golden_fail(g, path, "a tensor has no expected values");
            continue;
        }
        float *values = mem_alloc_aligned(wanted->bytes);
        golden_check(g, path, tensor_type_name(t->type), quant_error(t, wanted, values), 0x1p-23);
        mem_free(values);
    }
    gguf_close(file);
    safetensors_close(expected);
    mem_free(path);
    mem_free(expected_path);
}

/* config-old-spelling.json says what causal/config.json says. */
void golden_config(golden *g, const char *directory) {
    dear_error err;
    llama_config old = {0}, new = {0};
    char *old_path = path_join(directory, "config-old-spelling.json");
    char *new_path = path_join(directory, "causal/config.json");
    if (config_read_json(&old, old_path, &err) != DEAR_OK ||
        config_read_json(&new, new_path, &err) != DEAR_OK) {
        golden_fail(g, old_path, err.message);
    } else {
        bool same = old.vocab_size == new.vocab_size &&old.hidden_size ==
                    new.hidden_size &&old.intermediate_size ==
                    new.intermediate_size &&old.num_layers == new.num_layers &&old.num_heads ==
                    new.num_heads &&old.num_kv_heads == new.num_kv_heads &&old.head_dim ==
                    new.head_dim &&old.rms_norm_eps == new.rms_norm_eps &&old.rope_theta ==
                    new.rope_theta &&old.rope == new.rope &&old.rope_factor ==
                    new.rope_factor &&old.rope_low_freq_factor ==
                    new.rope_low_freq_factor &&old.rope_high_freq_factor ==
                    new.rope_high_freq_factor &&old.rope_original_positions ==
                    new.rope_original_positions &&old.tied_embeddings ==
                    new.tied_embeddings &&old.bos == new.bos;
        golden_exact(g, old_path, "same as new spelling", !same, 1);
    }
    mem_free(old_path);
    mem_free(new_path);
}
