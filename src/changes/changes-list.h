/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the readers of an upper layer do with a list of changes, and how they name its paths in messages. */

#include "changes/changes.h"

/* Sorts, and drops changes without a path. */
void changes_sort(struct changes *changes);
/* Moves all changes of @from to the end of @changes. Returns: 0 or -ENOMEM. */
_must_check_ int changes_append(struct changes *changes, struct changes *from);

/* Returns: what @details had, and leaves nothing in it. */
struct change_details change_details_take(struct change_details *details);
void change_details_done(struct change_details *details);

/* Makes a printable absolute path of @path, which is relative to the area's root. Returns: 0 or -ENOMEM. */
int changes_format_path(const struct area *area, const char *path, char **ret);
/* Sets @error to the path that couldn't be compared. Returns: @code, or -ENOMEM. */
int changes_explain(const struct changes_request *request, const char *path, int code, struct error *error);
