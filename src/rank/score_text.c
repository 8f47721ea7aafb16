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

bool score_is_float32(double score) {
    return (double)(float)score == score;
}

static bool comes_back(const char *text, double score, bool as_float32) {
    return as_float32 ? strtof(text, NULL) == (float)score : strtod(text, NULL) == score;
}

void score_print(char text[SCORE_TEXT_SIZE], double score, bool as_float32) {
    int fewest = as_float32 ? 6 : 12, most = as_float32 ? 9 : 17;
    for (int digits = fewest; digits <= most; digits++) {
        snprintf(text, SCORE_TEXT_SIZE, "%.*g", digits, score);
        if (comes_back(text, score, as_float32))
            return;
    }
}
