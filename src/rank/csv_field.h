/* Fields of tab-separated files that a CSV writer quoted (RFC 4180). */
#ifndef DEAR_RANK_CSV_FIELD_H
#define DEAR_RANK_CSV_FIELD_H

/*
 * Takes the quotes off a field, in place, that was quoted because of what it holds: in quotes, each
 * quote inside doubled, and a doubled quote or a tab there as the reason. Text that merely stands in
 * quotes is not taken for that, and stays as it is.
 */
void csv_unquote(char *field);

#endif
