/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/signals.h"

#include "basic/macro.h"

#include <signal.h>

/* Global, since a signal handler has no other way to reach them. */
static struct dmig *volatile watched;
static volatile sig_atomic_t caught;

static void signals_on_stop(int signal)
{
        struct dmig *ctx = watched;

        (void)signal;
        caught = 1;
        if (ctx)
                dmig_stop(ctx);
}

/* A broken pipe must not kill a run half way. A handler rather than SIG_IGN, which the migrations would inherit. */
static void signals_on_broken_pipe(int signal)
{
        (void)signal;
}

/* A signal that our caller ignores, as under nohup(1), stays ignored. */
static void signals_handle(int signal, void (*handler)(int))
{
        struct sigaction old, action = { .sa_handler = handler, .sa_flags = SA_RESTART };

        if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
                sigaction(signal, &action, NULL);
}

void signals_watch(struct dmig *ctx)
{
        static const int stopping[] = { SIGTERM, SIGINT, SIGHUP };

        watched = ctx;
        signals_handle(SIGPIPE, signals_on_broken_pipe);
        for (size_t i = 0; i < ELEMENTSOF(stopping); i++)
                signals_handle(stopping[i], signals_on_stop);
}

bool signals_caught(void)
{
        return caught;
}
