/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Times: microseconds of a clock, and the timestamps of files. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define USEC_PER_SEC  UINT64_C(1000000)
#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_INFINITY UINT64_MAX

/* Returns: the sum, or USEC_INFINITY if it is too large. */
static inline uint64_t usec_add(uint64_t a, uint64_t b)
{
        return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

static inline uint64_t now_usec(clockid_t clock)
{
        struct timespec ts;

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static inline bool time_is_later(struct timespec a, struct timespec b)
{
        return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static inline bool time_is_to_come(struct timespec ts)
{
        struct timespec now;

        return clock_gettime(CLOCK_REALTIME, &now) == 0 && time_is_later(ts, now);
}

static inline bool time_is_same(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}
