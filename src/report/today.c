#define _GNU_SOURCE
#include "report/today.h"

#include <time.h>

const char *today(char out[DATE_LENGTH]) {
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(out, DATE_LENGTH, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return out;
}
