/* English words to their stems: M. F. Porter, "An algorithm for suffix stripping", Program 14(3),
 * 1980, with the two changes that its author made later (-bli for -abli, and -logi). */
#ifndef DEAR_RETRIEVE_PORTER_H
#define DEAR_RETRIEVE_PORTER_H

#include <stddef.h>

/* Cuts a word, in lower case, to its stem, in place; returns its length, which never grows. What is
 * not one of a to z counts as a consonant. The word need not be terminated. */
size_t porter_stem(char *word, size_t length);

#endif
