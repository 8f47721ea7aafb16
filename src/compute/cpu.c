#include "compute/cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifndef DEAR_PLAIN
#include <cpuid.h>
#endif

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static cpu_features features;

#ifndef DEAR_PLAIN

/* Registers as CPUID gives them. */
typedef struct cpuid_leaf {
    unsigned a, b, c, d;
} cpuid_leaf;

static cpuid_leaf cpuid(unsigned leaf, unsigned subleaf) {
    cpuid_leaf r = {0};
    __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
    return r;
}

static bool bit(unsigned value, int n) {
    return value >> n & 1;
}

/* The register states that the operating system saves and restores (XCR0). */
static unsigned saved_states(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static void read_name(char name[64]) {
    if (cpuid(0x80000000, 0).a < 0x80000004)
        return;
    char text[49] = {0};
    for (unsigned i = 0; i < 3; i++) {
        cpuid_leaf r = cpuid(0x80000002 + i, 0);
        memcpy(text + 16 * i, &r, sizeof r);
    }
    const char *begin = text + strspn(text, " ");
    size_t length = strlen(begin);
    while (length && begin[length - 1] == ' ')
        length--;
    memcpy(name, begin, length);
}

/* Bits as in Intel's SDM, volume 2, CPUID leaves 1 and 7. */
static void detect(cpu_features *f) {
    read_name(f->name);
    cpuid_leaf one = cpuid(1, 0), seven = cpuid(7, 0), seven_one = {0};
    if (seven.a >= 1)
        seven_one = cpuid(7, 1);
    if (!bit(one.c, 27)) // OSXSAVE
        return;
    unsigned states = saved_states();
    bool ymm = (states & 0x6) == 0x6;
    bool zmm = ymm && (states & 0xe0) == 0xe0;
    bool tiles = (states & 0x60000) == 0x60000;
    f->fma = ymm && bit(one.c, 12);
    f->f16c = ymm && bit(one.c, 29);
    f->avx2 = ymm && bit(seven.b, 5);
    f->avx_vnni = f->avx2 && bit(seven_one.a, 4);
    f->avx512 = zmm && bit(seven.b, 16) && bit(seven.b, 17) && bit(seven.b, 30) && bit(seven.b, 31);
    f->avx512_vnni = f->avx512 && bit(seven.c, 11);
    f->avx512_bf16 = f->avx512 && bit(seven_one.a, 5);
    f->amx_bf16 = f->avx512 && tiles && bit(seven.d, 22);
    f->amx_int8 = f->avx512 && tiles && bit(seven.d, 25);
}

#else

static void detect(cpu_features *f) {
    strcpy(f->name, "unknown");
}

#endif

static cpu_level level_of(const cpu_features *f) {
    if (!f->avx2 || !f->fma || !f->f16c)
        return CPU_PLAIN;
    if (!f->avx512)
        return CPU_AVX2;
    return f->avx512_vnni ? CPU_AVX512_VNNI : CPU_AVX512;
}

static void lower_to(cpu_features *f, cpu_level level) {
    if (level < CPU_AVX512_VNNI)
        f->avx_vnni = f->avx512_vnni = f->avx512_bf16 = f->amx_int8 = f->amx_bf16 = false;
    if (level < CPU_AVX512)
        f->avx512 = false;
    if (level < CPU_AVX2)
        f->avx2 = f->fma = f->f16c = false;
}

static void ask(void) {
    detect(&features);
    const char *wanted = getenv("DEAR_CPU");
    for (cpu_level level = CPU_PLAIN; wanted && level < CPU_AVX512_VNNI; level++)
        if (strcmp(wanted, cpu_level_name(level)) == 0)
            lower_to(&features, level);
    features.level = level_of(&features);
}

const cpu_features *cpu_get_features(void) {
    pthread_once(&asked, ask);
    return &features;
}

const char *cpu_level_name(cpu_level level) {
    static const char *const names[] = {"plain", "avx2", "avx512", "avx512_vnni"};
    return names[level];
}
