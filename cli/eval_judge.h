/* What `dear eval` holds runs to: judgments, or the answers of questions. */
#ifndef DEAR_CLI_EVAL_JUDGE_H
#define DEAR_CLI_EVAL_JUDGE_H

#include "eval_options.h"

typedef struct judge {
    const eval_command *command;
    qrels judged;
    answer_set answers; ///< none when each run has its own
} judge;

/* Reads the judgments or answers that the command names. */
dear_status judge_open(judge *j, const eval_command *command, dear_error *err);
void judge_close(judge *j);

/* A run and what it was measured to be; the evaluation borrows from the others. */
typedef struct judged_run {
    hit_set run;
    answer_set answers; ///< the run's own
    evaluation e;
} judged_run;

/* Reads the run at `path` and measures it. The caller ends it with judged_run_free, before the
 * judge. */
dear_status judge_run(judged_run *out, const judge *j, const char *path, dear_error *err);
void judged_run_free(judged_run *r);

#endif
