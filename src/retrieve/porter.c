#include "retrieve/porter.h"

#include <stdbool.h>
#include <string.h>

/* The paper's conditions are on what is left of a suffix: the first `length` letters. */

static bool is_vowel(const char *word, size_t i) {
    switch (word[i]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
        return true;
    case 'y':
        return i > 0 && !is_vowel(word, i - 1);
    default:
        return false;
    }
}

/* m: how often a consonant follows a vowel. */
static size_t measure(const char *word, size_t length) {
    size_t m = 0;
    bool after_vowel = false;
    for (size_t i = 0; i < length; i++) {
        bool vowel = word[i] == 'y' ? i > 0 && !after_vowel : is_vowel(word, i);
        m += after_vowel && !vowel;
        after_vowel = vowel;
    }
    return m;
}

/* *v* */
static bool holds_vowel(const char *word, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (is_vowel(word, i))
            return true;
    return false;
}

/* *d */
static bool ends_double(const char *word, size_t length) {
    return length > 1 && word[length - 1] == word[length - 2] && !is_vowel(word, length - 1);
}

/* *o: consonant, vowel, consonant that is not w, x or y */
static bool ends_cvc(const char *word, size_t length) {
    return length > 2 && !is_vowel(word, length - 3) && is_vowel(word, length - 2) &&
           !is_vowel(word, length - 1) && !strchr("wxy", word[length - 1]);
}

static bool ends_with(const char *word, size_t length, const char *suffix) {
    size_t n = strlen(suffix);
    return length >= n && memcmp(word + length - n, suffix, n) == 0;
}

typedef struct rule {
    const char *suffix, *replacement;
} rule;

/* Applies the first rule whose suffix the word has, if what is left measures more than m. */
static size_t apply(char *word, size_t length, const rule *rules, size_t m) {
    for (const rule *r = rules; r->suffix; r++) {
        if (!ends_with(word, length, r->suffix))
            continue;
        size_t left = length - strlen(r->suffix), added = strlen(r->replacement);
        if (measure(word, left) <= m)
            return length;
        memcpy(word + left, r->replacement, added);
        return left + added;
    }
    return length;
}

static size_t strip_plural(const char *word, size_t length) {
    if (ends_with(word, length, "sses") || ends_with(word, length, "ies"))
        return length - 2;
    if (ends_with(word, length, "s") && !ends_with(word, length, "ss"))
        return length - 1;
    return length;
}

/* What step 1b leaves of -ed and -ing is made a word again. */
static size_t restore(char *word, size_t length) {
    bool wants_e = ends_with(word, length, "at") || ends_with(word, length, "bl") ||
                   ends_with(word, length, "iz");
    if (!wants_e && ends_double(word, length))
        return length - !strchr("lsz", word[length - 1]);
    if (wants_e || (measure(word, length) == 1 && ends_cvc(word, length)))
        word[length++] = 'e';
    return length;
}

static size_t strip_participle(char *word, size_t length) {
    if (ends_with(word, length, "eed"))
        return length - (measure(word, length - 3) > 0);
    size_t suffix = ends_with(word, length, "ed") ? 2 : ends_with(word, length, "ing") ? 3 : 0;
    if (suffix == 0 || !holds_vowel(word, length - suffix))
        return length;
    return restore(word, length - suffix);
}

static size_t strip_final_e(const char *word, size_t length) {
    if (!ends_with(word, length, "e"))
        return length;
    size_t m = measure(word, length - 1);
    return length - (m > 1 || (m == 1 && !ends_cvc(word, length - 1)));
}

/* -ion goes only behind s or t. */
static size_t strip_ion(const char *word, size_t length) {
    size_t left = length - 3;
    bool goes = left > 0 && (word[left - 1] == 's' || word[left - 1] == 't');
    return goes && measure(word, left) > 1 ? left : length;
}

size_t porter_stem(char *word, size_t length) {
    static const rule step2[] = {
        {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},
        {"izer", "ize"},    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"},
        {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
        {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"},
        {"ousness", "ous"}, {"aliti", "al"},    {"iviti", "ive"},   {"biliti", "ble"},
        {"logi", "log"},    {NULL, NULL}};
    static const rule step3[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
                                 {"ical", "ic"},  {"ful", ""},   {"ness", ""},    {NULL, NULL}};
    static const rule step4[] = {{"al", ""},    {"ance", ""}, {"ence", ""}, {"er", ""},
                                 {"ic", ""},    {"able", ""}, {"ible", ""}, {"ant", ""},
                                 {"ement", ""}, {"ment", ""}, {"ent", ""},  {"ou", ""},
                                 {"ism", ""},   {"ate", ""},  {"iti", ""},  {"ous", ""},
                                 {"ive", ""},   {"ize", ""},  {NULL, NULL}};
    if (length < 3)
        return length;
    length = strip_plural(word, length);
    length = strip_participle(word, length);
    if (ends_with(word, length, "y") && holds_vowel(word, length - 1))
        word[length - 1] = 'i';
    length = apply(word, length, step2, 0);
    length = apply(word, length, step3, 0);
    if (ends_with(word, length, "ion"))
        length = strip_ion(word, length);
    else
        length = apply(word, length, step4, 1);
    length = strip_final_e(word, length);
    return length - (ends_with(word, length, "ll") && measure(word, length - 1) > 1);
}
