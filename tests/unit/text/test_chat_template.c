/* Chat templates: text against the reference, and that no message can forge a token. */
#include "tokenizer_cases.h"

#include "text/chat_template.h"

static char *read_text(const char *path) {
    dear_error err = {0};
    strbuf text = {0};
    assert_ok(file_read(&text, path, 1 << 20, &err), &err);
    return strbuf_take(&text);
}

static chat_template family_of(const char *file) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "chat-templates/%s", file);
    char *jinja = read_text(path);
    dear_error err = {0};
    chat_template kind;
    assert_ok(chat_template_recognise(&kind, jinja, &err), &err);
    free(jinja);
    return kind;
}

static const char *string_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

enum { MOST_MESSAGES = 8 };

static size_t read_messages(const json_t *list, chat_message out[MOST_MESSAGES]) {
    assert_in_range(json_array_size(list), 1, MOST_MESSAGES);
    for (size_t i = 0; i < json_array_size(list); i++)
        out[i] = (chat_message){string_of(json_array_get(list, i), "role"),
                                string_of(json_array_get(list, i), "content")};
    return json_array_size(list);
}

static void renders_as_jinja_does(void **state) {
    (void)state;
    json_t *cases = read_json(GOLDEN "chat-templates.json");
    assert_true(json_array_size(cases) >= 16);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *c = json_array_get(cases, i);
        chat_message messages[MOST_MESSAGES];
        size_t count = read_messages(json_object_get(c, "messages"), messages);
        chat_options options = {.add_generation_prompt =
                                    json_is_true(json_object_get(c, "add_generation_prompt")),
                                .bos = string_of(c, "bos"),
                                .eos = string_of(c, "eos"),
                                .date = "02 Jan 2026"};
        dear_error err = {0};
        strbuf text = {0};
        assert_ok(chat_template_render(family_of(string_of(c, "template")), messages, count,
                                       &options, &text, &err),
                  &err);
        assert_string_equal(text.text, string_of(c, "text"));
        strbuf_free(&text);
    }
    json_decref(cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders_as_jinja_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
