/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Formats times, durations and sizes for people. Pure, but for the time zone. */

#include <stdint.h>

#define DURATION_MAX 64

/* A measured duration: "12 ms", "1.3 s", "2min 5s". */
void format_duration(int64_t ms, char ret[static DURATION_MAX]);
/* A whole number of seconds: "12s", "15min", "1h 5s". */
void format_span(int64_t sec, char ret[static DURATION_MAX]);

#define TIME_MAX 32

/* Microseconds since the epoch, in local time: "2026-01-02 03:04:05"; "?" for 0. */
void format_time(uint64_t usec, char ret[static TIME_MAX]);

#define BYTES_MAX 32

/* "512 B", "1.5 KiB", "12 KiB". */
void format_bytes(uint64_t bytes, char ret[static BYTES_MAX]);
