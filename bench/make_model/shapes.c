#include "shapes.h"

#include <string.h>

#define LLAMA3_ROPE(factor)                                                                        \
    .max_positions = 131072, .rope_theta = 500000, .rope = ROPE_LLAMA3, .rope_factor = (factor),   \
    .rope_low_freq_factor = 1, .rope_high_freq_factor = 4, .rope_original_positions = 8192

static const struct shape {
    const char *name;
    llama_config config;
} SHAPES[] = {
    {"tiny",
     {.vocab_size = 49152,
      .hidden_size = 64,
      .intermediate_size = 128,
      .num_layers = 2,
      .num_heads = 4,
      .num_kv_heads = 2,
      .head_dim = 16,
      .tied_embeddings = true,
      LLAMA3_ROPE(8)}},
    {"135m",
     {.vocab_size = 49152,
      .hidden_size = 576,
      .intermediate_size = 1536,
      .num_layers = 30,
      .num_heads = 9,
      .num_kv_heads = 3,
      .head_dim = 64,
      .tied_embeddings = true,
      .max_positions = 8192,
      .rope_theta = 100000}},
    {"1b",
     {.vocab_size = 128256,
      .hidden_size = 2048,
      .intermediate_size = 8192,
      .num_layers = 16,
      .num_heads = 32,
      .num_kv_heads = 8,
      .head_dim = 64,
      .tied_embeddings = true,
      LLAMA3_ROPE(32)}},
    {"3b",
     {.vocab_size = 128256,
      .hidden_size = 3072,
      .intermediate_size = 8192,
      .num_layers = 28,
      .num_heads = 24,
      .num_kv_heads = 8,
      .head_dim = 128,
      .tied_embeddings = true,
      LLAMA3_ROPE(32)}},
    {"8b",
     {.vocab_size = 128256,
      .hidden_size = 4096,
      .intermediate_size = 14336,
      .num_layers = 32,
      .num_heads = 32,
      .num_kv_heads = 8,
      .head_dim = 128,
      LLAMA3_ROPE(8)}},
    {"13b",
     {.vocab_size = 32000,
      .hidden_size = 5120,
      .intermediate_size = 13824,
      .num_layers = 40,
      .num_heads = 40,
      .num_kv_heads = 40,
      .head_dim = 128,
      .max_positions = 4096,
      .rope_theta = 10000}},
};

bool shape_find(llama_config *out, const char *name) {
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (strcmp(SHAPES[i].name, name) == 0) {
            *out = SHAPES[i].config;
            out->rms_norm_eps = 1e-5;
            out->bos = -1;
            return true;
        }
    return false;
}
