#define _GNU_SOURCE
#include "command.h"
#include "engine.h"
#include "learner_options.h"
#include "train_commands.h"
#include "train_progress.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/lookup.h"
#include "model/sha256.h"
#include "train/pointwise_trainer.h"
#include "train/save_adapter.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct train_command {
    learning learning;
    const char **data; ///< [num_data]
    size_t num_data;
    const char *validate; ///< or NULL
    const char *out;
    const char *loss;
    double alpha, temperature;
    student_options scoring;
    double score_scale; ///< 0: what the scorer usually has
    size_t group_size;
    bool first;
    int64_t batch, updates;
    double epochs;
    double peak, warmup;
    schedule_shape shape;
    double weight_decay, max_norm;
    int64_t validate_every, checkpoint_every;
    uint64_t seed;
    bool resume, quiet;
} train_command;

enum {
    OPTION_DATA = 'd',
    OPTION_OUT = 'o',
    OPTION_QUIET = 'q',
    OPTION_VALIDATE = 4100,
    OPTION_LOSS,
    OPTION_KL,
    OPTION_TEMPERATURE,
    OPTION_SCORER,
    OPTION_SCORE_SCALE,
    OPTION_Q_MAX_LEN,
    OPTION_P_MAX_LEN,
    OPTION_GROUP,
    OPTION_FIRST,
    OPTION_BATCH,
    OPTION_UPDATES,
    OPTION_EPOCHS,
    OPTION_RATE,
    OPTION_WARMUP,
    OPTION_SCHEDULE,
    OPTION_DECAY,
    OPTION_MAX_NORM,
    OPTION_VALIDATE_EVERY,
    OPTION_CHECKPOINT_EVERY,
    OPTION_SEED,
    OPTION_RESUME
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Data:", 1},
    {"data", OPTION_DATA, "FILE", 0,
     "Groups of a query with positive and negative passages, as JSON Lines (.gz too); may be given "
     "more than once",
     1},
    {"validate", OPTION_VALIDATE, "FILE", 0,
     "Groups that are held out: the adapter that ranks them best is the one kept", 1},
    {"out", OPTION_OUT, "DIR", 0, "Where adapter, log and checkpoints go", 1},
    {"group", OPTION_GROUP, "N", 0,
     "Passages of a group: one positive, N - 1 negatives (default: 8)", 1},
    {"first", OPTION_FIRST, NULL, 0, "Take a group's first passages instead of drawing anew", 1},
    {NULL, 0, NULL, 0, "Loss:", 2},
    {"loss", OPTION_LOSS, "NAME", 0,
     "softmax_ce (default), ranknet_teacher, ranknet_binary, listnet_teacher, listnet_binary, "
     "lambda_loss_teacher, lambda_loss_binary or ranknet_binary_softmax_ce",
     2},
    {"kl", OPTION_KL, "SHARE", 0,
     "Share of the loss that is KL divergence from the teacher, 0 to 1 (default: 0.1 where data "
     "has "
     "a teacher's scores to give, DeAR's; else 0)",
     2},
    {"temperature", OPTION_TEMPERATURE, "T", 0, "Of that divergence (default: 2)", 2},
    {"scorer", OPTION_SCORER, "S", 0,
     "What is trained to score: head, a score head on the last token (default), or qlm, query "
     "likelihood",
     2},
    {"score-scale", OPTION_SCORE_SCALE, "X", 0,
     "Scores are multiplied by X before the loss (default: 1; 4 for qlm)", 2},
    {"q-max-len", OPTION_Q_MAX_LEN, "N", 0, "Tokens kept of a query (default: 32)", 2},
    {"p-max-len", OPTION_P_MAX_LEN, "N", 0, "Tokens kept of a passage (default: 196)", 2},
    {NULL, 0, NULL, 0, "Steps:", 3},
    {"batch", OPTION_BATCH, "N", 0, "Groups an update (default: 4)", 3},
    {"updates", OPTION_UPDATES, "N", 0, "Updates in all (default: what --epochs come to)", 3},
    {"epochs", OPTION_EPOCHS, "X", 0, "Times that the data is gone through (default: 1)", 3},
    {"learning-rate", OPTION_RATE, "X", 0, "The highest learning rate (default: 1e-4)", 3},
    {"warmup", OPTION_WARMUP, "SHARE", 0, "Share of the updates on the way up (default: 0.1)", 3},
    {"schedule", OPTION_SCHEDULE, "S", 0, "Then linear (default), cosine or constant", 3},
    {"weight-decay", OPTION_DECAY, "X", 0, "Of AdamW (default: 0)", 3},
    {"max-norm", OPTION_MAX_NORM, "X", 0,
     "Gradients are clipped to this norm; 0: never (default: 1)", 3},
    {"seed", OPTION_SEED, "N", 0, "Of first values, order, draws and dropout (default: 42)", 3},
    {NULL, 0, NULL, 0, "Run:", 4},
    {"validate-every", OPTION_VALIDATE_EVERY, "N", 0, "Updates between validations (default: 100)",
     4},
    {"checkpoint-every", OPTION_CHECKPOINT_EVERY, "N", 0,
     "Updates between checkpoints; 0: only when stopped (default: 50)", 4},
    {"resume", OPTION_RESUME, NULL, 0, "Go on from the newest checkpoint in the --out folder", 4},
    {"quiet", OPTION_QUIET, NULL, 0, "No progress", 4},
    {0}};

static dear_status add_data(train_command *c, const char *path) {
    const char **data = mem_realloc(c->data, c->num_data + 1, sizeof *data);
    if (!data)
        return DEAR_ERROR_MEMORY;
    data[c->num_data++] = path;
    c->data = data;
    return DEAR_OK;
}

static void parse_scorer(struct argp_state *state, train_command *c, const char *text) {
    if (!scorer_parse(&c->scoring.scorer, text) ||
        (c->scoring.scorer != SCORER_HEAD && c->scoring.scorer != SCORER_QLM))
        argp_error(state, "--scorer is head or qlm, not \"%s\"", text);
}

static void parse_shape(struct argp_state *state, train_command *c, const char *text) {
    dear_error err;
    if (schedule_shape_parse(&c->shape, text, &err) != DEAR_OK)
        argp_error(state, "%s", err.message);
}

static void settle(struct argp_state *state, train_command *c) {
    if (c->num_data == 0)
        argp_error(state, "--data FILE is needed: groups to learn from");
    if (!c->out)
        argp_error(state, "--out DIR is needed: where the adapter goes");
    bool likelihood = c->scoring.scorer == SCORER_QLM;
    c->learning.options.head = !likelihood;
    c->learning.options.seed = c->seed;
    c->scoring.scale = c->score_scale > 0 ? c->score_scale : likelihood ? 4 : 1;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    train_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->learning;
        return 0;
    case OPTION_DATA:
        if (add_data(c, argument) != DEAR_OK)
            argp_failure(state, EXIT_FAILED, 0, "out of memory");
        return 0;
    case OPTION_VALIDATE:
        c->validate = argument;
        return 0;
    case OPTION_OUT:
        c->out = argument;
        return 0;
    case OPTION_GROUP:
        c->group_size = (size_t)parse_whole(state, "group", argument, 2, LOSS_MAX_GROUP);
        return 0;
    case OPTION_FIRST:
        c->first = true;
        return 0;
    case OPTION_LOSS:
        c->loss = argument;
        return 0;
    case OPTION_KL:
        c->alpha = parse_number(state, "kl", argument, 0, 1);
        return 0;
    case OPTION_TEMPERATURE:
        c->temperature = parse_number(state, "temperature", argument, 1e-3, 1e3);
        return 0;
    case OPTION_SCORER:
        parse_scorer(state, c, argument);
        return 0;
    case OPTION_SCORE_SCALE:
        c->score_scale = parse_number(state, "score-scale", argument, 1e-3, 1e3);
        return 0;
    case OPTION_Q_MAX_LEN:
        c->scoring.q_max_len = parse_whole(state, "q-max-len", argument, 1, 1 << 20);
        return 0;
    case OPTION_P_MAX_LEN:
        c->scoring.p_max_len = parse_whole(state, "p-max-len", argument, 8, 1 << 20);
        return 0;
    case OPTION_BATCH:
        c->batch = parse_whole(state, "batch", argument, 1, 1 << 20);
        return 0;
    case OPTION_UPDATES:
        c->updates = parse_whole(state, "updates", argument, 1, 1 << 30);
        return 0;
    case OPTION_EPOCHS:
        c->epochs = parse_number(state, "epochs", argument, 1e-6, 1e6);
        return 0;
    case OPTION_RATE:
        c->peak = parse_number(state, "learning-rate", argument, 0, 10);
        return 0;
    case OPTION_WARMUP:
        c->warmup = parse_number(state, "warmup", argument, 0, 1);
        return 0;
    case OPTION_SCHEDULE:
        parse_shape(state, c, argument);
        return 0;
    case OPTION_DECAY:
        c->weight_decay = parse_number(state, "weight-decay", argument, 0, 10);
        return 0;
    case OPTION_MAX_NORM:
        c->max_norm = parse_number(state, "max-norm", argument, 0, 1e9);
        return 0;
    case OPTION_SEED:
        c->seed = (uint64_t)parse_whole(state, "seed", argument, 0, INT32_MAX);
        return 0;
    case OPTION_VALIDATE_EVERY:
        c->validate_every = parse_whole(state, "validate-every", argument, 1, 1 << 30);
        return 0;
    case OPTION_CHECKPOINT_EVERY:
        c->checkpoint_every = parse_whole(state, "checkpoint-every", argument, 0, 1 << 30);
        return 0;
    case OPTION_RESUME:
        c->resume = true;
        return 0;
    case OPTION_QUIET:
        c->quiet = true;
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Train stage 1: a score for each passage, learnt from groups of a query, a passage that "
    "answers it "
    "and passages that do not."
    "\v"
    "Data, one group a line: {\"query_id\", \"query\", \"positive_passages\": [{\"docid\", "
    "\"title\", \"text\"}], \"negative_passages\": [...]}; with \"teacher_score\" in its passages "
    "a "
    "teacher can be learnt from.\n"
    "\n"
    "DIR receives the PEFT adapter, log.jsonl and its picture, training.json with what it was made "
    "from, and a "
    "checkpoint. Ctrl-C, or a crash, leaves the checkpoint; the same command with --resume ends "
    "with "
    "the same adapter as if nothing had happened.\n"
    "\n"
    "Examples:\n"
    "  dear train pointwise --data train.jsonl.gz --validate dev.jsonl --out my-reranker\n"
    "  dear train pointwise --model meta-llama/Llama-3.2-3B --data msmarco.jsonl.gz \\\n"
    "      --loss ranknet_teacher --kl 0.1 --out dear-3b\n"
    "  dear rerank --model my-reranker --query 'where do llamas live' passages.txt";

/* ---- what a run is made from ---- */

static dear_status add_file(json_t *files, const char *path, dear_error *err) {
    char hex[SHA256_HEX + 1];
    TRY(sha256_file(hex, path, err));
    return json_array_append_new(files, json_pack("{s:s, s:s}", "path", path, "sha256", hex)) == 0
               ? DEAR_OK
               : error_memory(err);
}

/* All that decides the result, as text; the caller frees it. */
static dear_status describe(char **out, const train_command *c, const model *m, int64_t updates,
                            dear_error *err) {
    json_t *data = json_array(), *held_out = json_array();
    dear_status status = data && held_out ? DEAR_OK : error_memory(err);
    for (size_t i = 0; i < c->num_data && status == DEAR_OK; i++)
        status = add_file(data, c->data[i], err);
    if (c->validate && status == DEAR_OK)
        status = add_file(held_out, c->validate, err);
    if (status != DEAR_OK) {
        json_decref(data);
        json_decref(held_out);
        return status;
    }
    const learner_options *l = &c->learning.options;
    json_t *settings = json_pack(
        "{s:s, s:s, s:I, s:s?, s:o, s:o, s:s, s:f, s:f, s:s, s:f, s:I, s:I, s:I, s:b, s:I, s:I, "
        "s:f, "
        "s:f, s:s, s:f, s:f, s:I, s:f, s:f, s:i, s:I, s:I, s:s}",
        "training", "pointwise", "model", model_path(m), "model_bytes",
        (json_int_t)model_file_bytes(m), "adapter", c->learning.adapter, "data", data, "validate",
        held_out, "loss", c->loss, "kl", c->alpha, "temperature", c->temperature, "scorer",
        c->scoring.scorer == SCORER_HEAD ? "head" : "qlm", "score_scale", c->scoring.scale,
        "q_max_len", (json_int_t)c->scoring.q_max_len, "p_max_len",
        (json_int_t)c->scoring.p_max_len, "group", (json_int_t)c->group_size, "first", c->first,
        "batch", (json_int_t)c->batch, "updates", (json_int_t)updates, "learning_rate", c->peak,
        "warmup", c->warmup, "schedule", schedule_shape_name(c->shape), "weight_decay",
        c->weight_decay, "max_norm", c->max_norm, "lora_rank", (json_int_t)l->rank, "lora_alpha",
        l->alpha, "lora_dropout", l->dropout, "lora_modules", (int)l->modules, "seed",
        (json_int_t)c->seed, "validate_every", (json_int_t)c->validate_every, "base_precision",
        precision_name(c->learning.base));
    *out = settings ? json_dumps(settings, JSON_INDENT(2)) : NULL;
    json_decref(settings);
    return *out ? DEAR_OK : error_memory(err);
}

static dear_status write_settings(const char *directory, const char *text, dear_error *err) {
    char *path = path_join(directory, "training.json");
    if (!path)
        return error_memory(err);
    output_file out;
    dear_status status = output_file_open(&out, path, err);
    if (status == DEAR_OK) {
        fputs(text, out.stream);
        fputc('\n', out.stream);
        status = output_file_commit(&out, err);
    }
    mem_free(path);
    return status;
}

/* ---- the run ---- */

typedef struct train_run {
    const train_command *c;
    model *m;
    learner *l;
    student *s;
    group_data *data, *held_out;
    char *settings; ///< what it is made from
    char *checkpoint;
    train_progress progress;
} train_run;

static dear_status begin(void *context, int64_t done, const dear_error *damage, dear_error *err) {
    train_run *r = context;
    return train_progress_begin(&r->progress, done, damage, err);
}

static dear_status tell(void *context, const update_report *u, bool *stop, dear_error *err) {
    train_run *r = context;
    *stop = interrupt_requested();
    return train_progress_show(&r->progress, u, err);
}

/* How the adapter names its base: a name stays a name, so that the adapter can move. */
static const char *base_name(const train_run *r) {
    const char *asked = r->c->learning.model;
    if (asked && (lookup_by_name(asked) || lookup_is_hub_name(asked)) && !file_exists(asked))
        return asked;
    size_t count;
    const known_model *usual = lookup_known(&count);
    return asked || getenv("DEAR_MODEL") ? model_path(r->m) : usual->name;
}

static dear_status save(void *context, learner *l, dear_error *err) {
    train_run *r = context;
    saved_adapter where = {.directory = r->c->out,
                           .base = base_name(r),
                           .type = r->c->learning.type,
                           .is_classifier = r->c->scoring.scorer == SCORER_HEAD};
    return save_adapter(&where, l, err);
}

static bool needs_teacher(const train_command *c) {
    training_loss loss;
    return training_loss_make(&loss, c->loss, c->alpha, c->temperature, NULL) == DEAR_OK &&
           training_loss_needs_teacher(&loss);
}

static dear_status open_data(train_run *r, dear_error *err) {
    const train_command *c = r->c;
    group_data_options drawn = {.group_size = c->group_size,
                                .seed = c->seed,
                                .first = c->first,
                                .need_teacher = needs_teacher(c),
                                .progress = c->quiet ? NULL : stderr};
    group_data_options whole = {.seed = c->seed};
    TRY(group_data_open(&r->data, c->data, c->num_data, &drawn, err));
    return c->validate ? group_data_open(&r->held_out, &c->validate, 1, &whole, err) : DEAR_OK;
}

static int64_t count_updates(const train_run *r) {
    double groups = (double)group_data_groups(r->data);
    if (r->c->updates)
        return r->c->updates;
    return (int64_t)fmax(1, ceil(r->c->epochs * groups / (double)r->c->batch));
}

static dear_status open_run(train_run *r, int64_t *updates, dear_error *err) {
    const train_command *c = r->c;
    TRY(open_data(r, err));
    *updates = count_updates(r);
    TRY(learning_open(&c->learning, c->quiet ? NULL : stderr, &r->m, &r->l, err));
    TRY(student_open(&r->s, r->m, r->l, &c->scoring, err));
    TRY(describe(&r->settings, c, r->m, *updates, err));
    TRY(directory_make(c->out, err));
    r->checkpoint = path_join(c->out, "checkpoint");
    return r->checkpoint ? DEAR_OK : error_memory(err);
}

static dear_status train(train_run *r, dear_error *err) {
    const train_command *c = r->c;
    pointwise_training t = {.batch = c->batch,
                            .weight_decay = c->weight_decay,
                            .max_norm = c->max_norm,
                            .validate_every = c->validate_every,
                            .checkpoint_every = c->checkpoint_every,
                            .seed = c->seed,
                            .resume = c->resume,
                            .begun = begin,
                            .report = tell,
                            .save = save,
                            .context = r};
    TRY(training_loss_make(&t.loss, c->loss, c->alpha, c->temperature, err));
    TRY(open_run(r, &t.rate.updates, err));
    t.rate.peak = c->peak;
    t.rate.warmup = (int64_t)(c->warmup * (double)t.rate.updates);
    t.rate.shape = c->shape;
    t.checkpoint = r->checkpoint;
    char hex[SHA256_HEX + 1];
    TRY(sha256_bytes(hex, r->settings, strlen(r->settings), err));
    t.settings = hex;
    TRY(write_settings(c->out, r->settings, err));
    TRY(pointwise_train(&t, r->s, r->l, r->data, r->held_out, err));
    return train_progress_draw(&r->progress, err);
}

static void close_run(train_run *r) {
    train_progress_close(&r->progress);
    student_close(r->s);
    learner_close(r->l);
    model_close(r->m);
    group_data_close(r->data);
    group_data_close(r->held_out);
    free(r->settings);
    mem_free(r->checkpoint);
}

int train_pointwise(int argc, char **argv) {
    static const struct argp_child children[] = {{&learner_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "--data FILE... --out DIR", doc, children,
                                     NULL,    NULL};
    train_command c = {.learning = {.base = PRECISION_AUTO, .options = learner_defaults()},
                       .loss = "softmax_ce",
                       .temperature = 2,
                       .scoring = {.scorer = SCORER_HEAD, .q_max_len = 32, .p_max_len = 196},
                       .group_size = 8,
                       .batch = 4,
                       .epochs = 1,
                       .peak = 1e-4,
                       .warmup = 0.1,
                       .shape = SCHEDULE_LINEAR,
                       .max_norm = 1,
                       .validate_every = 100,
                       .checkpoint_every = 50,
                       .seed = 42};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    train_run r = {.c = &c, .progress = {.directory = c.out, .quiet = c.quiet}};
    dear_error err;
    interrupt_catch();
    dear_status status = train(&r, &err);
    close_run(&r);
    mem_free(c.data);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
