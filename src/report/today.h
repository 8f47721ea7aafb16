/* The date and time, as reports tell it. */
#ifndef DEAR_REPORT_TODAY_H
#define DEAR_REPORT_TODAY_H

enum { DATE_LENGTH = 32 };

/* "2026-11-23T20:15:00Z" (ISO 8601, UTC), written to `out`, which is returned. */
const char *today(char out[DATE_LENGTH]);

#endif
