#include "command.h"
#include "eval_options.h"

static dear_status evaluate_run(const eval_command *c, const qrels *judged, dear_error *err) {
    hit_set run;
    TRY(hits_read(&run, &c->run, err));
    evaluation e;
    dear_status status = evaluate(&e, judged, &run, &c->measures, &c->options, err);
    if (status == DEAR_OK) {
        status = eval_output_print(&c->output, &c->measures, &e, err);
        evaluation_free(&e);
    } else if (status == DEAR_ERROR_INPUT) {
        error_prefix(err, "%s, %s", c->run.path, c->qrels);
    }
    hit_set_free(&run);
    return status;
}

int command_eval(int argc, char **argv) {
    eval_command c;
    eval_options_parse(&c, argc, argv);
    dear_error err;
    qrels judged;
    dear_status status = qrels_read(&judged, c.qrels, &err);
    if (status == DEAR_OK) {
        status = evaluate_run(&c, &judged, &err);
        qrels_free(&judged);
    }
    measure_list_free(&c.measures);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
