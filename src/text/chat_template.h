/*
 * Chat templates. The Jinja that models ship is not run: a template is recognised by what its text
 * contains, and its family is rendered natively, exactly as Jinja would.
 */
#ifndef DEAR_TEXT_CHAT_TEMPLATE_H
#define DEAR_TEXT_CHAT_TEMPLATE_H

#include "base/error.h"
#include "base/strbuf.h"
#include "text/tokenizer.h"

typedef enum chat_template {
    CHAT_TEMPLATE_NONE = 0,
    CHAT_TEMPLATE_LLAMA2,  ///< [INST] <<SYS>>
    CHAT_TEMPLATE_LLAMA3,  ///< <|start_header_id|>, no date
    CHAT_TEMPLATE_LLAMA31, ///< as LLAMA3 with "Cutting Knowledge Date", date fixed to 26 Jul 2024
    CHAT_TEMPLATE_LLAMA32, ///< as LLAMA31 with today's date
    CHAT_TEMPLATE_CHATML,  ///< <|im_start|>
    CHAT_TEMPLATE_SMOLLM2, ///< ChatML with SmolLM2's own default system message
    CHAT_TEMPLATE_ZEPHYR,  ///< <|user|>
    CHAT_TEMPLATE_MISTRAL, ///< [INST] without <<SYS>>
    CHAT_TEMPLATE_DEEPSEEK_R1, ///< <｜User｜>, drops what stands before </think>
} chat_template;

typedef struct chat_message {
    const char *role; ///< "system", "user" or "assistant"
    const char *content;
} chat_message;

typedef struct chat_options {
    bool add_generation_prompt; ///< ends with the head of an assistant turn
    const char *bos;            ///< text of the BOS token, "" if none
    const char *eos;            ///< text of the EOS token, "" if none
    const char *date;           ///< "02 Jan 2026", for templates that print today's date
} chat_options;

/* Options for a conversation that the tokenizer's model is to answer: its BOS and EOS, and the head
 * of an assistant turn at the end. `date` is borrowed. */
chat_options chat_options_for(const tokenizer *t, const char *date);

/* The family of a template's text; an unknown one is DEAR_ERROR_UNSUPPORTED, naming the known. */
dear_status chat_template_recognise(chat_template *out, const char *jinja, dear_error *err);

/* The family by its name ("llama3.1", "chatml", ...); an unknown name lists the known ones. */
dear_status chat_template_by_name(chat_template *out, const char *name, dear_error *err);
const char *chat_template_name(chat_template kind);

/* Appends the conversation as the template writes it. A conversation the template refuses (roles
 * that do not alternate, an unknown role) is DEAR_ERROR_INPUT. */
dear_status chat_template_render(chat_template kind, const chat_message *messages, size_t count,
                                 const chat_options *options, strbuf *out, dear_error *err);

/* As render, but to tokens: only what the template itself writes may become special tokens; what
 * messages contain is plain text. */
dear_status chat_template_encode(chat_template kind, const chat_message *messages, size_t count,
                                 const chat_options *options, const tokenizer *t, token_list *out,
                                 dear_error *err);

#endif
