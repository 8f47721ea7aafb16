#include "pull_display.h"

#include "command.h"

static void show_fetching(pull_display *d, const char *file, double done, double total) {
    if (!d->fetches)
        progress_start(&d->fetching, stderr, "fetching", "B", total);
    d->fetches = true;
    if (*file)
        d->fetching.label = file;
    progress_update(&d->fetching, done);
}

static void show_checking(pull_display *d, double done, double total) {
    if (d->step != HUB_CHECKING || d->checking.done > done)
        progress_start(&d->checking, stderr, "checking", "B", total);
    progress_update(&d->checking, done);
}

bool pull_display_show(void *context, hub_step step, const char *file, double done, double total) {
    pull_display *d = context;
    if (step == HUB_WAITING && !d->waits)
        fputs("dear: waiting for another process that fetches the same\n", stderr);
    d->waits = step == HUB_WAITING;
    if (step == HUB_FETCHING && total > 0)
        show_fetching(d, file, done, total);
    if (step == HUB_CHECKING)
        show_checking(d, done, total);
    d->step = step;
    return !interrupt_requested();
}

void pull_display_finish(pull_display *d) {
    progress_finish(&d->checking);
    progress_finish(&d->fetching);
}
