#include "base/memory.h"
#include "base/strbuf.h"
#include "eval/measure_alias.h"
#include "eval/measure_parameters.h"
#include "eval/measures.h"

#include <stdlib.h>
#include <string.h>

static const struct set_name {
    const char *name;
    measure_sets set;
} sets[] = {{"official", SET_OFFICIAL}, {"set", SET_UNRANKED}, {"all_trec", SET_ALL_TREC}};

enum { NUM_SETS = sizeof sets / sizeof sets[0], ALIAS_SIZE = 256 };

static dear_status unknown_measure(const char *text, dear_error *err) {
    size_t count;
    const measure *all = measures_all(&count);
    strbuf known = {0};
    for (size_t i = 0; i < NUM_SETS; i++)
        strbuf_printf(&known, "%s%s", i ? ", " : "", sets[i].name);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&known, ", %s", all[i].name);
    dear_status status = error_set(err, DEAR_ERROR_USAGE, "no measure \"%.80s\"; there are %s",
                                   text, known.failed ? "others" : known.text);
    strbuf_free(&known);
    return status;
}

static const measure *find_measure(const char *text, size_t length) {
    size_t count;
    const measure *all = measures_all(&count);
    for (size_t i = 0; i < count; i++)
        if (strlen(all[i].name) == length && strncmp(all[i].name, text, length) == 0)
            return &all[i];
    return NULL;
}

/* The set of that name, or 0. */
static unsigned find_set(const char *text) {
    for (size_t i = 0; i < NUM_SETS; i++)
        if (strcmp(text, sets[i].name) == 0)
            return sets[i].set;
    return 0;
}

/* Takes the measure's usual parameters out of the list. */
static void drop_usual(measure_list *list, const measure *m) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->specs[i].measure != m || !list->specs[i].usual)
            list->specs[kept++] = list->specs[i];
    list->count = kept;
}

static int table_order(const void *a, const void *b) {
    const measure_spec *x = a, *y = b;
    if (x->measure != y->measure)
        return x->measure < y->measure ? -1 : 1;
    if (x->cutoff != y->cutoff)
        return x->cutoff < y->cutoff ? -1 : 1;
    if (x->numbers[0] != y->numbers[0])
        return x->numbers[0] < y->numbers[0] ? -1 : 1;
    return strcmp(x->name, y->name);
}

static dear_status add_spec(measure_list *list, const measure_spec *spec, dear_error *err) {
    for (size_t i = 0; i < list->count; i++)
        if (table_order(&list->specs[i], spec) == 0)
            return DEAR_OK;
    if (!mem_grow((void **)&list->specs, &list->capacity, list->count, sizeof *list->specs))
        return error_memory(err);
    list->specs[list->count++] = *spec;
    return DEAR_OK;
}

static dear_status add_parameters(measure_list *list, const measure *m, const char *text,
                                  bool usual, dear_error *err) {
    while (text) {
        measure_spec spec;
        TRY(measure_spec_parse(&spec, m, &text, err));
        spec.usual = usual;
        TRY(add_spec(list, &spec, err));
    }
    return DEAR_OK;
}

static bool has_parameters(const measure_list *list, const measure *m) {
    for (size_t i = 0; i < list->count; i++)
        if (list->specs[i].measure == m && !list->specs[i].usual)
            return true;
    return false;
}

/* The measure as it is when nothing is said of its parameters: several usual ones are measures of
 * their own, P_5, P_10; a single one is not in its name. */
static dear_status add_plain(measure_list *list, const measure *m, dear_error *err) {
    if (has_parameters(list, m))
        return DEAR_OK;
    bool together = m->parameters == PARAMETERS_NUMBERS || m->parameters == PARAMETERS_GAINS;
    if (m->usual && !together && strchr(m->usual, ','))
        return add_parameters(list, m, m->usual, true, err);
    measure_spec spec;
    TRY(measure_spec_plain(&spec, m, err));
    return add_spec(list, &spec, err);
}

static dear_status add_set(measure_list *list, unsigned set, dear_error *err) {
    size_t count;
    const measure *all = measures_all(&count);
    for (size_t i = 0; i < count; i++)
        if (all[i].sets & set)
            TRY(add_plain(list, &all[i], err));
    return DEAR_OK;
}

dear_status measure_list_add(measure_list *list, const char *text, dear_error *err) {
    unsigned set = find_set(text);
    if (set)
        return add_set(list, set, err);
    size_t length = strcspn(text, ".");
    const measure *m = find_measure(text, length);
    char resolved[ALIAS_SIZE];
    if (!m && measure_alias_resolve(resolved, sizeof resolved, text))
        return measure_list_add(list, resolved, err);
    if (!m)
        return unknown_measure(text, err);
    if (text[length] == 0)
        return add_plain(list, m, err);
    drop_usual(list, m);
    return add_parameters(list, m, text + length + 1, false, err);
}

void measure_list_sort(measure_list *list) {
    if (list->count > 1)
        qsort(list->specs, list->count, sizeof *list->specs, table_order);
}

void measure_list_free(measure_list *list) {
    mem_free(list->specs);
    *list = (measure_list){0};
}
