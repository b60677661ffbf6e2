/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/mount-namespace.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>

struct call {
        int (*function)(void *userdata);
        void *userdata;
        struct error *error;
        int r;
};

static void *mount_namespace_call(void *userdata)
{
        struct call *call = userdata;

        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
                call->r = error_errnof(call->error, -errno, "can't make a mount namespace");
        else
                call->r = call->function(call->userdata);
        return NULL;
}

/* In a thread, since the caller's own could not return to its namespace with the same root and working directory. */
int mount_namespace_run(int (*function)(void *userdata), void *userdata, struct error *error)
{
        struct call call = { function, userdata, error, 0 };
        sigset_t all, before;
        pthread_t thread;
        int r;

        assert(function);

        /* Signals are for the caller's threads to handle. */
        sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&thread, NULL, mount_namespace_call, &call);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r > 0)
                return error_errnof(error, -r, "can't make a thread");
        (void)pthread_join(thread, NULL);
        return call.r;
}
