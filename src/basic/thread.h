/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A thread of the library's own, in a process that isn't ours. */

#include "basic/macro.h"

#include <pthread.h>

/*
 * Starts a thread that runs @function and has all signals blocked, since they are for the caller's threads to handle. Returns: 0, or a
 * negative errno: -ENOMEM if there is too little memory, -EAGAIN if there may be no further thread. pthread_create(3) has EAGAIN for both.
 */
_must_check_ int thread_start(pthread_t *ret, void *(*function)(void *userdata), void *userdata);
