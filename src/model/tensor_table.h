/* The tensors of a file by name. */
#ifndef DEAR_MODEL_TENSOR_TABLE_H
#define DEAR_MODEL_TENSOR_TABLE_H

#include "model/tensor.h"

/* Zero-initialize; end with tensor_table_free. The names belong to the table, the data does not. */
typedef struct tensor_table {
    tensor *items; ///< [count], in order of name once sorted
    size_t count;
    size_t capacity;
} tensor_table;

/* Adds a copy of `t` under the name in `length` bytes. */
dear_status tensor_table_add(tensor_table *table, const tensor *t, const char *name, size_t length,
                             dear_error *err);

/* Puts the table in order for tensor_table_find; a name that is there twice is an error that begins
 * with `where`. */
dear_status tensor_table_sort(tensor_table *table, const char *where, dear_error *err);

const tensor *tensor_table_find(const tensor_table *table, const char *name);
void tensor_table_free(tensor_table *table);

#endif
