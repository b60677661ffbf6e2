/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a package has nothing to do, told from the last line of its history and the package database alone. */

#include "package/report.h"
#include "package/upgrade.h"

/* Returns: 1 with @report filled in if there is nothing to do, 0 if there may be, or a negative errno with @error set. */
_must_check_ int settled_report(const struct upgrade_request *request, struct dmig_report *report, struct error *error);
