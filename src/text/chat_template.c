#include "text/chat_template.h"

#include "text/chat_writer.h"
#include "text/tokenizer_parts.h"

#include <string.h>

/* A family is recognised by text that its template has, and text that it has not: the first of the
 * table that fits. A near relative that would render otherwise is better refused than guessed. */
enum { NUM_MARKS = 3 };

typedef struct family {
    chat_template kind;
    const char *name;
    const char *has[NUM_MARKS];
    const char *has_not[NUM_MARKS];
} family;

static const family families[] = {
    {CHAT_TEMPLATE_SMOLLM2, "smollm2", {"<|im_start|>", "named SmolLM, trained by"}, {0}},
    {CHAT_TEMPLATE_CHATML,
     "chatml",
     {"<|im_start|>"},
     {"<|im_start|>system", "tools", "bos_token"}},
    {CHAT_TEMPLATE_LLAMA32, "llama3.2", {"Cutting Knowledge Date", "strftime_now"}, {0}},
    {CHAT_TEMPLATE_LLAMA31, "llama3.1", {"Cutting Knowledge Date", "26 Jul 2024"}, {0}},
    {CHAT_TEMPLATE_LLAMA3, "llama3", {"<|start_header_id|>", "<|eot_id|>"}, {"Date"}},
    {CHAT_TEMPLATE_DEEPSEEK_R1, "deepseek-r1", {"<｜User｜>", "<｜Assistant｜><think>"}, {0}},
    {CHAT_TEMPLATE_LLAMA2, "llama2", {"[INST]", "<<SYS>>"}, {0}},
    {CHAT_TEMPLATE_ZEPHYR, "zephyr", {"<|user|>", "eos_token"}, {"<|end|>"}},
    {CHAT_TEMPLATE_MISTRAL, "mistral", {"[INST]"}, {"system_message", "TOOLS", "eos_token + ' '"}},
};

enum { NUM_FAMILIES = sizeof families / sizeof *families };

static dear_status unknown(const char *what, dear_error *err) {
    strbuf known = {0};
    for (int i = 0; i < NUM_FAMILIES; i++)
        strbuf_printf(&known, "%s%s", i ? ", " : "", families[i].name);
    error_set(err, DEAR_ERROR_UNSUPPORTED, "%s (known: %s)", what, known.text ? known.text : "");
    strbuf_free(&known);
    return DEAR_ERROR_UNSUPPORTED;
}

static bool fits(const family *f, const char *jinja) {
    for (int i = 0; i < NUM_MARKS; i++)
        if ((f->has[i] && !strstr(jinja, f->has[i])) ||
            (f->has_not[i] && strstr(jinja, f->has_not[i])))
            return false;
    return true;
}

dear_status chat_template_recognise(chat_template *out, const char *jinja, dear_error *err) {
    *out = CHAT_TEMPLATE_NONE;
    for (int i = 0; i < NUM_FAMILIES; i++) {
        if (!fits(&families[i], jinja))
            continue;
        *out = families[i].kind;
        return DEAR_OK;
    }
    return unknown("the model's chat template is of no known family", err);
}

dear_status chat_template_by_name(chat_template *out, const char *name, dear_error *err) {
    *out = CHAT_TEMPLATE_NONE;
    for (int i = 0; i < NUM_FAMILIES; i++) {
        if (strcmp(name, families[i].name) != 0)
            continue;
        *out = families[i].kind;
        return DEAR_OK;
    }
    strbuf what = {0};
    strbuf_printf(&what, "no chat template is called \"%.60s\"", name);
    dear_status status = unknown(what.text ? what.text : "no such chat template", err);
    strbuf_free(&what);
    return status;
}

const char *chat_template_name(chat_template kind) {
    for (int i = 0; i < NUM_FAMILIES; i++)
        if (families[i].kind == kind)
            return families[i].name;
    return "none";
}

dear_status chat_template_render(chat_template kind, const chat_message *messages, size_t count,
                                 const chat_options *options, strbuf *out, dear_error *err) {
    chat_writer w = {0};
    dear_status status = chat_family_write(&w, kind, messages, count, options, err);
    if (status == DEAR_OK && !strbuf_append(out, w.text.text ? w.text.text : "", w.text.length))
        status = error_memory(err);
    chat_writer_free(&w);
    return status;
}

dear_status chat_template_encode(chat_template kind, const chat_message *messages, size_t count,
                                 const chat_options *options, const tokenizer *t, token_list *out,
                                 dear_error *err) {
    chat_writer w = {0};
    dear_status status = chat_family_write(&w, kind, messages, count, options, err);
    if (status == DEAR_OK)
        status = tokenizer_encode_spans(t, w.text.text ? w.text.text : "", w.text.length, w.spans,
                                        w.num_spans, out, err);
    chat_writer_free(&w);
    return status;
}

static const char *token_text(const tokenizer *t, int32_t id) {
    const char *text = tokenizer_token(t, id);
    return text ? text : "";
}

chat_options chat_options_for(const tokenizer *t, const char *date) {
    return (chat_options){.add_generation_prompt = true,
                          .bos = token_text(t, tokenizer_bos(t)),
                          .eos = token_text(t, tokenizer_eos(t)),
                          .date = date};
}
