#define _GNU_SOURCE
#include "command.h"

#include <signal.h>

static volatile sig_atomic_t requested;

static void on_signal(int number) {
    requested = 1;
    signal(number, SIG_DFL);
}

void interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_requested(void) {
    return requested != 0;
}
