/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Paths below a directory that is open: no symbolic link is followed on the way, none at the end either, and no mount point
 * is crossed, so that nobody who may write in between leads us astray. Paths are relative, of any length; "" is the directory itself.
 */

#include "basic/error.h"

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

/* @flags and @mode as in open(2), O_CLOEXEC and O_NOFOLLOW are added. Returns: a file descriptor or a negative errno. */
int beneath_open(int dir, const char *path, int flags, mode_t mode);
/* Opens (O_PATH) the directory that @path lies in. @ret_name points at the last part of @path; of "", that is "" in @dir. */
int beneath_open_parent(int dir, const char *path, const char **ret_name);
/* Opens the directory @path for beneath_next(). Returns: 0, or a negative errno. */
int beneath_open_entries(int dir, const char *path, DIR **ret);
/* Returns: 1 with what comes next in @dir, "." and ".." aside, 0 at the end, or a negative errno. */
int beneath_next(DIR *dir, const struct dirent **ret);
/* Returns: what kind of file @entry of @dir is, DT_DIR or another, also where the file system doesn't list that; DT_UNKNOWN if it is gone. */
unsigned beneath_type(DIR *dir, const struct dirent *entry);
/* Makes the directory @path and those on its way, mode 0750, where they are missing. Returns: it, open, or a negative errno. */
int beneath_make_directories(int dir, const char *path);
/* Removes @path, which isn't "", with all that is in it. What doesn't exist is removed. Returns: 0, or a negative errno. */
int beneath_remove(int dir, const char *path);
/*
 * Adds up what @path and all that is in it take on the disk, in bytes; of a file that has more names, one name's share.
 * Returns: 0, or a negative errno.
 */
int beneath_measure(int dir, const char *path, uint64_t *ret);
/* Whether @r says of a path that nothing is there: a part of it is missing, or isn't a directory (any more). */
static inline bool beneath_is_nowhere(int r)
{
        return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* Whether the file is immutable or append-only (ioctl_iflags(2)): it can't be renamed, nor what is in it. One that can't be looked at isn't. */
bool beneath_is_fixed(int dir, const char *path);
/* syncfs(2) of what @dir lies on. Returns: 0, or a negative errno, also of what was written before and failed since @dir was opened. */
int beneath_sync(int dir);

enum beneath_step {
        BENEATH_FILE,  /* anything but a directory */
        BENEATH_ENTER, /* a directory, before what is in it is listed */
        BENEATH_LEAVE, /* and when all of that was walked */
};

struct beneath_entry {
        int parent;       /* the directory it lies in, maybe O_PATH */
        const char *name; /* in there; "" only for the begin of a walk */
        const char *path; /* the walk's, and from there on */
};

struct beneath_walk {
        int dir;
        const char *path;
        /* Returns: 0, or a negative errno to end the walk, with its error set if there is one. */
        int (*visit)(enum beneath_step step, const struct beneath_entry *entry, void *userdata);
        void *userdata;
};

/*
 * Visits @path and all that is in it, however deep: at any time few files are open. Returns: 0, what a visit said, or a negative errno with
 * @error set to the path that couldn't be read; -ESTALE where a directory was moved away while we were in it.
 */
int beneath_walk(const struct beneath_walk *walk, struct error *error);

/* What is open as @fd, O_PATH too, as a path for system calls that take one and follow links; valid in the block. */
#define FD_PATH(fd) beneath_fd_path(fd, (char[32]){ 0 })
const char *beneath_fd_path(int fd, char buffer[static 32]);
