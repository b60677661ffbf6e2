/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Files of the system that are let into a sandbox as they are: the sockets that a manifest connects to, and the resolver's configuration for
 * a migration with the system's network. In: paths. Out: a mount of each file that there is, read-only, for the sandbox to attach.
 */

#include "basic/root.h"
#include "basic/strv.h"

struct system_file {
        char *path; /* with all links resolved */
        int fd;     /* of open_tree(2), not attached yet */
};

struct system_files {
        struct system_file *files;
        size_t n;
        bool systemd; /* one of them is a socket of systemd, which is to be seen then */
};

/*
 * Adds those of @paths, below @root and ended by NULL, that exist: a daemon that isn't running has no socket. A NULL list is empty.
 * Returns: 0, or a negative errno with @error set.
 */
_must_check_ int system_files_add(struct system_files *files, const struct root *root, char *const *paths,
                                  struct error *error);
/* Adds the file that /etc/resolv.conf leads to, unless it is in /etc itself. Returns: as system_files_add(). */
_must_check_ int system_files_add_resolver(struct system_files *files, struct error *error);
void system_files_done(struct system_files *files);
