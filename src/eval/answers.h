/*
 * Answers of questions, and where in a run they are found: top-k answer accuracy, the measure of
 * open-domain question answering (Natural Questions, WebQuestions). A passage answers a question
 * when its tokens (eval/answer_tokens.h) hold those of one of the answers, one after the other.
 * Only a passage's text is looked at, not its title, as in DPR's evaluation.
 */
#ifndef DEAR_EVAL_ANSWERS_H
#define DEAR_EVAL_ANSWERS_H

#include "base/error.h"
#include "base/strbuf.h"
#include "rank/hits.h"

/* A question and the tokens of its answers, as eval/answer_tokens.h writes them. */
typedef struct answered_question {
    char *id;   ///< NULL when the file has none
    char *text; ///< NULL likewise
    strbuf *answers;
    size_t count;
    size_t capacity;
} answered_question;

typedef struct answer_set {
    answered_question *questions; ///< [count]
    size_t count;
    size_t capacity;
    id_table by_id;
    id_table by_text;
} answer_set;

/*
 * Adds a question with its answers, a string or a list of strings and whole numbers; `id` or `text`
 * may be NULL. One without an id is joined to the question of the same text. An id that is there
 * already and answers of another shape are errors that begin with `where`. On failure the set is
 * only good for answer_set_free.
 */
dear_status answer_set_add(answer_set *set, const char *id, const char *text, const json_t *answers,
                           const char *where, dear_error *err);

/*
 * Reads a file of answers (.gz and "-" too), told from its first line that is not blank:
 *
 *  {  JSON Lines: {"qid" or "id", "question", "answers" or "answer": one or a list}; id or question
 *     may be missing (NQ-open, BEIR's forms)
 *  [  a run of DPR's form, whose elements hold their answers ("-" excepted)
 *     else lines of "question<tab>list" (DPR) or "qid<tab>list", the list as Python prints it
 *
 * A question that is asked twice is answered by the answers of both; an id that is there twice and
 * what is malformed are errors that name file and line. An answer that has no tokens is found
 * nowhere. The caller ends the set with answer_set_free.
 */
dear_status answers_read(answer_set *out, const char *path, dear_error *err);

/* The answers that the run itself holds (DPR, Rankify); none at all are DEAR_ERROR_INPUT. */
dear_status answers_of_run(answer_set *out, const hit_set *run, dear_error *err);

/*
 * The question of that id, else of that text, else the one whose text is the id; or NULL. Ids that
 * are only places in a file may agree by accident: a question of the same text is then preferred to
 * one of the same id and another text.
 */
const answered_question *answers_find(const answer_set *set, const char *qid, const char *query);

void answer_set_free(answer_set *set);

/* answer_ranks' value for a list whose question is not in the set. */
#define ANSWERS_UNKNOWN SIZE_MAX

/*
 * For each list of the run the rank, from 1, of the first passage that answers its question, into
 * first_rank [run->count]; 0 when none does. Every passage needs its text.
 */
dear_status answer_ranks(size_t *first_rank, const hit_set *run, const answer_set *answers,
                         dear_error *err);

#endif
