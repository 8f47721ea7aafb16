/* Writing a model's safetensors: one file, or shards and their index, as transformers names them. */
#ifndef DEAR_MODEL_SAFETENSORS_SHARDS_H
#define DEAR_MODEL_SAFETENSORS_SHARDS_H

#include "base/json.h"
#include "model/safetensors_write.h"

/* Where transformers begins another file. */
#define SAFETENSORS_SHARD_BYTES UINT64_C(5000000000)

enum { SHARD_NAME_SIZE = 64 };

/* End with commit or discard. */
typedef struct shard_writer {
    const char *directory;
    const tensor *tensors;
    size_t count;
    uint64_t shard_bytes;
    size_t next;       ///< the first tensor of the shard after this one
    size_t number, of; ///< this shard's number, from 1 (0: none is begun), and how many there are
    safetensors_writer file;
    json_t *weight_map; ///< which shard has which tensor
} shard_writer;

/*
 * Begins "model.safetensors" in `directory`, or, when the tensors take more than `shard_bytes`,
 * "model-00001-of-0000N.safetensors" and so on, each with as many whole tensors as fit and one at
 * least. Directory and tensors (as for safetensors_write_begin) stay the caller's, until the end. On
 * failure there is nothing to end.
 */
dear_status shards_begin(shard_writer *w, const char *directory, const tensor *tensors,
                         size_t count, uint64_t shard_bytes, dear_error *err);

/* The next `count` bytes of the tensors' data. */
dear_status shards_write(shard_writer *w, const void *bytes, size_t count, dear_error *err);

/* Ends the last file and writes the index, if there are several. */
dear_status shards_commit(shard_writer *w, dear_error *err);

/* Leaves the shards that are whole, and no index. */
void shards_discard(shard_writer *w);

#endif
