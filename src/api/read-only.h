/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A package whose state is on a read-only file system, as on an image. In: the request, and the error of a run that couldn't write. Out: a report
 * if nothing has to be migrated, for which nothing need be written, so that its services start; else what to do about it.
 */

#include "package/report.h"
#include "package/upgrade.h"

/*
 * Replaces @report, and clears @error. Returns: 0, or a negative errno with @error set: -EROFS if something has to be migrated or finished, or if it
 * isn't the state that is read-only.
 */
_must_check_ int read_only_report(const struct upgrade_request *request, struct dmig_report **report,
                                  struct error *error);
