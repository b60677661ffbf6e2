/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What those who read changes do with the list. */

#include "changes/changes.h"

/* Those without a path are gone, the others come in order. */
void changes_sort(struct changes *changes);
/* Appends all of @from, which has none then. Returns: 0 or -ENOMEM. */
int changes_take(struct changes *changes, struct changes *from);

/* The absolute path of what lies below the area's root as @path, to be printed. */
int changes_print_path(const struct area *area, const char *path, char **ret);
/* Sets @error to what couldn't be compared. Returns: @code. */
int changes_failed(const struct changes_request *request, const char *path, int code, struct error *error);
