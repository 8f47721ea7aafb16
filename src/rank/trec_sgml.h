/*
 * TREC's markup: corpora of <DOC> elements, topics of <top> elements. It is neither XML nor valid
 * SGML: tags may be unclosed, "<" and "&" may stand for themselves, documents follow each other
 * without a root. The description is that of TREC's collections (trec.nist.gov/data/docs_eng.html,
 * trec.nist.gov/data/topics_eng). Internal to src/rank.
 *
 *  <DOC>  <DOCNO> is the id; <TITLE> or <HEADLINE> the title (several are joined); the text is all
 *         else, tags and comments dropped
 *  <top>  <num>, with or without "Number:" before it, is the id; <title>, with or without "Topic:",
 *         the text; a field ends where the next tag begins, and other fields are passed over
 *
 * The names of tags may be in either case. White space becomes single spaces, and the entities
 * &amp; &lt; &gt; &quot; &apos; &nbsp; and &#N; their characters. Outside of the elements only tags
 * and comments may stand.
 */
#ifndef DEAR_RANK_TREC_SGML_H
#define DEAR_RANK_TREC_SGML_H

#include "base/file.h"
#include "rank/record_reader.h"

/* Zero-initialize, with the kind and the lines; end with trec_sgml_free. */
typedef struct trec_sgml {
    collection_kind kind;
    line_reader *lines; ///< borrowed
    char *line;         ///< the line being read; NULL at the end
    size_t length, at;  ///< of the line, and where reading goes on
    strbuf element;     ///< what stands between a record's outer tags
    strbuf id, title, text;
} trec_sgml;

/* Gives the line that is read first, which the caller has taken from `lines`. */
void trec_sgml_begin(trec_sgml *r, char *line, size_t length);

/* Gives the next record; out->id is NULL at the end. An element without its end or its id, and text
 * outside of the elements, are errors that name file, line and column. */
dear_status trec_sgml_next(trec_sgml *r, record *out, dear_error *err);

void trec_sgml_free(trec_sgml *r);

#endif
