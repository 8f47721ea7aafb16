/* What is seen of a pull from a hub: two bars that share a line, what is fetched, which goes through
 * the whole pull, and the file that is being checked. */
#ifndef DEAR_CLI_PULL_DISPLAY_H
#define DEAR_CLI_PULL_DISPLAY_H

#include "base/progress.h"
#include "model/hub.h"

/* Zero-initialize; end with pull_display_finish. */
typedef struct pull_display {
    progress fetching, checking;
    bool fetches; ///< `fetching` was started
    hub_step step;
    bool waits;
} pull_display;

/* A hub_progress whose context is a pull_display; stops the pull after an interrupt. */
bool pull_display_show(void *context, hub_step step, const char *file, double done, double total);

/* Wipes the bars. */
void pull_display_finish(pull_display *d);

#endif
