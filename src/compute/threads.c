/* How many threads to use: what the process may run on, not what the machine has. */
#define _GNU_SOURCE
#include "compute/cpu.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static atomic_int chosen; // 0: not asked yet

/* The first line of a small file of the kernel's, without its end; false if there is none. */
static bool read_line(const char *path, char *line, int size) {
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool read = fgets(line, size, f) != NULL;
    fclose(f);
    if (read)
        line[strcspn(line, "\n")] = 0;
    return read;
}

/* The lowest hardware thread of the core that `cpu` belongs to. */
static int core_of(int cpu) {
    char path[96], line[64];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    int first;
    return read_line(path, line, sizeof line) && sscanf(line, "%d", &first) == 1 ? first : cpu;
}

/* Cores that the affinity mask lets this process run on. */
static int cores_allowed(void) {
    cpu_set_t allowed, cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed))
            CPU_SET(core_of(cpu) & (CPU_SETSIZE - 1), &cores);
    return CPU_COUNT(&cores);
}

/* CPUs that one cgroup's cpu.max ("quota period", or "max period") grants. */
static double cgroup_quota(const char *directory) {
    char path[4160], line[64];
    snprintf(path, sizeof path, "%s/cpu.max", directory);
    double quota, period;
    bool limited = read_line(path, line, sizeof line) &&
                   sscanf(line, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0;
    return limited ? quota / period : INFINITY;
}

/* The smallest quota from this process's cgroup (version 2) up to the root. */
static double quota(void) {
    static const char root[] = "/sys/fs/cgroup";
    char line[4000], path[4096];
    bool known = read_line("/proc/self/cgroup", line, sizeof line) && strncmp(line, "0::", 3) == 0;
    snprintf(path, sizeof path, "%s%s", root, known ? line + 3 : "");
    double least = cgroup_quota(path);
    for (char *slash; (slash = strrchr(path, '/')) && strlen(path) > strlen(root);) {
        *slash = 0;
        least = fmin(least, cgroup_quota(path));
    }
    return least;
}

int compute_threads(void) {
    int count = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (count)
        return count;
    double limit = fmin(cores_allowed(), ceil(quota()));
    compute_set_threads((int)limit);
    return atomic_load(&chosen);
}

void compute_set_threads(int count) {
    atomic_store(&chosen, count < 1 ? 1 : count);
}
