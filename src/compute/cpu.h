/* What this processor can do, and how many threads to use on it. */
#ifndef DEAR_COMPUTE_CPU_H
#define DEAR_COMPUTE_CPU_H

#include <stdbool.h>

typedef enum cpu_level {
    CPU_PLAIN,      ///< portable C
    CPU_AVX2,       ///< AVX2, FMA, F16C
    CPU_AVX512,     ///< AVX-512 F, BW, DQ, VL
    CPU_AVX512_VNNI ///< ... and VNNI: int8 dot products
} cpu_level;

/* Only what the operating system saves as well. */
typedef struct cpu_features {
    cpu_level level;
    bool avx2, fma, f16c, avx_vnni, avx512, avx512_vnni, avx512_bf16, amx_int8, amx_bf16;
    char name[64]; ///< the model's name as the processor tells it
} cpu_features;

/* Asked once; the environment variable DEAR_CPU (plain, avx2, avx512) lowers it for tests: what
 * lies above the named level is then reported as missing. */
const cpu_features *cpu_get_features(void);
const char *cpu_level_name(cpu_level level);

/* Threads to use: set by compute_set_threads (at least 1), else the number of cores available to
 * this process: its affinity, two hardware threads of a core counted once, and its cgroup's quota.
 */
int compute_threads(void);
void compute_set_threads(int count);

#endif
