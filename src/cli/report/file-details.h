/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What changed of a file beside its lines. In: a file of a report. Out: one line of text. */

#include "deploy-migrate.h"

#include <stdbool.h>

/* Returns: "file", "directory" or what else has this mode. */
const char *mode_type_name(unsigned mode);
/*
 * "mode 0644 -> 0600, owner root:root -> daemon:root". @counted: the content is described by numbers of lines elsewhere. Returns: the text,
 * "" if there is nothing to say, or NULL if memory ran out; the caller frees it.
 */
char *file_details_make(const struct dmig_file *file, bool counted, const char *arrow);
