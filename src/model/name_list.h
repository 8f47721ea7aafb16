/* The names in a directory. */
#ifndef DEAR_MODEL_NAME_LIST_H
#define DEAR_MODEL_NAME_LIST_H

#include "base/error.h"

/* Names, in the order of their bytes. End with name_list_free. */
typedef struct name_list {
    char **names; ///< [count]
    size_t count;
    size_t capacity;
} name_list;

/* What is in `directory`, hidden files left out; nothing when there is no such directory. */
dear_status name_list_read(name_list *out, const char *directory, dear_error *err);
void name_list_free(name_list *list);

#endif
