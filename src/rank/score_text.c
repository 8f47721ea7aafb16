#include "rank/score_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool score_parse(double *out, const char *text, size_t length) {
    /* strtod alone would take leading space, hexadecimal, "inf" and "nan". */
    if (length == 0 || strspn(text, "0123456789+-.eE") < length)
        return false;
    char *end;
    double value = strtod(text, &end);
    if (end != text + length || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static bool same_float32(const char *text, double score) {
    return strtof(text, NULL) == (float)score;
}

static bool same_double(const char *text, double score) {
    return strtod(text, NULL) == score;
}

void score_print(char text[SCORE_TEXT_SIZE], double score) {
    bool is_float32 = (double)(float)score == score;
    bool (*same)(const char *, double) = is_float32 ? same_float32 : same_double;
    int most = is_float32 ? 9 : 17;
    for (int digits = is_float32 ? 6 : 12; digits <= most; digits++) {
        snprintf(text, SCORE_TEXT_SIZE, "%.*g", digits, score);
        if (same(text, score))
            return;
    }
}
