/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The names in dpkg's journal, the directory "updates". In: the directory. Out: the entries that dpkg completed, in their order. */

#include <dirent.h>
#include <stdbool.h>

struct dpkg_updates {
        struct dirent **list;
        int n;
};

/* @fd: of the directory, or the errno of opening it; if that is -ENOENT, there is no journal. Returns: 0 or a negative errno. */
int dpkg_updates_list(int fd, struct dpkg_updates *ret);
/* dpkg never writes an entry twice, so the names are enough: it adds the next one, or replaces the status file and removes all. */
bool dpkg_updates_are_same(const struct dpkg_updates *a, const struct dpkg_updates *b);
void dpkg_updates_done(struct dpkg_updates *updates);
