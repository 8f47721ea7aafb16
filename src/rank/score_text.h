/* Scores as text: read strictly, written with the fewest digits that bring the same number back. */
#ifndef DEAR_RANK_SCORE_TEXT_H
#define DEAR_RANK_SCORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { SCORE_TEXT_SIZE = 32 };

/* A finite decimal number that takes up all `length` bytes of `text` (which a zero, white space or
 * any other character that no number holds must follow). */
bool score_parse(double *out, const char *text, size_t length);

/* True for a number that float32 holds exactly, as scores of the engine are. */
bool score_is_float32(double score);

/* The fewest digits that bring the number back, read as a float32 or as a double. Numbers that are
 * to be compared after they were read must be written alike: fewer digits round further. */
void score_print(char text[SCORE_TEXT_SIZE], double score, bool as_float32);

#endif
