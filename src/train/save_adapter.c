#include "train/save_adapter.h"

#include "base/memory.h"
#include "model/adapter_write.h"

dear_status save_adapter(const saved_adapter *where, learner *l, dear_error *err) {
    const learner_options *o = learner_get_options(l);
    const char *modules[LEARNER_NUM_MODULES];
    size_t num_modules = 0, count;
    for (int i = 0; i < LEARNER_NUM_MODULES; i++)
        if (o->modules & 1u << i)
            modules[num_modules++] = learner_module_name((learner_module)i);
    const parameter *p = learner_parameters(l, &count);
    adapter_tensor *tensors = mem_calloc(count, sizeof *tensors);
    if (!tensors)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        tensors[i] = (adapter_tensor){p[i].name, p[i].value, p[i].rows, p[i].columns};
    adapter_settings settings = {.base = where->base,
                                 .is_classifier = where->is_classifier,
                                 .rank = o->rank,
                                 .alpha = o->alpha,
                                 .dropout = o->dropout,
                                 .modules = modules,
                                 .num_modules = num_modules,
                                 .type = where->type};
    dear_status status = adapter_write(where->directory, &settings, tensors, count, err);
    mem_free(tensors);
    return status;
}
