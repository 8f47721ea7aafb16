#include "compute/kernels.h"

const kernels *kernels_at(cpu_level level) {
    if (level > cpu_get_features()->level)
        return NULL;
    switch (level) {
    case CPU_PLAIN:
        return &kernels_plain;
    case CPU_AVX2:
        return kernels_avx2;
    case CPU_AVX512:
    case CPU_AVX512_VNNI:
        return kernels_avx512;
    }
    return NULL;
}

const kernels *kernels_get(void) {
    const kernels *table = kernels_at(cpu_get_features()->level);
    return table ? table : &kernels_plain;
}
