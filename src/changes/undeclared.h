/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a migration changed beside the paths that its manifest declares. In: such paths of all areas. Out: one message that names them
 * in the form in which they can be declared.
 */

#include "basic/root.h"
#include "basic/strv.h"
#include "stage/area.h"

struct undeclared {
        const struct root *root; /* borrowed; manifests have the paths below it */
        struct strv paths;
};

/* Adds @path, which is relative to the root of @area. Returns: 0 or -ENOMEM. */
_must_check_ int undeclared_add(struct undeclared *undeclared, const struct area *area, const char *path);
/* If a directory is listed, its entries aren't. Returns: 0 if nothing is undeclared, -EPERM with @error set, or -ENOMEM. */
_must_check_ int undeclared_check(struct undeclared *undeclared, struct error *error);
void undeclared_done(struct undeclared *undeclared);
