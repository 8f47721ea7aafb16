#include "golden/golden.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "compute/kernels.h"
#include "llm/generate.h"
#include "model/model.h"
#include "rank/pair.h"
#include "rank/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * How near each precision must come. float32: README of the cases. The others bound what rounding
 * does to a model's numbers; seen at most: bf16 1.1e-2, int8 5.6e-2. That the ranking stays good
 * is another claim, which a bench on NovelEval holds to account.
 */
static double tolerance(precision p) {
    return p == PRECISION_F32 ? 1e-4 : p == PRECISION_BF16 ? 5e-2 : 1e-1;
}

typedef struct opened {
    json_t *cases;
    model *m;
    llama *engine;
} opened;

static void close_all(opened *o) {
    json_decref(o->cases);
    llama_close(o->engine);
    model_close(o->m);
}

static bool open_all(golden *g, opened *o, const char *file, const char *model_path,
                     const char *adapter_path) {
    dear_error err;
    *o = (opened){0};
    if (json_read_file(&o->cases, file, 64 << 20, &err) == DEAR_OK &&
        model_open(&o->m, model_path, adapter_path, &err) == DEAR_OK &&
        llama_open(&o->engine, o->m, g->p, NULL, NULL, &err) == DEAR_OK)
        return true;
    golden_fail(g, file, err.message);
    close_all(o);
    return false;
}

/* The head's score of a pair given as ids, run as one sequence. */
static double score_ids(llama *engine, const int32_t *ids, size_t count) {
    dear_error err;
    float score = NAN;
    float *hidden = mem_calloc((size_t)llama_get_config(engine)->hidden_size, sizeof *hidden);
    llama_sequence s = {.ids = ids, .count = (int64_t)count, .first_row = (int64_t)count - 1};
    if (llama_forward(engine, &s, 1, hidden, 1, &err) == DEAR_OK)
        llama_scores(engine, hidden, 1, &score, &err);
    mem_free(hidden);
    return score;
}

static bool same_ids(const int32_t *a, size_t a_count, const int32_t *b, size_t b_count) {
    return a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Text to ids, then text to score: alone, and all passages at once behind one shared query. */
static void pointwise_texts(golden *g, opened *o, const json_t *list, const double *expected,
                            const char *name) {
    dear_error err;
    pointwise_options options = pointwise_defaults();
    options.q_max_len = json_integer_value(json_object_get(o->cases, "q_max_len"));
    options.p_max_len = json_integer_value(json_object_get(o->cases, "p_max_len"));
    pointwise *p;
    if (pointwise_open(&p, o->m, o->engine, &options, &err) != DEAR_OK) {
        golden_fail(g, name, err.message);
        return;
    }
    size_t count = json_array_size(list), wrong = 0, batched_wrong = 0;
    double *got = mem_calloc(count, sizeof *got), batch_error = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *c = json_array_get(list, i);
        const char *query = text_of(c, "query");
        token_list ids = {0};
        size_t wanted_count;
        int32_t *wanted = golden_ids(json_object_get(c, "ids"), &wanted_count);
        pointwise_pair(p, query, text_of(c, "title"), text_of(c, "text"), &ids, &err);
        wrong += !same_ids(ids.ids, ids.count, wanted, wanted_count);
        token_list_free(&ids);
        mem_free(wanted);

        hit_set alone = {0}, together = {0};
        hit_list *one = hit_set_add(&alone, "q", query), *all = hit_set_add(&together, "q", query);
        hit_list_add(one, "d", text_of(c, "title"), text_of(c, "text"), 0);
        for (size_t j = 0; j < count; j++) {
            const json_t *other = json_array_get(list, (i + j) % count);
            hit_list_add(all, "d", text_of(other, "title"), text_of(other, "text"), 0);
        }
        if (pointwise_score(p, one, &err) != DEAR_OK || pointwise_score(p, all, &err) != DEAR_OK)
            golden_fail(g, name, err.message);
        got[i] = one->hits[0].score;
        batched_wrong += got[i] != all->hits[0].score;
        batch_error = fmax(batch_error, fabs(got[i] - all->hits[0].score));
        hit_set_free(&alone);
        hit_set_free(&together);
    }
    if (g->p == PRECISION_F32)
        golden_exact(g, name, "pair ids", wrong, count);
    golden_check(g, name, "scores of texts", golden_error(expected, got, count), tolerance(g->p));
    if (g->p == PRECISION_INT8)
        golden_exact(g, name, "alone against batched", batched_wrong, count);
    else
        golden_check(g, name, "alone against batched", batch_error, 1e-5);
    mem_free(got);
    pointwise_close(p);
}

void golden_pointwise(golden *g, const char *directory, const char *file, const char *model_name,
                      const char *adapter_name) {
    char *path = path_join(directory, file), *model_path = path_join(directory, model_name);
    char *adapter = adapter_name ? path_join(directory, adapter_name) : NULL;
    opened o;
    if (open_all(g, &o, path, model_path, adapter)) {
        const json_t *list = json_object_get(o.cases, "cases");
        size_t count = json_array_size(list);
        double *expected = mem_calloc(count, sizeof *expected);
        double *got = mem_calloc(count, sizeof *got);
        for (size_t i = 0; i < count; i++) {
            const json_t *c = json_array_get(list, i);
            size_t num_ids;
            int32_t *ids = golden_ids(json_object_get(c, "ids"), &num_ids);
            expected[i] = json_number_value(json_object_get(c, "score"));
            got[i] = score_ids(o.engine, ids, num_ids);
            mem_free(ids);
        }
        golden_check(g, path, "scores of ids", golden_error(expected, got, count), tolerance(g->p));
        if (json_object_get(json_array_get(list, 0), "text"))
            pointwise_texts(g, &o, list, expected, path);
        mem_free(expected);
        mem_free(got);
        close_all(&o);
    }
    mem_free(path);
    mem_free(model_path);
    mem_free(adapter);
}

/* What a causal case asks of the model, as the largest error of each kind over all cases. */
typedef struct causal_errors {
    double logits, logits_absolute, log_sum_exp, nll;
    size_t wrong_top, wrong_greedy, count;
} causal_errors;

static double mean_nll(const float *logits /* [count, vocab] */, const int32_t *ids, size_t count,
                       size_t vocab) {
    double total = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const float *row = logits + i * vocab;
        total += (double)kernels_get()->log_sum_exp(row, vocab) - (double)row[ids[i + 1]];
    }
    return total / (double)(count - 1);
}

static bool is_top(const float *logits, size_t vocab, int32_t id) {
    for (size_t i = 0; i < vocab; i++)
        if (logits[i] > logits[id])
            return false;
    return true;
}

static void compare_logits(const json_t *c, const float *last, size_t vocab, causal_errors *e) {
    size_t count;
    double *expected = golden_numbers(json_object_get(c, "last_logits_head"), &count);
    double *got = mem_calloc(count, sizeof *got);
    for (size_t i = 0; i < count; i++) {
        got[i] = last[i];
        e->logits_absolute = fmax(e->logits_absolute, fabs(expected[i] - got[i]));
    }
    e->logits = fmax(e->logits, golden_error(expected, got, count));
    const json_t *log_sum_exp = json_object_get(c, "logsumexp_last");
    if (log_sum_exp) {
        double wanted = json_number_value(log_sum_exp);
        double ours = kernels_get()->log_sum_exp(last, vocab);
        e->log_sum_exp = fmax(e->log_sum_exp, fabs(ours - wanted) / fabs(wanted));
    }
    int32_t top = (int32_t)json_integer_value(json_array_get(json_object_get(c, "last_top"), 0));
    e->wrong_top += !is_top(last, vocab, top);
    mem_free(expected);
    mem_free(got);
}

static bool forward_case(llama *engine, const json_t *c, const int32_t *ids, size_t count,
                         causal_errors *e) {
    dear_error err;
    size_t vocab = (size_t)llama_get_config(engine)->vocab_size;
    size_t width = (size_t)llama_get_config(engine)->hidden_size;
    float *hidden = mem_calloc(count * width, sizeof *hidden);
    float *logits = mem_calloc(count * vocab, sizeof *logits);
    llama_sequence s = {.ids = ids, .count = (int64_t)count};
    bool ran = llama_forward(engine, &s, 1, hidden, (int64_t)count, &err) == DEAR_OK &&
               llama_logits(engine, hidden, (int64_t)count, logits, &err) == DEAR_OK;
    if (ran && json_object_get(c, "last_logits_head")) {
        compare_logits(c, logits + (count - 1) * vocab, vocab, e);
        double wanted = json_number_value(json_object_get(c, "mean_nll"));
        e->nll = fmax(e->nll, fabs(mean_nll(logits, ids, count, vocab) - wanted) / fabs(wanted));
    }
    mem_free(hidden);
    mem_free(logits);
    return ran;
}

static void greedy_case(llama *engine, const json_t *c, const int32_t *ids, size_t count,
                        causal_errors *e) {
    dear_error err;
    size_t wanted_count;
    int32_t *wanted = golden_ids(json_object_get(c, "greedy"), &wanted_count);
    generate_options options = generate_defaults();
    options.max_new_tokens = (int64_t)wanted_count;
    token_list got = {0};
    dear_status status = generate(engine, ids, (int64_t)count, &options, &got, &err);
    e->wrong_greedy += status != DEAR_OK || !same_ids(got.ids, got.count, wanted, wanted_count);
    token_list_free(&got);
    mem_free(wanted);
}

static causal_errors run_causal(golden *g, llama *engine, const json_t *cases, const char *name) {
    causal_errors e = {0};
    e.count = json_array_size(cases);
    for (size_t i = 0; i < e.count; i++) {
        const json_t *c = json_array_get(cases, i);
        size_t count;
        int32_t *ids = golden_ids(json_object_get(c, "ids"), &count);
        if (!forward_case(engine, c, ids, count, &e))
            golden_fail(g, name, "the forward failed");
        if (g->p == PRECISION_F32)
            greedy_case(engine, c, ids, count, &e);
        mem_free(ids);
    }
    return e;
}

static void report_causal(golden *g, const char *name, const json_t *cases, causal_errors e) {
    if (json_object_get(json_array_get(cases, 0), "last_logits_head")) {
        golden_check(g, name, "last logits", e.logits, tolerance(g->p));
        golden_check(g, name, "log-sum-exp", e.log_sum_exp, tolerance(g->p));
        golden_check(g, name, "mean NLL", e.nll, tolerance(g->p));
    }
    if (g->p == PRECISION_F32) {
        golden_exact(g, name, "likeliest token", e.wrong_top, e.count);
        golden_exact(g, name, "greedy tokens", e.wrong_greedy, e.count);
    }
}

void golden_causal(golden *g, const char *directory, const char *file, const char *model_name,
                   const char *adapter_name) {
    char *path = path_join(directory, file), *model_path = path_join(directory, model_name);
    char *adapter = adapter_name ? path_join(directory, adapter_name) : NULL;
    opened o;
    if (open_all(g, &o, path, model_path, adapter)) {
        char name[512];
        snprintf(name, sizeof name, "%s%s", path, strstr(model_name, ".gguf") ? " (gguf)" : "");
        report_causal(g, name, o.cases, run_causal(g, o.engine, o.cases, name));
        close_all(&o);
    }
    mem_free(path);
    mem_free(model_path);
    mem_free(adapter);
}

/* The prompt that the model's own chat template writes, as text and as ids. */
static void default_model_prompts(golden *g, const opened *o, const char *name) {
    size_t wrong = 0, count = json_array_size(o->cases);
    const tokenizer *t = model_tokenizer(o->m);
    chat_options options = {.add_generation_prompt = true, .bos = "", .eos = "", .date = ""};
    chat_template kind = CHAT_TEMPLATE_NONE;
    dear_error err;
    const char *jinja = model_chat_template(o->m);
    if (!jinja || chat_template_recognise(&kind, jinja, &err) != DEAR_OK)
        golden_fail(g, name, "no chat template is recognised");
    for (size_t i = 0; i < count; i++) {
        const json_t *c = json_array_get(o->cases, i);
        const json_t *m = json_array_get(json_object_get(c, "messages"), 0);
        chat_message message = {text_of(m, "role"), text_of(m, "content")};
        strbuf text = {0};
        token_list ids = {0};
        size_t wanted_count;
        int32_t *wanted = golden_ids(json_object_get(c, "ids"), &wanted_count);
        bool ok = chat_template_render(kind, &message, 1, &options, &text, &err) == DEAR_OK &&
                  strcmp(text.text, text_of(c, "prompt")) == 0 &&
                  chat_template_encode(kind, &message, 1, &options, t, &ids, &err) == DEAR_OK &&
                  same_ids(ids.ids, ids.count, wanted, wanted_count);
        wrong += !ok;
        strbuf_free(&text);
        token_list_free(&ids);
        mem_free(wanted);
    }
    golden_exact(g, name, "chat prompts and ids", wrong, count);
}

void golden_default_model(golden *g, const char *directory) {
    char *path = path_join(directory, "smollm2-135m.json");
    opened o;
    if (!g->default_model) {
        golden_skip(g, path, "without SmolLM2-135M-Instruct.Q4_1.gguf");
    } else if (open_all(g, &o, path, g->default_model, NULL)) {
        causal_errors e = run_causal(g, o.engine, o.cases, path);
        if (g->p == PRECISION_F32) {
            default_model_prompts(g, &o, path);
            golden_check(g, path, "last logits (absolute)", e.logits_absolute, 2e-3);
            golden_check(g, path, "mean NLL", e.nll, 1e-4);
            golden_exact(g, path, "likeliest token", e.wrong_top, e.count);
            golden_exact(g, path, "greedy tokens", e.wrong_greedy, e.count);
        } else {
            golden_check(g, path, "last logits", e.logits, tolerance(g->p));
            golden_check(g, path, "mean NLL", e.nll, tolerance(g->p));
        }
        close_all(&o);
    }
    mem_free(path);
}
