#define _GNU_SOURCE
#include "command.h"
#include "engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "llm/generate.h"
#include "text/chat_template.h"

#include <string.h>
#include <time.h>

typedef struct generate_command {
    engine_options engine;
    generate_options generation;
    const char *prompt;
    const char *system;
    const char *template_name;
    bool raw;
    bool timing;
} generate_command;

enum {
    OPTION_PROMPT = 'p',
    OPTION_SYSTEM = 's',
    OPTION_MAX_NEW_TOKENS = 'n',
    OPTION_RAW = 'r',
    OPTION_TEMPLATE = 2000,
    OPTION_TEMPERATURE,
    OPTION_TOP_P,
    OPTION_TOP_K,
    OPTION_MIN_P,
    OPTION_SEED,
    OPTION_TIMING
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Text:", 1},
    {"prompt", OPTION_PROMPT, "TEXT", 0, "What to answer; \"-\" reads it from standard input", 1},
    {"system", OPTION_SYSTEM, "TEXT", 0, "A system message before it", 1},
    {"raw", OPTION_RAW, NULL, 0, "Continue the prompt as it stands, without a chat template", 1},
    {"chat-template", OPTION_TEMPLATE, "NAME", 0,
     "Use this family's template instead of the model's own", 1},
    {"max-new-tokens", OPTION_MAX_NEW_TOKENS, "N", 0, "Stop after N tokens (default: 1024)", 1},
    {NULL, 0, NULL, 0, "Sampling:", 2},
    {"temperature", OPTION_TEMPERATURE, "T", 0, "0 is greedy (default)", 2},
    {"top-p", OPTION_TOP_P, "P", 0, "Keep the likeliest tokens up to this mass (default: 1)", 2},
    {"top-k", OPTION_TOP_K, "K", 0, "Keep the K likeliest tokens (default: all)", 2},
    {"min-p", OPTION_MIN_P, "P", 0,
     "Drop tokens less likely than this share of the likeliest (default: 0)", 2},
    {"seed", OPTION_SEED, "N", 0, "The same seed writes the same text (default: 0)", 2},
    {NULL, 0, NULL, 0, "Other:", 3},
    {"timing", OPTION_TIMING, NULL, 0, "Show where the time went", 3},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    generate_command *c = state->input;
    sampler_options *s = &c->generation.sampling;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->engine;
        return 0;
    case OPTION_PROMPT:
        c->prompt = argument;
        return 0;
    case OPTION_SYSTEM:
        c->system = argument;
        return 0;
    case OPTION_RAW:
        c->raw = true;
        return 0;
    case OPTION_TEMPLATE:
        c->template_name = argument;
        return 0;
    case OPTION_MAX_NEW_TOKENS:
        c->generation.max_new_tokens = parse_whole(state, "max-new-tokens", argument, 1, 1 << 20);
        return 0;
    case OPTION_TEMPERATURE:
        s->temperature = (float)parse_number(state, "temperature", argument, 0, 100);
        return 0;
    case OPTION_TOP_P:
        s->top_p = (float)parse_number(state, "top-p", argument, 1e-6, 1);
        return 0;
    case OPTION_TOP_K:
        s->top_k = parse_whole(state, "top-k", argument, 0, 1 << 30);
        return 0;
    case OPTION_MIN_P:
        s->min_p = (float)parse_number(state, "min-p", argument, 0, 1);
        return 0;
    case OPTION_SEED:
        s->seed = (uint64_t)parse_whole(state, "seed", argument, 0, INT64_MAX);
        return 0;
    case OPTION_TIMING:
        c->timing = true;
        return 0;
    case ARGP_KEY_ARG:
        if (c->prompt)
            argp_error(state, "the prompt is given twice: put it in quotes");
        c->prompt = argument;
        return 0;
    case ARGP_KEY_END:
        if (!c->prompt)
            argp_error(state, "no prompt is given");
        if (c->raw && (c->system || c->template_name))
            argp_error(state,
                       "--raw uses no chat template: leave out --system and --chat-template");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The template that --chat-template names, else the one that the model brings. */
static dear_status choose_template(chat_template *out, const generate_command *c, const model *m,
                                   dear_error *err) {
    if (c->template_name)
        return chat_template_by_name(out, c->template_name, err);
    const char *jinja = model_chat_template(m);
    if (!jinja)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: the model brings no chat template; name one with --chat-template, or "
                         "use --raw",
                         model_path(m));
    return chat_template_recognise(out, jinja, err);
}

static dear_status encode_chat(token_list *out, const generate_command *c, const char *prompt,
                               const model *m, dear_error *err) {
    chat_template kind;
    TRY(choose_template(&kind, c, m, err));
    char date[32];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%d %b %Y", localtime(&now));
    const tokenizer *t = model_tokenizer(m);
    chat_options how = chat_options_for(t, date);
    chat_message messages[2];
    size_t count = 0;
    if (c->system)
        messages[count++] = (chat_message){"system", c->system};
    messages[count++] = (chat_message){"user", prompt};
    return chat_template_encode(kind, messages, count, &how, t, out, err);
}

static dear_status encode_prompt(token_list *out, const generate_command *c, const model *m,
                                 dear_error *err) {
    strbuf from_stdin = {0};
    const char *prompt = c->prompt;
    if (strcmp(prompt, "-") == 0) {
        TRY(file_read(&from_stdin, "-", 16 << 20, err));
        prompt = from_stdin.text ? from_stdin.text : "";
    }
    dear_status status = c->raw ? tokenizer_encode(model_tokenizer(m), prompt, strlen(prompt),
                                                   TOKENIZER_ADD_SPECIAL, out, err)
                                : encode_chat(out, c, prompt, m, err);
    strbuf_free(&from_stdin);
    return status;
}

/* Prints tokens as they come; a character whose bytes are not all there waits. */
typedef struct printer {
    const tokenizer *t;
    strbuf waiting;
} printer;

/* Bytes at the end of `text` that begin a UTF-8 character without ending it. */
static size_t incomplete_bytes(const strbuf *text) {
    for (size_t back = 1; back <= 3 && back <= text->length; back++) {
        unsigned char byte = (unsigned char)text->text[text->length - back];
        if ((byte & 0xC0) == 0x80)
            continue;
        size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return needed > back ? back : 0;
    }
    return 0;
}

static void print_waiting(printer *p, bool all) {
    size_t held = all ? 0 : incomplete_bytes(&p->waiting);
    size_t ready = p->waiting.length - held;
    if (ready == 0)
        return;
    fwrite(p->waiting.text, 1, ready, stdout);
    fflush(stdout);
    memmove(p->waiting.text, p->waiting.text + ready, held);
    p->waiting.length = held;
}

static bool print_token(void *context, int32_t id) {
    printer *p = context;
    if (!tokenizer_is_special(p->t, id) &&
        tokenizer_token_bytes(p->t, id, &p->waiting, NULL) == DEAR_OK)
        print_waiting(p, false);
    return !interrupt_requested();
}

static void print_rates(const engine *e, int64_t prompt, int64_t written, double seconds) {
    fprintf(stderr, "\n%lld prompt tokens, %lld new tokens in %.2f s\n", (long long)prompt,
            (long long)written, seconds);
    engine_print_timing(e);
}

static dear_status write_answer(const generate_command *c, const engine *e, dear_error *err) {
    token_list prompt = {0}, answer = {0};
    printer p = {.t = model_tokenizer(e->m)};
    generate_options generation = c->generation;
    generation.on_token = print_token;
    generation.context = &p;
    dear_status status = encode_prompt(&prompt, c, e->m, err);
    double started = clock_seconds();
    if (status == DEAR_OK)
        status = generate(e->l, prompt.ids, (int64_t)prompt.count, &generation, &answer, err);
    print_waiting(&p, true);
    if (status == DEAR_OK) {
        putchar('\n');
        if (c->timing)
            print_rates(e, (int64_t)prompt.count, (int64_t)answer.count, clock_seconds() - started);
    }
    strbuf_free(&p.waiting);
    token_list_free(&prompt);
    token_list_free(&answer);
    return status;
}

int command_generate(int argc, char **argv) {
    static const struct argp_child children[] = {{&engine_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "--prompt TEXT",
        "Let a chat model write, token by token as it goes."
        "\v"
        "Examples:\n"
        "  dear generate --prompt 'What do llamas eat?'\n"
        "  dear generate --raw --prompt 'Once upon a time' --temperature 0.8 --seed 7",
        children,
        NULL,
        NULL};
    generate_command c = {.generation = generate_defaults()};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    engine e;
    if (engine_open(&e, &c.engine, &err) != DEAR_OK)
        return command_fail(&err);
    interrupt_catch();
    dear_status status = write_answer(&c, &e, &err);
    engine_close(&e);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
