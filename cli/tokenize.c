#include "command.h"

#include "base/file.h"
#include "model/model.h"

#include <argp.h>
#include <ctype.h>
#include <string.h>

typedef struct tokenize_command {
    const char *model;
    const char *text;
    bool parse_special, add_special, only_ids, count;
} tokenize_command;

enum { OPTION_PARSE_SPECIAL = 1, OPTION_ADD_SPECIAL, OPTION_IDS, OPTION_COUNT };

static const struct argp_option options[] = {
    {"model", 'm', "M", 0, "Model whose tokenizer to use (default: $DEAR_MODEL, else smollm2-135m)",
     0},
    {"special", OPTION_PARSE_SPECIAL, NULL, 0,
     "Read special tokens written in the text as such (documents and queries never are)", 0},
    {"add-special", OPTION_ADD_SPECIAL, NULL, 0, "Add what the model puts around a text (BOS)", 0},
    {"ids", OPTION_IDS, NULL, 0, "Print ids only, on one line", 0},
    {"count", OPTION_COUNT, NULL, 0, "Print the number of tokens only", 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    tokenize_command *c = state->input;
    switch (key) {
    case 'm':
        c->model = argument;
        return 0;
    case OPTION_PARSE_SPECIAL:
        c->parse_special = true;
        return 0;
    case OPTION_ADD_SPECIAL:
        c->add_special = true;
        return 0;
    case OPTION_IDS:
        c->only_ids = true;
        return 0;
    case OPTION_COUNT:
        c->count = true;
        return 0;
    case ARGP_KEY_ARG:
        if (c->text)
            argp_error(state, "the text is given twice: put it in quotes");
        c->text = argument;
        return 0;
    case ARGP_KEY_END:
        if (c->only_ids && c->count)
            argp_error(state, "--ids and --count exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A token's bytes in quotes, so that spaces and control characters show. */
static void print_quoted(const strbuf *bytes) {
    putchar('"');
    for (size_t i = 0; i < bytes->length; i++) {
        unsigned char byte = (unsigned char)bytes->text[i];
        if (byte == '\n')
            fputs("\\n", stdout);
        else if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (iscntrl(byte))
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static dear_status print_tokens(const tokenizer *t, const token_list *ids, dear_error *err) {
    strbuf bytes = {0};
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < ids->count && status == DEAR_OK; i++) {
        strbuf_clear(&bytes);
        status = tokenizer_token_bytes(t, ids->ids[i], &bytes, err);
        printf("%7d  ", ids->ids[i]);
        print_quoted(&bytes);
        fputs(tokenizer_is_special(t, ids->ids[i]) ? "  special\n" : "\n", stdout);
    }
    strbuf_free(&bytes);
    return status;
}

static dear_status print_result(const tokenize_command *c, const tokenizer *t,
                                const token_list *ids, dear_error *err) {
    if (c->count) {
        printf("%zu\n", ids->count);
        return DEAR_OK;
    }
    if (!c->only_ids)
        return print_tokens(t, ids, err);
    for (size_t i = 0; i < ids->count; i++)
        printf(i ? " %d" : "%d", ids->ids[i]);
    putchar('\n');
    return DEAR_OK;
}

static dear_status tokenize(const tokenize_command *c, const tokenizer *t, dear_error *err) {
    strbuf text = {0};
    if (!c->text || strcmp(c->text, "-") == 0)
        TRY(file_read(&text, "-", 1u << 30, err));
    else if (!strbuf_puts(&text, c->text))
        return error_memory(err);
    unsigned flags = (c->parse_special ? TOKENIZER_PARSE_SPECIAL : 0) |
                     (c->add_special ? TOKENIZER_ADD_SPECIAL : 0);
    token_list ids = {0};
    dear_status status =
        tokenizer_encode(t, text.text ? text.text : "", text.length, flags, &ids, err);
    if (status == DEAR_OK)
        status = print_result(c, t, &ids, err);
    token_list_free(&ids);
    strbuf_free(&text);
    return status;
}

int command_tokenize(int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        "[TEXT]",
        "Show how a model's tokenizer splits a text (standard input without TEXT)."
        "\v"
        "Example:\n"
        "  dear tokenize 'Llamas live in the Andes.'",
        NULL,
        NULL,
        NULL};
    tokenize_command c = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    model *m;
    dear_status status = model_open_by_name(&m, c.model, NULL, &err);
    if (status == DEAR_OK)
        status = tokenize(&c, model_tokenizer(m), &err);
    model_close(m);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
