/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Notes from one run of a package to a later one: lines in a file beside the lock, which a boot forgets. In: a package, a kind of note. They are
 * hints: what can't be written or read is as if it had never been noted.
 */

#include "package/context.h"

/* Adds a line to the note; an empty @line only makes it. */
void note_add(const struct dmig *ctx, const char *package, const char *kind, const char *line);
/* Removes the note. Returns: whether there was one, with its lines in @ret. */
bool note_take(const struct dmig *ctx, const char *package, const char *kind, struct strv *ret);
