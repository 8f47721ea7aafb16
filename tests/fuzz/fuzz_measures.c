/* What people ask `dear eval` to measure. */
#include "eval/measures.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = mem_strndup((const char *)data, size);
    measure_list list = {0};
    dear_error err = {0};
    if (measure_list_add(&list, text, &err) == DEAR_OK) {
        size_t count = list.count;
        for (size_t i = 0; i < count; i++)
            if (!memchr(list.specs[i].name, 0, MEASURE_NAME_SIZE) || !list.specs[i].name[0])
                abort();
        if (measure_list_add(&list, text, &err) != DEAR_OK || list.count != count)
            abort();
    } else if (!err.message[0]) {
        abort();
    }
    measure_list_sort(&list);
    measure_list_free(&list);
    mem_free(text);
    return 0;
}
