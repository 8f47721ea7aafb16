#include "data.h"

#include "command.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static const char doc[] =
    "List, describe and fetch data sets."
    "\v"
    "Verbs:\n"
    "  list            the data sets that dear knows, and what of them is here\n"
    "  info NAME       one set: its source, terms and parts; what is here is counted and checked\n"
    "  get NAME...     fetch what is published on a Hugging Face hub\n"
    "  path NAME PART  print where a part is, for scripts\n"
    "\n"
    "The parts of a set are qrels (judgments), topics (queries), corpus (passages), hits "
    "(candidates) and answers. `dear data VERB --help` tells a verb's options.\n"
    "\n"
    "Examples:\n"
    "  dear data get scifact --part corpus\n"
    "  dear eval scifact run.trec\n"
    "  gzip -cd \"$(dear data path dl19 topics)\"";

int command_data(int argc, char **argv) {
    static const verb verbs[] = {{"list", data_list},
                                 {"info", data_info},
                                 {"get", data_get},
                                 {"path", data_print_path},
                                 {NULL, NULL}};
    return run_verb("data", doc, verbs, argc, argv);
}

dataset_part parse_dataset_part(struct argp_state *state, const char *name) {
    dataset_part part = dataset_part_named(name);
    if (part == DATASET_PARTS)
        argp_error(state, "no part \"%s\": there are qrels, topics, corpus, hits and answers",
                   name);
    return part;
}

const char *format_count(char out[COUNT_TEXT], int64_t count) {
    char digits[COUNT_TEXT];
    if (count < 0) {
        memcpy(out, "?", 2);
        return out;
    }
    int length = snprintf(digits, sizeof digits, "%lld", (long long)count), used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = 0;
    return out;
}
