/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/thread.h"

#include <signal.h>

int thread_start(pthread_t *ret, void *(*function)(void *userdata), void *userdata)
{
        sigset_t all, before;
        int r;

        assert(ret);
        assert(function);

        sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        errno = 0;
        r = pthread_create(ret, NULL, function, userdata);
        if (r == EAGAIN && errno == ENOMEM) /* what the kernel said */
                r = ENOMEM;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return -r;
}
