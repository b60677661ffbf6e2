/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/signals.h"

#include "basic/macro.h"

#include <signal.h>

/* A handler can reach nothing else. */
static struct dmig *volatile watched;
static volatile sig_atomic_t caught;

static void on_stop(int signal)
{
        struct dmig *ctx = watched;

        (void)signal;
        caught = 1;
        if (ctx)
                dmig_stop(ctx);
}

/* Rather than SIG_IGN, which the migrations would inherit. A broken pipe must not end a run half way. */
static void on_broken_pipe(int signal)
{
        (void)signal;
}

/* What our caller ignores, as nohup(1) does, stays ignored. */
static void install(int signal, void (*handler)(int))
{
        struct sigaction old, action = { .sa_handler = handler, .sa_flags = SA_RESTART };

        if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
                sigaction(signal, &action, NULL);
}

void signals_watch(struct dmig *ctx)
{
        static const int stopping[] = { SIGTERM, SIGINT, SIGHUP };

        watched = ctx;
        install(SIGPIPE, on_broken_pipe);
        for (size_t i = 0; i < ELEMENTSOF(stopping); i++)
                install(stopping[i], on_stop);
}

bool signals_caught(void)
{
        return caught;
}
