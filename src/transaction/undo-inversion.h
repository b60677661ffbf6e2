/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inverse of a redo log, while it is made. In: an archived transaction, its slots, and the files as they are now. Out: the redo log of
 * its undo, and the before-images in holds where areas need them.
 */

#include "fs/content.h"
#include "redo/redo-trace.h"
#include "transaction/archive.h"

struct inversion {
        const struct archived *archived;
        struct commit_place place;
        struct redo *redo; /* the inverse log */
        int *roots;        /* one an area */
        int *slots;        /* likewise: the directory with its slots */
        struct links **links;
        uint64_t *moved;          /* for each slot the inode number of the moved file that passes through it; 0: none */
        struct redo_trace *trace; /* of the renames, once all are there */
};

/* Only the header and the areas of the inverse log are made. Returns: 0 or -ENOMEM. */
int inversion_init(struct inversion *in, const struct history *history, const struct archived *archived);
void inversion_done(struct inversion *in);

/* Each adds one part of the inverse log (undo-renames.c, undo-metas.c). Returns: 0, or a negative errno with @error set. */
int inversion_add_renames(struct inversion *in, struct error *error);
int inversion_add_metas(struct inversion *in, struct error *error);

/* Whether the file at @path, or a directory above it, is put back by the renames so far. */
bool inversion_puts_back(const struct inversion *in, size_t area, const char *path);
/* Makes the path of a file of the transaction, for messages. Returns: 0 or -ENOMEM. */
int inversion_format_path(const struct inversion *in, size_t area, const char *path, char **ret);
/* Each looks at the file @path below @dir, which isn't followed. Returns: 0, or a negative errno. */
int inversion_read_stat(int dir, const char *path, struct stat *ret);
int inversion_read_ino(int dir, const char *path, uint64_t *ret);
