/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The end of a stream in memory. In: a stream of open_memstream(). Out: its text, if that is whole. */

#include "basic/macro.h"

#include <stdio.h>

/*
 * Closes @stream, which open_memstream() made for @text. Returns: 0, or -ENOMEM with @text freed and NULL if it doesn't have all that was
 * written, which fclose() doesn't tell.
 */
_must_check_ int memstream_close(FILE *stream, char **text);
