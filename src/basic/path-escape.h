/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A path as one word that can be printed and stored in JSON, and turned back into the same bytes: a backslash, a blank, a control
 * character and a byte that isn't UTF-8 are escaped as \ooo, as in /proc/self/mountinfo (proc(5)). Pure.
 */

#include "basic/macro.h"

/* Returns: 0 or -ENOMEM. */
_must_check_ int path_escape(const char *path, char **ret);
/* Returns: 0, -EBADMSG if @text has a backslash without three octal digits after it, or an escaped NUL, or -ENOMEM. */
_must_check_ int path_unescape(const char *text, char **ret);
