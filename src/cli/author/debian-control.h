/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The text of a debian/control: what it says, and one more dependency of the build. Pure. */

#include "basic/error.h"
#include "basic/strv.h"

/* Appends the names of the binary packages to @ret. Returns: 0 or -ENOMEM. */
_must_check_ int debian_control_list_packages(const char *text, struct strv *ret);

struct debian_control {
        const char *path; /* for errors */
        const char *text;
};

/*
 * Adds @name to Build-Depends, in the style of what is there. Returns: 1 with the new text in @ret, to be freed; 0 if it is there; -EINVAL with
 * @error set, line and remedy, if it can't be added safely; or -ENOMEM.
 */
_must_check_ int debian_control_add_dependency(const struct debian_control *control, const char *name, char **ret,
                                               struct error *error);
