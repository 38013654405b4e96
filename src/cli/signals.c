/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

/* The one mutable variable of the program: a handler has no other place to write to. */
static volatile sig_atomic_t caught;

static void remember(int number)
{
    if (caught)
        _exit(128 + number);
    caught = number;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    /* Unconditionally: a shell script starts `vqvae train &` with SIGINT ignored. */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int signals_caught(void)
{
    return caught;
}
