/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the checks before an undo share. In: an archived transaction, the newer ones that are undone first, and the files as they are now.
 * Out: each file as it will be once the newer ones are undone, and a list of what was changed since.
 */

#include "fs/beneath-trail.h"
#include "transaction/undo-before.h"
#include "transaction/undo.h"

struct checker {
        const struct archived *archived;
        struct undo_before *newer; /* newest first */
        size_t n_newer;
        struct commit_place place;
        struct beneath_trail *roots; /* one an area */
        struct dmig_files *since;    /* borrowed: gets what was changed since */
        bool found;                  /* whether it got anything */
        struct error *error;
};

/* Returns: 0, -ESTALE with the error set if an area is missing, or another negative errno with the error set. */
_must_check_ int checker_init(struct checker *c, const struct archive *newer);
void checker_done(struct checker *c);

/* A file as it will be once the newer transactions are undone. */
struct sighting {
        struct stat st;
        int fd; /* O_PATH; -EBADF if it can't be opened yet */
};

void sighting_done(struct sighting *sighting);
/* Returns: 1 with @ret, 0 if there is no file, -EXDEV if something is mounted over it, or another negative errno. */
_must_check_ int checker_try_look(const struct checker *c, size_t area, const char *path, struct sighting *ret);
/* The same with the error set, which is -ESTALE for a mount. */
_must_check_ int checker_look(const struct checker *c, size_t area, const char *path, struct sighting *ret);

/* What has become of a file since. */
enum fate {
        FATE_MADE,
        FATE_CHANGED,
        FATE_REMOVED,
};
struct finding {
        size_t area;
        const char *path;
        enum fate fate;
        const struct stat *now; /* NULL if it is gone */
        bool beside;            /* the transaction itself didn't change it */
};
/* Whether the file is as the transaction left it; the entries of a directory are looked at by themselves. */
bool stat_is_as_left(const struct stat *left, const struct stat *now);
/* Adds the file to the list; the first one becomes the error. Returns: 0 or -ENOMEM. */
_must_check_ int checker_note(struct checker *c, const struct finding *finding);

/*
 * Compares the data as a whole with the census (undo-data.c): what else is in the directories that the transaction changed. Returns: 0, or
 * a negative errno with the error set, -ESTALE if there is no census.
 */
_must_check_ int checker_check_data(struct checker *c);
