/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A path as a word of text that can be printed, stand in JSON, and give each byte back: a backslash, a blank, a control character
 * and a byte that isn't UTF-8 stand as \ooo, as /proc/self/mountinfo (proc(5)) has them. Pure.
 */

/* Returns: 0 or -ENOMEM. */
int path_escape(const char *path, char **ret);
/* Returns: 0, -EBADMSG where @text has a backslash without three octal digits behind it, or a NUL, or -ENOMEM. */
int path_unescape(const char *text, char **ret);
