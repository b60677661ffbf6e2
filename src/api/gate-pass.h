/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* May the data change now? In: a package with its plan. The steps: look at the services that run on the data, and wait for those that stop. */

#include "package/package.h"

/*
 * Returns: 1 if no service runs under which the data would change, 0 if one does, which @report then explains; or a negative errno with @error
 * set.
 */
_must_check_ int gate_pass(const struct package *pkg, struct dmig_report *report, struct error *error);
