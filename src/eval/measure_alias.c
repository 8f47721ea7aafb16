#include "eval/measure_alias.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* https://ir-measur.es/en/latest/measures.html */
static const struct alias {
    const char *name;
    const char *plain; ///< without a cutoff; NULL where it needs one
    const char *at;    ///< with "@cutoff"; NULL where it takes none
} aliases[] = {
    {"nDCG", "ndcg", "ndcg_cut"},
    {"AP", "map", "map_cut"},
    {"MAP", "map", "map_cut"},
    {"RR", "recip_rank", "recip_rank_cut"},
    {"MRR", "recip_rank", "recip_rank_cut"},
    {"P", NULL, "P"},
    {"Precision", NULL, "P"},
    {"R", NULL, "recall"},
    {"Recall", NULL, "recall"},
    {"Success", NULL, "success"},
    {"Hit", NULL, "success"},
    {"IPrec", NULL, "iprec_at_recall"},
    {"Hole", NULL, "hole_cut"},
    {"Rprec", "Rprec", NULL},
    {"Bpref", "bpref", NULL},
    {"infAP", "infAP", NULL},
    {"RBP", "rbp", NULL},
    {"NumQ", "num_q", NULL},
    {"NumRet", "num_ret", NULL},
    {"NumRel", "num_rel", NULL},
    {"SetP", "set_P", NULL},
    {"SetR", "set_recall", NULL},
    {"SetAP", "set_map", NULL},
    {"SetF", "set_F", NULL},
};

bool measure_alias_resolve(char *out, size_t size, const char *text) {
    size_t length = strcspn(text, "@");
    const char *cutoff = text[length] == '@' ? text + length + 1 : NULL;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        const struct alias *a = &aliases[i];
        const char *name = cutoff ? a->at : a->plain;
        if (!name || strlen(a->name) != length || strncasecmp(a->name, text, length) != 0)
            continue;
        int written =
            cutoff ? snprintf(out, size, "%s.%s", name, cutoff) : snprintf(out, size, "%s", name);
        return (size_t)written < size;
    }
    return false;
}
