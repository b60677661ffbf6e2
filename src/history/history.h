/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The history of a package on disk, and its only writer: one JSON object a line, each appended with one write and made durable before the
 * next step begins; lines between which nothing happens are made durable together. Each line ends with its CRC-32 ("crc"), which shows a
 * flipped bit; a line without one is accepted.
 */

#include "basic/path.h"
#include "basic/root.h"
#include "history/history-state.h"

/* In the package's state, beside the history; both are made after its first event. */
#define STAGE_DIR        "stage"
#define TRANSACTIONS_DIR "transactions"

enum history_mode {
        HISTORY_READ,   /* changes nothing; ignores a torn last line */
        HISTORY_APPEND, /* sets a torn last line aside; the first event creates the file; needs the lock */
};

struct history {
        const struct root *root;
        char *package;
        char *path; /* for messages */
        int dir;    /* -EBADF if there is no history yet */
        int fd;     /* the same */
        off_t size;
        off_t durable;               /* up to where lines that we wrote are durable */
        bool inherited;              /* the lines of a run that didn't come to its end may be whole, but not durable */
        int failure;                 /* why lines that the state has got lost; 0: none did */
        struct dmig_event **waiting; /* written by history_append_later(); for the caller, who takes them out */
        size_t n_waiting;
        bool cut;   /* the last line was torn by a crash, before any step relied on it */
        char *torn; /* the name of the file that the torn last line was moved to, NULL if it wasn't moved */
        struct history_state state;
        bool keep_events;
        struct dmig_event **events; /* as they were read, if keep_events */
        size_t n_events;
};

struct history_request {
        const struct root *root; /* must outlive the history */
        const char *package;
        enum history_mode mode;
        bool keep_events; /* fill in the events, too */
};

/*
 * Reads the history of a package, an empty one if it has none. Returns: 0, -EBADMSG if a line can't be read, or another errno; @error names
 * file, line and remedy.
 */
_must_check_ int history_open(const struct history_request *request, struct history **ret, struct error *error);
/* Whether @code, of opening something below the state directory, means that the user isn't one of those who may. */
bool history_is_denied(int code);
#define HISTORY_DENIED "only root and group adm may read it; run this as root, or as a member of group adm"

struct history *history_free(struct history *history);
DEFINE_CLEANUP(struct history *, history_free);

/*
 * Appends @event, makes it durable and adds it to the state. If that fails, the file is as it was. Returns: 0, or a negative errno with
 * @error set.
 */
_must_check_ int history_append(struct history *history, const struct dmig_event *event, struct error *error);
/*
 * The same, but @event, which is taken over, becomes durable with the next one or by history_settle(): nothing may rely on it until then. Returns:
 * as history_append().
 */
_must_check_ int history_append_later(struct history *history, struct dmig_event **event, struct error *error);
/* Makes all lines durable. Returns: 0, or a negative errno with @error set: those that weren't are gone. */
_must_check_ int history_settle(struct history *history, struct error *error);

/* Reads the last line alone, in constant time. Returns: 1, 0 if there is none or only history_open() can read it, or a negative errno. */
_must_check_ int history_peek(const struct root *root, const char *package, struct dmig_event **ret);

/*
 * Lets only root and group adm read the open file or directory @fd, since the state quotes the output of programs. Does nothing if the caller
 * isn't root, and so works on a tree of its own. Returns: 0 or a negative errno.
 */
_must_check_ int history_restrict(int fd, mode_t mode);
