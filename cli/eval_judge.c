#include "eval_judge.h"

#include "eval/answers.h"

dear_status judge_open(judge *j, const eval_command *command, dear_error *err) {
    *j = (judge){.command = command};
    if (!command->answers.wanted)
        return qrels_read(&j->judged, command->qrels, err);
    return command->qrels ? answers_read(&j->answers, command->qrels, err) : DEAR_OK;
}

void judge_close(judge *j) {
    qrels_free(&j->judged);
    answer_set_free(&j->answers);
}

static dear_status read_run(hit_set *out, const eval_command *c, const char *path,
                            dear_error *err) {
    hits_input input = c->run;
    input.path = path;
    input.queries_path = c->answers.topics;
    input.corpus_path = c->answers.corpus;
    input.need_texts = c->answers.wanted;
    return hits_read(out, &input, err);
}

static dear_status measure_run(judged_run *r, const judge *j, dear_error *err) {
    const eval_command *c = j->command;
    if (!c->answers.wanted)
        return evaluate(&r->e, &j->judged, &r->run, &c->measures, &c->options, err);
    if (!c->qrels)
        TRY(answers_of_run(&r->answers, &r->run, err));
    return evaluate_answers(&r->e, c->qrels ? &j->answers : &r->answers, &r->run, &c->measures,
                            c->options.complete, err);
}

dear_status judge_run(judged_run *out, const judge *j, const char *path, dear_error *err) {
    *out = (judged_run){0};
    TRY(read_run(&out->run, j->command, path, err));
    dear_status status = measure_run(out, j, err);
    if (status == DEAR_ERROR_INPUT && j->command->qrels)
        error_prefix(err, "%s, %s", path, j->command->qrels);
    else if (status == DEAR_ERROR_INPUT)
        error_prefix(err, "%s", path);
    if (status != DEAR_OK)
        judged_run_free(out);
    return status;
}

void judged_run_free(judged_run *r) {
    evaluation_free(&r->e);
    answer_set_free(&r->answers);
    hit_set_free(&r->run);
}
