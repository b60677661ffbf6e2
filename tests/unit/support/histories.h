/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Histories of the package "foo" on disk. */

#include "history/history.h"

#include <sys/resource.h>

#define HISTORY_DIR  STATE_DIR "/foo"
#define HISTORY_FILE HISTORY_DIR "/history.jsonl"

/* The event number @i of an endless history: 0 is a baseline, followed by one migration after the other. */
struct dmig_event *histories_event(size_t i);
/* Opens the history, or fails the test. */
struct history *histories_open(const struct root *root, enum history_mode mode);
/* Appends the events from @begin up to @end, or fails the test. */
void histories_append(struct history *history, size_t begin, size_t end);
/* Makes a history of the first @n events. Returns: the text of the file, to be freed. */
char *histories_make(const struct root *root, size_t n);
/* Fails the test unless @history has the state after @n events. */
void histories_expect(const struct history *history, size_t n);

/* Fails the test unless the event number @i can't be appended, for the reason @code, a negative errno. */
void histories_expect_refused(struct history *history, size_t i, int code);
/* Fails the test unless the file has that text. */
void histories_expect_text(const struct root *root, const char *data);
/* Limits the files of the process to @size bytes, so that a write to a longer one is cut short or fails. */
void histories_limit_size(rlim_t size);

/* Read and write a file of the root as it is. */
char *histories_read(const struct root *root, const char *path, size_t *ret_size);
void histories_write(const struct root *root, const char *path, const char *data, size_t size);
