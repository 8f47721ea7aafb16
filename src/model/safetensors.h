/* The safetensors format: an 8-byte length, a JSON header, raw tensors. One file or shards. */
#ifndef DEAR_MODEL_SAFETENSORS_H
#define DEAR_MODEL_SAFETENSORS_H

#include "model/tensor.h"

typedef struct safetensors safetensors;

/* Opens one .safetensors file, or an index (….safetensors.index.json) with all its shards. Every
 * offset, size, shape and type is checked against the file first. */
dear_status safetensors_open(safetensors **out, const char *path, dear_error *err);
/* The tensor of that name, or NULL. */
const tensor *safetensors_find(const safetensors *s, const char *name);
size_t safetensors_count(const safetensors *s);
const tensor *safetensors_at(const safetensors *s, size_t index);
/* As file_map_release, for all its files. */
void safetensors_release(const safetensors *s);
void safetensors_close(safetensors *s);

#endif
