/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Histories on disk, of a package "foo". */

#include "history/history.h"

#define HISTORY_DIR  STATE_DIR "/foo"
#define HISTORY_FILE HISTORY_DIR "/history.jsonl"

/* The event with the number @i of a history that goes on and on: 0 is a baseline, then one migration after the other. */
struct dmig_event *histories_event(size_t i);
/* Opens it, or fails the test. */
struct history *histories_open(const struct root *root, enum history_mode mode);
/* Appends the events from @begin up to @end, or fails the test. */
void histories_append(struct history *history, size_t begin, size_t end);
/* Makes one with the first @n events. Returns: the text of the file, to be freed. */
char *histories_make(const struct root *root, size_t n);
/* Fails the test unless @history stands where @n events lead. */
void histories_expect(const struct history *history, size_t n);

/* A file of the root as it is, and how to change it. */
char *histories_read(const struct root *root, const char *path, size_t *ret_size);
void histories_write(const struct root *root, const char *path, const char *data, size_t size);
