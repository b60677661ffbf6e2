/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The history of a package on disk, and its only writer: one JSON object a line, each appended with one write and made durable
 * before anything else happens. Each line ends in a CRC-32 of itself ("crc"), so that a flipped bit is seen; lines without
 * one are taken as they are.
 */

#include "basic/path.h"
#include "basic/root.h"
#include "history/history-state.h"

enum history_mode {
        HISTORY_READ,   /* changes nothing; an unacknowledged last line is passed over */
        HISTORY_APPEND, /* sets an unacknowledged last line aside; the first event makes the file; needs the lock */
};

struct history {
        const struct root *root;
        char *package;
        char *path; /* for messages */
        int dir;    /* -EBADF where there is none yet */
        int fd;     /* likewise */
        off_t size;
        bool cut;   /* the last line was never acknowledged */
        char *torn; /* the name of the file that a torn last line was moved to, NULL where it wasn't */
        struct history_state state;
        struct dmig_event **events; /* NULL unless they were asked for */
        size_t n_events;
};

/*
 * A package without a history has an empty one. @root must outlive @ret. @keep_events: fill in events, too.
 * Returns: 0, -EBADMSG where a line can't be read, or another errno; @error names file, line and remedy.
 */
int history_open(const struct root *root, const char *package, enum history_mode mode, bool keep_events,
                 struct history **ret, struct error *error);
struct history *history_free(struct history *history);
DEFINE_CLEANUP(struct history *, history_free);

/*
 * Appends @event, makes it durable and adds it to the state. On failure the file is as it was. Returns: 0, or a negative
 * errno with @error set.
 */
int history_append(struct history *history, const struct dmig_event *event, struct error *error);

/*
 * The last line alone, in constant time. Returns: 1, or 0 where there is none or it needs a closer look, or a negative errno.
 */
int history_peek(const struct root *root, const char *package, struct dmig_event **ret);

/*
 * The state quotes what programs print: gives the file or directory that is open as @fd to root and group adm alone. Others who run this use
 * a tree of their own, of which nothing is changed. Returns: 0, or a negative errno.
 */
int history_restrict(int fd, mode_t mode);
