/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is recorded and told of an upgrade as a whole. In: a package with its plan. Out: a line of its history, or a notice to the caller. */

#include "package/package.h"

/* Records "from" before anything changes, since the evidence for it goes away. Returns: 0, or a negative errno with @error set. */
_must_check_ int upgrade_record_baseline(const struct package *pkg, struct error *error);
/* Records that the data is at "to", unless that is known already. Returns: as upgrade_record_baseline(). */
_must_check_ int upgrade_record_completed(const struct package *pkg, struct error *error);
/* Tells the caller what is going to run, and which units of @report wait for it. */
void upgrade_tell(const struct package *pkg, struct dmig_report *report);
