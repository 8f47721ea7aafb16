#include "command.h"
#include "eval_judge.h"
#include "eval_options.h"

#include "base/memory.h"

/* Measures the other runs and prints how they differ from the first. */
static dear_status compare_others(const judge *j, const evaluation *first, judged_run *others,
                                  evaluation *measured, dear_error *err) {
    const eval_command *c = j->command;
    for (size_t i = 0; i < c->compare.count; i++) {
        TRY(judge_run(&others[i], j, c->compare.paths[i], err));
        measured[i] = others[i].e;
    }
    compared_runs runs = {c->run.path, first, measured, &c->measures};
    return eval_compare_print(c->output.format, &c->compare, &runs, err);
}

static dear_status compare(const judge *j, const evaluation *first, dear_error *err) {
    size_t count = j->command->compare.count;
    judged_run *others = mem_calloc(count, sizeof *others);
    evaluation *measured = mem_calloc(count, sizeof *measured);
    dear_status status =
        others && measured ? compare_others(j, first, others, measured, err) : error_memory(err);
    for (size_t i = 0; others && i < count; i++)
        judged_run_free(&others[i]);
    mem_free(others);
    mem_free(measured);
    return status;
}

static dear_status tell(const judge *j, const evaluation *e, dear_error *err) {
    const eval_command *c = j->command;
    if (c->compare.count)
        TRY(compare(j, e, err));
    else
        TRY(eval_output_print(&c->output, &c->measures, e, err));
    if (!c->result.common.path)
        return DEAR_OK;
    evaluated_files files = {c->run.path, c->answers.wanted ? NULL : c->qrels};
    return eval_result_write(&c->result, &files, &c->measures, e, err);
}

static dear_status evaluate_run(const judge *j, dear_error *err) {
    judged_run first;
    TRY(judge_run(&first, j, j->command->run.path, err));
    dear_status status = tell(j, &first.e, err);
    judged_run_free(&first);
    return status;
}

int command_eval(int argc, char **argv) {
    eval_command c;
    eval_options_parse(&c, argc, argv);
    dear_error err;
    judge j;
    dear_status status = judge_open(&j, &c, &err);
    if (status == DEAR_OK) {
        status = evaluate_run(&j, &err);
        judge_close(&j);
    }
    measure_list_free(&c.measures);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
