/* The weights of a model, adapters merged, as a stream of a file's bytes. */
#ifndef DEAR_MODEL_SAVE_WEIGHTS_H
#define DEAR_MODEL_SAVE_WEIGHTS_H

#include "model/save.h"
#include "model/weight_list.h"

/* Takes the next bytes. */
typedef dear_status (*weight_sink)(void *context, const void *bytes, size_t count, dear_error *err);

/* How rows with permuted heads stand in the file. */
typedef enum row_order { ROWS_HUGGING_FACE, ROWS_GGUF } row_order;

/* Hands on the bytes of the listed weights, one after the other, each in its type. A number that has
 * no place in its type is DEAR_ERROR_INPUT with weight and row. */
dear_status save_weights(const model *m, const weight_list *list, row_order order, weight_sink sink,
                         void *sink_context, const save_options *o, dear_error *err);

#endif
