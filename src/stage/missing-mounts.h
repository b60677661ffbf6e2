/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Data that isn't there. In: the paths that manifests declare, and the mount points that are configured: in fstab(5), by the caller, by an
 * automount. The steps: trigger the automounts, then look for each mount point that a declared path is on, or that is below one, in the mount
 * table. Out: those on which nothing is mounted.
 *
 * What is mounted nearer to a declared path counts: with /srv/db mounted, nobody needs /srv for /srv/db/data.
 */

#include "basic/error.h"
#include "basic/root.h"
#include "basic/strv.h"

#include <stdint.h>

struct mount_search {
        const struct root *root;
        char *const *writes;     /* absolute, normalised paths below the root, ended by NULL; NULL is an empty list */
        char *const *configured; /* likewise: mount points besides those in fstab */
        uint64_t automount_usec; /* how long automounts may take */
        int stop_fd;             /* readable: don't wait for them */
};

/*
 * Appends the paths of the missing ones to @ret, sorted. Returns: 0, or a negative errno with @error set: fstab or the mount table can't be
 * read, or a declared path can't be reached, which doesn't mean that it isn't there.
 */
_must_check_ int missing_mounts_find(const struct mount_search *search, struct strv *ret, struct error *error);
