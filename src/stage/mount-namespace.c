/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/mount-namespace.h"

#include "basic/thread.h"

#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>

struct call {
        int (*prepare)(const struct call *call);
        const char *directory; /* for call_enter_directory() */
        int (*function)(void *userdata);
        void *userdata;
        struct error *error;
        int r;
};

static int call_enter_namespace(const struct call *call)
{
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
                return error_errnof(call->error, -errno, "can't make a mount namespace");
        return 0;
}

static int call_enter_directory(const struct call *call)
{
        if (unshare(CLONE_FS) < 0 || chdir(call->directory) < 0)
                return error_errnof(call->error, -errno, "can't change to %s", call->directory);
        return 0;
}

static void *call_run(void *userdata)
{
        struct call *call = userdata;

        call->r = call->prepare(call);
        if (call->r >= 0)
                call->r = call->function(call->userdata);
        return NULL;
}

static int call_run_in_thread(struct call *call)
{
        pthread_t thread;
        int r = thread_start(&thread, call_run, call);

        if (r < 0)
                return error_errnof(call->error, r, "can't make a thread");
        (void)pthread_join(thread, NULL);
        return call->r;
}

/* In a thread, since the caller's own could not return to its namespace with the same root and working directory. */
int mount_namespace_run(int (*function)(void *userdata), void *userdata, struct error *error)
{
        assert(function);

        return call_run_in_thread(&(struct call){
                .prepare = call_enter_namespace, .function = function, .userdata = userdata, .error = error });
}

int working_directory_run(const char *directory, int (*function)(void *userdata), void *userdata, struct error *error)
{
        assert(directory);
        assert(function);

        return call_run_in_thread(&(struct call){ .prepare = call_enter_directory,
                                                  .directory = directory,
                                                  .function = function,
                                                  .userdata = userdata,
                                                  .error = error });
}
