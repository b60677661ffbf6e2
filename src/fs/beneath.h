/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Paths beneath an open directory. No symbolic link is followed, on the way or at the end, and no mount point is crossed, so that a
 * user who can write to a directory on the way can't redirect us. Paths are relative and of any length; "" is the directory itself.
 */

#include "basic/error.h"

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

/* @flags and @mode are as in open(2); O_CLOEXEC and O_NOFOLLOW are added. Returns: a file descriptor or a negative errno. */
_must_check_ int beneath_open(int dir, const char *path, int flags, mode_t mode);
/*
 * Opens (O_PATH) the directory that contains @path. @ret_name points to the last part of @path; for "" it is "" in @dir. Returns: a file
 * descriptor or a negative errno.
 */
_must_check_ int beneath_open_parent(int dir, const char *path, const char **ret_name);
/*
 * Opens the directory @path to list it, which doesn't change its time of access unless it is another user's. Returns: a file descriptor or a
 * negative errno.
 */
_must_check_ int beneath_open_list(int dir, const char *path);
/* Opens the directory @path for beneath_next(). Returns: 0, or a negative errno. */
_must_check_ int beneath_open_entries(int dir, const char *path, DIR **ret);
/* Reads the next entry of @dir except "." and "..". Returns: 1, 0 at the end, or a negative errno. */
_must_check_ int beneath_next(DIR *dir, const struct dirent **ret);
/* Returns: 1 if the directory @path has no entries, 0 if it has, or a negative errno. */
_must_check_ int beneath_is_empty(int dir, const char *path);
/*
 * Returns: the type of @entry of @dir, as of readdir(3), even if the file system doesn't list types; DT_UNKNOWN if the entry is gone; or a negative
 * errno.
 */
_must_check_ int beneath_type(DIR *dir, const struct dirent *entry);
/* Opens the directory @path; makes it and its parents, mode 0750, if they are missing. Returns: a file descriptor or a negative errno. */
_must_check_ int beneath_make_directories(int dir, const char *path);
/* Removes @path, which isn't "", recursively. Returns: 0, also if it doesn't exist, or a negative errno. */
int beneath_remove(int dir, const char *path);
/*
 * Sums up the disk space of @path and everything in it, in bytes. Each hard link counts as its share of the file. Returns: 0, or a negative
 * errno.
 */
int beneath_measure(int dir, const char *path, uint64_t *ret);
/* Whether the errno @r means that nothing exists at the path: a part of it is missing, or isn't a directory (any more). */
static inline bool beneath_is_nowhere(int r)
{
        return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/*
 * Whether the file is immutable or append-only (ioctl_iflags(2)), so that neither it nor anything in it can be renamed. Returns: 1, 0, also if
 * nothing is there, or a negative errno.
 */
_must_check_ int beneath_is_fixed(int dir, const char *path);
/* Calls syncfs(2) on @dir. Returns: 0, or a negative errno, also for earlier writes that failed since @dir was opened. */
_must_check_ int beneath_sync(int dir);

enum beneath_step {
        BENEATH_FILE,  /* anything but a directory */
        BENEATH_ENTER, /* a directory, before it is listed */
        BENEATH_LEAVE, /* a directory, after all of its entries */
};

struct beneath_entry {
        int parent;       /* its directory, maybe O_PATH */
        const char *name; /* in parent; "" only at the start of a walk */
        const char *path; /* the walk's path, and from there on */
};

struct beneath_walk {
        int dir;
        const char *path;
        /*
         * Returns: 0, or 1 to pass over the directory that was to be entered, or a negative errno to end the walk, with its error set if there
         * is one.
         */
        int (*visit)(enum beneath_step step, const struct beneath_entry *entry, void *userdata);
        void *userdata;
};

/*
 * Visits the path and everything in it. The number of open files doesn't grow with the depth. Returns: 0, a visit's negative errno, or a
 * negative errno with @error set to the path that can't be read; -ESTALE if a directory was moved away during its walk.
 */
int beneath_walk(const struct beneath_walk *walk, struct error *error);

/* A path to the file open as @fd, O_PATH too, for system calls that take a path and follow links; valid in the enclosing block. */
#define FD_PATH(fd) beneath_fd_path(fd, (char[32]){ 0 })
const char *beneath_fd_path(int fd, char buffer[static 32]);
