#include "compute/groups.h"

const group_kernels *group_kernels_at(cpu_level level) {
    if (level > cpu_get_features()->level)
        return NULL;
    switch (level) {
    case CPU_PLAIN:
        return &group_kernels_plain;
    case CPU_AVX2:
        return group_kernels_avx2;
    case CPU_AVX512:
        return NULL;
    case CPU_AVX512_VNNI:
        return group_kernels_vnni;
    }
    return NULL;
}

const group_kernels *group_kernels_get(void) {
    for (cpu_level level = cpu_get_features()->level; level > CPU_PLAIN; level--) {
        const group_kernels *k = group_kernels_at(level);
        if (k)
            return k;
    }
    return &group_kernels_plain;
}
