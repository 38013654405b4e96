/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "vqvae.h"

/* The one mutable variable of the program: a handler has no other place to write to. */
static volatile sig_atomic_t caught;

static void remember(int number)
{
    if (caught) {
        vq_remove_temporaries();
        _exit(128 + number);
    }
    caught = number;
}

/* The default action is back when this runs: SA_RESETHAND. */
static void clean_up(int number)
{
    vq_remove_temporaries();
    raise(number);
}

/* Handle a signal, even an ignored one where `always`. */
static void handle(int number, struct sigaction action, bool always)
{
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    if (always ||
        (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
        sigaction(number, &action, NULL);
}

void signals_clean_up(void)
{
    const struct sigaction action = {.sa_handler = clean_up,
                                     .sa_flags = (int)SA_RESETHAND};
    handle(SIGINT, action, false);
    handle(SIGTERM, action, false);
    handle(SIGHUP, action, false);
}

void signals_catch(void)
{
    /* no SA_RESTART: what waits for a pipe would for ever, and base/fd.c takes up the
     * rest */
    const struct sigaction action = {.sa_handler = remember};
    /* always: a shell script starts `vqvae train &` with SIGINT ignored */
    handle(SIGINT, action, true);
    handle(SIGTERM, action, true);
    handle(SIGHUP, action, false);
    signal(SIGPIPE, SIG_IGN);
}

int signals_caught(void)
{
    return caught;
}
