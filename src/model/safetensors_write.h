/* Writing the safetensors format: the tensors are announced first, then their bytes stream in. */
#ifndef DEAR_MODEL_SAFETENSORS_WRITE_H
#define DEAR_MODEL_SAFETENSORS_WRITE_H

#include "base/file.h"
#include "model/tensor.h"

/* One file being written. End with commit or discard. */
typedef struct safetensors_writer {
    output_file out;
    uint64_t bytes_left; ///< of the tensors' data
} safetensors_writer;

/*
 * Begins `path` (base/file.h: beside it, until commit) with the header of `count` tensors, whose
 * names, types, shapes and bytes are read and whose data is not. They stand in this order: with the
 * larger element types first each is aligned to its elements. A name that comes twice, and a type
 * that the format does not have, are DEAR_ERROR_USAGE. On failure there is nothing to end.
 */
dear_status safetensors_write_begin(safetensors_writer *w, const char *path, const tensor *tensors,
                                    size_t count, dear_error *err);

/* The next `count` bytes of the tensors' data; more than were announced are DEAR_ERROR_USAGE. */
dear_status safetensors_write(safetensors_writer *w, const void *bytes, size_t count,
                              dear_error *err);

/* Gives the file its name; DEAR_ERROR_USAGE, and no file, while bytes are missing. */
dear_status safetensors_write_commit(safetensors_writer *w, dear_error *err);
void safetensors_write_discard(safetensors_writer *w);

#endif
