/*
 * Top-k answer accuracy as an evaluation: the share of questions that one of the first k passages
 * answers (eval/answers.h), beside the rank of the first that does.
 */
#ifndef DEAR_EVAL_ANSWER_EVALUATION_H
#define DEAR_EVAL_ANSWER_EVALUATION_H

#include "eval/answers.h"
#include "eval/evaluation.h"

/* The measures num_q, answer_rank (of each query only; 0 when nothing answers) and accuracy_k for
 * each of `cutoffs` [count], k >= 1. The caller ends them with measure_list_free. */
dear_status answer_measures(measure_list *out, const size_t *cutoffs, size_t count,
                            dear_error *err);

/*
 * Measures a run, whose lists stand in the order of their ranking and have texts, by what
 * answer_measures gave. Queries whose question has no answers are left out, and so, unless
 * `complete`, are questions that the run does not have; with it, nothing answers those. None left is
 * DEAR_ERROR_INPUT. The query ids belong to `run` and `answers`; the caller ends the evaluation with
 * evaluation_free before them.
 */
dear_status evaluate_answers(evaluation *out, const answer_set *answers, const hit_set *run,
                             const measure_list *measures, bool complete, dear_error *err);

#endif
