/* config.json as transformers reads it. */
#ifndef DEAR_BENCH_MAKE_MODEL_FOLDER_CONFIG_H
#define DEAR_BENCH_MAKE_MODEL_FOLDER_CONFIG_H

#include "base/json.h"
#include "model/config.h"
#include "model/tensor.h"

/* Writes `directory`/config.json for a classifier with weights of `type`. */
dear_status folder_write_config(const char *directory, const llama_config *c, tensor_type type,
                                dear_error *err);

/* Writes `json` as `directory`/`name` and ends it with json_decref; NULL stands for one that there
 * was no memory for. */
dear_status folder_write_json(const char *directory, const char *name, json_t *json,
                              dear_error *err);

#endif
