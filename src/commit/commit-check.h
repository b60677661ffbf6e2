/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Refuses what would fail after the commit has begun, when it is too late. In: changes, slots and attributes. Out: nothing, or an
 * error that names the path and the reason.
 */

#include "commit/preparation.h"

/* Each returns 0, or a negative errno with @error set. */

/* Whether files can be renamed and exchanged in the area's slots, if they are in a hold. */
int commit_check_hold(const struct preparation *p, size_t area, struct error *error);
/* Whether the file system of a hold can store the attributes to be set. */
int commit_check_metas(const struct preparation *p, struct error *error);
