#include "model/save.h"

#include "model/model_parts.h"

tensor_type save_default_type(const model *m) {
    found_weight w;
    if (!model_find(&w, m, "model.embed_tokens.weight"))
        return TENSOR_F16;
    tensor_type type = w.tensor->type;
    return type == TENSOR_F32 || type == TENSOR_BF16 ? type : TENSOR_F16;
}
