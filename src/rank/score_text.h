/* Scores as text: read strictly, written with the fewest digits that bring the same number back. */
#ifndef DEAR_RANK_SCORE_TEXT_H
#define DEAR_RANK_SCORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { SCORE_TEXT_SIZE = 32 };

/* A finite decimal number that takes up all `length` bytes of `text` (which a zero, white space or
 * any other character that no number holds must follow). */
bool score_parse(double *out, const char *text, size_t length);

/* Digits for a float32 if the score is one (engine scores are), else for the double. */
void score_print(char text[SCORE_TEXT_SIZE], double score);

#endif
