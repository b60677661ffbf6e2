/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For analyzers alone: that errno is positive, which they don't know of a call that failed, and all "return -errno" rely on. */

#include <errno.h>

#undef errno
#define errno                                        \
        (*({                                         \
                int *_errno_at = __errno_location(); \
                if (*_errno_at <= 0)                 \
                        __builtin_unreachable();     \
                _errno_at;                           \
        }))
