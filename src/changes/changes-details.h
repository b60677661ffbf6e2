/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What reports say of changes beside a stat: targets of links and extended attributes. In: sorted changes. Out: their details. */

#include "changes/changes-layer.h"

/* Returns: 0, or a negative errno with @error set. */
_must_check_ int changes_read_details(const struct changes_request *request, struct layer_trails *trails,
                                      struct changes *changes, struct error *error);
