/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Subvolumes of btrfs that aren't mounted by themselves: they look like directories, but rename(2) leads neither into them nor out. In: a
 * path. Out: the subvolumes that it is in, and those in it.
 */

#include "basic/macro.h"

struct subvolume_visitor {
        /* @path: absolute. Returns: 0, or a negative errno that ends the search. */
        int (*visit)(const char *path, bool read_only, void *userdata);
        void *userdata;
};

/* Each subvolume from @path upwards to below @mount, which is its mount point. What isn't there isn't one. Returns: 0, or a negative errno. */
_must_check_ int subvolumes_visit_above(const char *path, const char *mount, const struct subvolume_visitor *visitor);
/* Each one below the directory @path, at any depth, but none below another mount. Returns: 0, or a negative errno. */
_must_check_ int subvolumes_visit_below(const char *path, const struct subvolume_visitor *visitor);
