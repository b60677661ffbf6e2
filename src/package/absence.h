/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A package that isn't installed. In: what the history, the package database and the directory of migrations have of it. Out: whether it is
 * gone for good, or the database may be damaged.
 */

#include "package/upgrade.h"

/*
 * @package: what the database has of it, NULL if that is nothing. Returns: 1 if it was purged, so that its history can be closed; 0 if it wasn't,
 * or has no history; -EUCLEAN if the database doesn't have it, though its history or its migrations are there; or another negative errno; @error is
 * set.
 */
_must_check_ int absence_judge(const struct upgrade_request *request, const struct history_state *state,
                               const struct dpkg_package *package, struct error *error);
