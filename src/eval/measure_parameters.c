#include "eval/measure_parameters.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dear_status malformed(const measure *m, const char *text, dear_error *err) {
    static const char *const needs[] = {
        [PARAMETERS_NONE] = "takes no parameters",
        [PARAMETERS_CUTOFFS] = "needs ranks: whole numbers from 1, with commas between",
        [PARAMETERS_FRACTIONS] = "needs numbers from 0, with commas between",
        [PARAMETERS_NUMBERS] = "needs numbers with commas between",
        [PARAMETERS_GAINS] = "needs relevance=gain, gains from 0, with commas between",
    };
    if (m->count > 0)
        return error_set(err, DEAR_ERROR_USAGE, "%s.%.80s: %s %s, %zu of them", m->name, text,
                         m->name, needs[m->parameters], m->count);
    return error_set(err, DEAR_ERROR_USAGE, "%s.%.80s: %s %s", m->name, text, m->name,
                     needs[m->parameters]);
}

static bool parse_cutoff(size_t *out, const char *text, char **end) {
    errno = 0;
    bool digit = *text >= '0' && *text <= '9';
    long long value = strtoll(text, end, 10);
    *out = (size_t)value;
    return digit && value >= 1 && errno == 0;
}

/* A number in plain digits: no white space, no hexadecimal, no "inf". */
static bool parse_number(double *out, const char *text, char **end) {
    size_t length = strspn(text, "+-.0123456789eE");
    *out = strtod(text, end);
    return length > 0 && *end == text + length && isfinite(*out);
}

/* One number, or relevance=gain, behind those that the measure has. */
static bool append_parameter(measure_spec *spec, const char *text, char **end) {
    size_t taken = spec->measure->parameters == PARAMETERS_GAINS ? 2 : 1;
    if (spec->count + taken > MEASURE_NUMBERS)
        return false;
    double *to = spec->numbers + spec->count;
    spec->count += taken;
    if (!parse_number(&to[0], text, end))
        return false;
    if (spec->measure->parameters == PARAMETERS_FRACTIONS)
        return to[0] >= 0;
    if (spec->measure->parameters == PARAMETERS_NUMBERS)
        return true;
    return **end == '=' && to[0] == floor(to[0]) && parse_number(&to[1], *end + 1, end) &&
           to[1] >= 0;
}

static bool append_all(measure_spec *spec, const char *text, char **end) {
    do {
        if (!append_parameter(spec, text, end))
            return false;
        text = *end + 1;
    } while (**end == ',');
    size_t wanted = spec->measure->count;
    return **end == 0 && (wanted == 0 || spec->count == wanted);
}

static bool parse_one(measure_spec *spec, const char *text, char **end) {
    switch (spec->measure->parameters) {
    case PARAMETERS_CUTOFFS:
        return parse_cutoff(&spec->cutoff, text, end) && (**end == ',' || **end == 0);
    case PARAMETERS_FRACTIONS:
        return append_parameter(spec, text, end) && (**end == ',' || **end == 0);
    case PARAMETERS_NUMBERS:
    case PARAMETERS_GAINS:
        return append_all(spec, text, end);
    case PARAMETERS_NONE:
        break;
    }
    return false;
}

/* trec_eval's names: P_5, Rprec_mult_0.20, and the text itself of parameters that go together. */
static bool name_spec(measure_spec *spec, const char *text, size_t length) {
    const char *name = spec->measure->name;
    int written;
    if (spec->measure->parameters == PARAMETERS_CUTOFFS)
        written = snprintf(spec->name, sizeof spec->name, "%s_%zu", name, spec->cutoff);
    else if (spec->measure->parameters == PARAMETERS_FRACTIONS)
        written = snprintf(spec->name, sizeof spec->name, "%s_%3.2f", name, spec->numbers[0]);
    else
        written = snprintf(spec->name, sizeof spec->name, "%s_%.*s", name, (int)length, text);
    return (size_t)written < sizeof spec->name;
}

dear_status measure_spec_parse(measure_spec *out, const measure *m, const char **text,
                               dear_error *err) {
    *out = (measure_spec){.measure = m};
    const char *start = *text;
    char *end = (char *)start;
    if (!parse_one(out, start, &end))
        return malformed(m, start, err);
    if (!name_spec(out, start, (size_t)(end - start)))
        return error_set(err, DEAR_ERROR_USAGE, "%s.%.80s...: too long for a measure's name",
                         m->name, start);
    *text = *end == ',' ? end + 1 : NULL;
    return DEAR_OK;
}

dear_status measure_spec_plain(measure_spec *out, const measure *m, dear_error *err) {
    *out = (measure_spec){.measure = m};
    const char *text = m->usual;
    if (text)
        TRY(measure_spec_parse(out, m, &text, err));
    out->usual = true;
    snprintf(out->name, sizeof out->name, "%s", m->name);
    return DEAR_OK;
}
