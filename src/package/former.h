/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The version of the data that a package took over when it was renamed, or split off. In: the names that it had before. Out: the version, found in
 * the history, the package database and the logs of these names.
 */

#include "package/context.h"

/* @names: may be empty. Returns: 1 with a version in @ret, 0 if there is none, or a negative errno with @error set. */
_must_check_ int former_find_version(struct dmig *ctx, const struct strv *names, char **ret, struct error *error);
