/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The files that a commit has displaced, though they aren't those that it was to replace: another process has put them there after its
 * check. In: a redo log whose renames were done. Out: these files beside their paths, with a number as of cp --backup, instead of in slots,
 * which are removed sooner or later.
 */

#include "basic/strv.h"
#include "redo/redo.h"

struct displaced_search {
        const struct redo *redo;
        size_t area;
        int root; /* the area's, open */
        int slots;
};

/* Adds their new paths, below our root, to @paths. Can be done again. Returns: 0, or a negative errno. */
_must_check_ int displaced_put_aside(const struct displaced_search *search, struct strv *paths);
