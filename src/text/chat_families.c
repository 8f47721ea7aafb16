/* The families of chat templates, each written out as its Jinja would. */
#include "text/chat_writer.h"
#include "text/utf8.h"

#include <string.h>

typedef struct conversation {
    const chat_message *messages;
    size_t count;
    const chat_options *options;
} conversation;

static bool has_role(const chat_message *m, const char *role) {
    return strcmp(m->role, role) == 0;
}

static chat_slice whole(const char *text) {
    return (chat_slice){text, strlen(text)};
}

/* What Python's str.strip() takes away. */
static bool is_python_space(uint32_t code) {
    return unicode_is_space(code) || (code >= 0x1C && code <= 0x1F);
}

static chat_slice strip_left(chat_slice s) {
    uint32_t code;
    size_t bytes;
    while (s.length && utf8_read(s.text, s.length, &code, &bytes) && is_python_space(code)) {
        s.text += bytes;
        s.length -= bytes;
    }
    return s;
}

static chat_slice strip_right(chat_slice s) {
    size_t bytes;
    while (s.length && is_python_space(utf8_before(s.text, s.length, &bytes)))
        s.length -= bytes;
    return s;
}

static chat_slice strip(const char *text) {
    return strip_left(strip_right(whole(text)));
}

static const char *bos_of(const conversation *c) {
    return c->options->bos ? c->options->bos : "";
}

static const char *eos_of(const conversation *c) {
    return c->options->eos ? c->options->eos : "";
}

static dear_status refuse_role(const conversation *c, size_t index, const char *wanted,
                               dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT,
                     "message %zu has the role \"%s\" where the chat template wants %s", index + 1,
                     c->messages[index].role, wanted);
}

/* The [INST] templates raise an exception unless every other message, from the first on, is the
 * user's; what the others are is their own affair. */
static dear_status check_turns(const conversation *c, size_t first, dear_error *err) {
    for (size_t i = first; i < c->count; i++) {
        bool users_turn = (i - first) % 2 == 0;
        if (has_role(&c->messages[i], "user") != users_turn)
            return refuse_role(c, i, users_turn ? "user" : "assistant", err);
    }
    return DEAR_OK;
}

/* ---- LLaMA 2 ---- */

/* The first user message carries the system message; both are stripped as one text. */
static void write_system_and_user(chat_writer *w, const char *system, const char *user) {
    chat_slice rest = strip_right(whole(user));
    chat_write_own(w, "<<SYS>>\n");
    chat_write_content(w, whole(system));
    chat_write_own(w, rest.length ? "\n<</SYS>>\n\n" : "\n<</SYS>>");
    chat_write_content(w, rest);
}

static dear_status write_llama2(chat_writer *w, const conversation *c, dear_error *err) {
    size_t first = has_role(&c->messages[0], "system");
    TRY(check_turns(c, first, err));
    for (size_t i = first; i < c->count; i++) {
        const chat_message *m = &c->messages[i];
        if (has_role(m, "system"))
            continue; /* a late one is passed over without a word */
        if (has_role(m, "assistant")) {
            chat_write_own(w, " ");
            chat_write_content(w, strip(m->content));
            chat_write_own(w, " ");
            chat_write_own(w, eos_of(c));
            continue;
        }
        chat_write_own(w, bos_of(c));
        chat_write_own(w, "[INST] ");
        if (first && i == first)
            write_system_and_user(w, c->messages[0].content, m->content);
        else
            chat_write_content(w, strip(m->content));
        chat_write_own(w, " [/INST]");
    }
    return DEAR_OK;
}

/* ---- LLaMA 3 ---- */

static void write_header(chat_writer *w, const char *role) {
    chat_write_own(w, "<|start_header_id|>");
    chat_write_own(w, role);
    chat_write_own(w, "<|end_header_id|>\n\n");
}

static void write_headed(chat_writer *w, const conversation *c, size_t first) {
    for (size_t i = first; i < c->count; i++) {
        write_header(w, c->messages[i].role);
        chat_write_content(w, strip(c->messages[i].content));
        chat_write_own(w, "<|eot_id|>");
    }
    if (c->options->add_generation_prompt)
        write_header(w, "assistant");
}

static dear_status write_llama3(chat_writer *w, const conversation *c, dear_error *err) {
    (void)err;
    chat_write_own(w, bos_of(c));
    write_headed(w, c, 0);
    return DEAR_OK;
}

/* From 3.1 on there always is a system turn, which begins with two dates. */
static void write_dated(chat_writer *w, const conversation *c, const char *date) {
    size_t first = has_role(&c->messages[0], "system");
    chat_write_own(w, bos_of(c));
    write_header(w, "system");
    chat_write_own(w, "Cutting Knowledge Date: December 2023\nToday Date: ");
    chat_write_content(w, whole(date));
    chat_write_own(w, "\n\n");
    if (first)
        chat_write_content(w, strip(c->messages[0].content));
    chat_write_own(w, "<|eot_id|>");
    write_headed(w, c, first);
}

/* What the templates say when nobody tells them the date. */
static const char fixed_date[] = "26 Jul 2024";

static dear_status write_llama31(chat_writer *w, const conversation *c, dear_error *err) {
    (void)err;
    write_dated(w, c, fixed_date);
    return DEAR_OK;
}

static dear_status write_llama32(chat_writer *w, const conversation *c, dear_error *err) {
    (void)err;
    write_dated(w, c, c->options->date ? c->options->date : fixed_date);
    return DEAR_OK;
}

/* ---- ChatML ---- */

static dear_status write_chatml(chat_writer *w, const conversation *c, dear_error *err) {
    (void)err;
    for (size_t i = 0; i < c->count; i++) {
        chat_write_own(w, "<|im_start|>");
        chat_write_own(w, c->messages[i].role);
        chat_write_own(w, "\n");
        chat_write_content(w, whole(c->messages[i].content));
        chat_write_own(w, "<|im_end|>\n");
    }
    if (c->options->add_generation_prompt)
        chat_write_own(w, "<|im_start|>assistant\n");
    return DEAR_OK;
}

static dear_status write_smollm2(chat_writer *w, const conversation *c, dear_error *err) {
    if (!has_role(&c->messages[0], "system"))
        chat_write_own(w, "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, "
                          "trained by Hugging Face<|im_end|>\n");
    return write_chatml(w, c, err);
}

/* ---- others ---- */

static dear_status write_zephyr(chat_writer *w, const conversation *c, dear_error *err) {
    (void)err;
    for (size_t i = 0; i < c->count; i++) {
        chat_write_own(w, "<|");
        chat_write_own(w, c->messages[i].role);
        chat_write_own(w, "|>\n");
        chat_write_content(w, whole(c->messages[i].content));
        chat_write_own(w, eos_of(c));
        chat_write_own(w, "\n");
    }
    if (c->options->add_generation_prompt)
        chat_write_own(w, "<|assistant|>\n");
    return DEAR_OK;
}

static dear_status write_mistral(chat_writer *w, const conversation *c, dear_error *err) {
    TRY(check_turns(c, 0, err));
    chat_write_own(w, bos_of(c));
    for (size_t i = 0; i < c->count; i++) {
        bool user = has_role(&c->messages[i], "user");
        if (has_role(&c->messages[i], "system"))
            return refuse_role(c, i, "user or assistant", err);
        chat_write_own(w, user ? "[INST] " : "");
        chat_write_content(w, whole(c->messages[i].content));
        chat_write_own(w, user ? " [/INST]" : eos_of(c));
    }
    return DEAR_OK;
}

/* What follows the last "</think>": a finished turn keeps no thoughts. */
static chat_slice without_thoughts(const char *text) {
    static const char mark[] = "</think>";
    for (const char *hit; (hit = strstr(text, mark));)
        text = hit + strlen(mark);
    return whole(text);
}

static dear_status write_deepseek_r1(chat_writer *w, const conversation *c, dear_error *err) {
    (void)err;
    const char *system = "";
    for (size_t i = 0; i < c->count; i++)
        if (has_role(&c->messages[i], "system"))
            system = c->messages[i].content;
    chat_write_own(w, bos_of(c));
    chat_write_content(w, whole(system));
    for (size_t i = 0; i < c->count; i++) {
        const chat_message *m = &c->messages[i];
        if (has_role(m, "user")) {
            chat_write_own(w, "<｜User｜>");
            chat_write_content(w, whole(m->content));
        } else if (has_role(m, "assistant")) {
            chat_write_own(w, "<｜Assistant｜>");
            chat_write_content(w, without_thoughts(m->content));
            chat_write_own(w, "<｜end▁of▁sentence｜>");
        }
    }
    if (c->options->add_generation_prompt)
        chat_write_own(w, "<｜Assistant｜><think>\n");
    return DEAR_OK;
}

static dear_status check_roles(const conversation *c, dear_error *err) {
    for (size_t i = 0; i < c->count; i++) {
        const chat_message *m = &c->messages[i];
        if (!has_role(m, "system") && !has_role(m, "user") && !has_role(m, "assistant"))
            return refuse_role(c, i, "system, user or assistant", err);
    }
    return DEAR_OK;
}

dear_status chat_family_write(chat_writer *w, chat_template kind, const chat_message *messages,
                              size_t count, const chat_options *options, dear_error *err) {
    typedef dear_status (*family_writer)(chat_writer *, const conversation *, dear_error *);
    static const family_writer writers[] = {
        [CHAT_TEMPLATE_LLAMA2] = write_llama2,           [CHAT_TEMPLATE_LLAMA3] = write_llama3,
        [CHAT_TEMPLATE_LLAMA31] = write_llama31,         [CHAT_TEMPLATE_LLAMA32] = write_llama32,
        [CHAT_TEMPLATE_CHATML] = write_chatml,           [CHAT_TEMPLATE_SMOLLM2] = write_smollm2,
        [CHAT_TEMPLATE_ZEPHYR] = write_zephyr,           [CHAT_TEMPLATE_MISTRAL] = write_mistral,
        [CHAT_TEMPLATE_DEEPSEEK_R1] = write_deepseek_r1,
    };
    conversation c = {messages, count, options};
    if ((size_t)kind >= sizeof writers / sizeof *writers || !writers[kind])
        return error_set(err, DEAR_ERROR_USAGE, "no chat template was chosen");
    if (count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "a conversation needs at least one message");
    TRY(check_roles(&c, err));
    TRY(writers[kind](w, &c, err));
    return w->failed ? error_memory(err) : DEAR_OK;
}
