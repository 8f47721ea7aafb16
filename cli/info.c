#include "command.h"

#include "compute/cpu.h"
#include "compute/linear.h"
#include "llm/llama.h"
#include "model/model.h"

#include <argp.h>

typedef struct info_command {
    const char *model, *adapter;
    bool peak;
} info_command;

enum { OPTION_PEAK = 1 };

static const struct argp_option options[] = {
    {"model", 'm', "M", 0, "Describe this model too (default: $DEAR_MODEL, else smollm2-135m)", 0},
    {"adapter", 'a', "DIR", 0, "... with this PEFT adapter merged", 0},
    {"peak", OPTION_PEAK, NULL, 0, "Measure the GEMM peak of each precision (some seconds)", 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    info_command *c = state->input;
    switch (key) {
    case 'm':
        c->model = argument;
        return 0;
    case 'a':
        c->adapter = argument;
        return 0;
    case OPTION_PEAK:
        c->peak = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "no arguments are expected: use --model");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_features(const cpu_features *f) {
    const struct {
        bool has;
        const char *name;
    } all[] = {{f->avx2, "avx2"},
               {f->fma, "fma"},
               {f->f16c, "f16c"},
               {f->avx_vnni, "avx-vnni"},
               {f->avx512, "avx512"},
               {f->avx512_vnni, "avx512-vnni"},
               {f->avx512_bf16, "avx512-bf16"},
               {f->amx_int8, "amx-int8"},
               {f->amx_bf16, "amx-bf16"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].has)
            printf(" %s", all[i].name);
}

static void print_machine(bool peak) {
    const cpu_features *f = cpu_get_features();
    printf("dear       %s\nprocessor  %s\nfeatures  ", DEAR_VERSION, f->name);
    print_features(f);
    printf("\nkernels    %s\nthreads    %d\n", cpu_level_name(f->level), compute_threads());
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        printf("%-5s      %s", precision_name(p), linear_backend(p));
        if (peak)
            printf(", %.0f G%s/s", linear_peak(p) / 1e9, p == PRECISION_INT8 ? "OP" : "FLOP");
        putchar('\n');
    }
}

static const char *rope_name(rope_kind kind) {
    switch (kind) {
    case ROPE_LINEAR:
        return "linear";
    case ROPE_LLAMA3:
        return "llama3";
    case ROPE_FACTORS:
        return "factors from the file";
    case ROPE_DEFAULT:
        break;
    }
    return "default";
}

/* Parameters of the matrices and norms, the embeddings once if they are tied. */
static double count_parameters(const llama_config *c) {
    double hidden = (double)c->hidden_size, embedding = hidden * (double)c->vocab_size;
    double query = (double)(c->num_heads * c->head_dim);
    double key = (double)(c->num_kv_heads * c->head_dim);
    double layer = hidden * (2 * query + 2 * key + 3 * (double)c->intermediate_size + 2);
    double head = c->is_classifier ? hidden : c->tied_embeddings ? 0 : embedding;
    return embedding + (double)c->num_layers * layer + hidden + head;
}

static void print_template(const model *m) {
    chat_template kind;
    const char *jinja = model_chat_template(m);
    if (!jinja)
        puts("template   none");
    else if (chat_template_recognise(&kind, jinja, NULL) == DEAR_OK)
        printf("template   %s\n", chat_template_name(kind));
    else
        puts("template   not recognised");
}

static void print_model(const model *m) {
    const llama_config *c = model_config(m);
    printf("\nmodel      %s\nsize       %.1f M parameters, %.1f MB in files\n", model_path(m),
           count_parameters(c) / 1e6, (double)model_file_bytes(m) / 1e6);
    printf("shape      %lld layers, hidden %lld, intermediate %lld, vocabulary %lld%s\n",
           (long long)c->num_layers, (long long)c->hidden_size, (long long)c->intermediate_size,
           (long long)c->vocab_size, c->tied_embeddings ? " (tied)" : "");
    printf("attention  %lld heads, %lld key-value heads, head_dim %lld, rope %s (theta %g), "
           "%lld positions\n",
           (long long)c->num_heads, (long long)c->num_kv_heads, (long long)c->head_dim,
           rope_name(c->rope), c->rope_theta, (long long)c->max_positions);
    printf("precision  %s unless another is asked for\n",
           precision_name(llama_choose_precision(m, PRECISION_AUTO)));
    printf("scores by  %s\n", model_has_score_head(m) ? "its score head" : "query likelihood");
    print_template(m);
}

int command_info(int argc, char **argv) {
    static const struct argp argp = {
        options, parse, NULL, "Show this machine, its kernels, and a model's shape.",
        NULL,    NULL,  NULL};
    info_command c = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    print_machine(c.peak);
    dear_error err;
    model *m;
    dear_status status = model_open_by_name(&m, c.model, c.adapter, &err);
    if (status == DEAR_OK)
        print_model(m);
    model_close(m);
    if (status != DEAR_OK && !c.model && !c.adapter) {
        printf("\nmodel      %s\n", err.message);
        return EXIT_DONE;
    }
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
