/* Time for progress and measurement. */
#ifndef DEAR_BASE_CLOCK_H
#define DEAR_BASE_CLOCK_H

/* Seconds since an arbitrary moment, never going back. */
double clock_seconds(void);

#endif
