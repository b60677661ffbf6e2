/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an errno can't say: which file, which line, and what to do about it. */

#include "macro.h"

struct error {
        int code;      /* a negative errno, 0 where nothing is set */
        char *message; /* NULL when memory ran out, too */
};

/* Sets @error, which may be NULL and is replaced where it was set. Returns: @code. */
int error_setf(struct error *error, int code, const char *format, ...) _printf_(3, 4);
/* The same, with ": " and the text of the errno behind the message. */
int error_errnof(struct error *error, int code, const char *format, ...) _printf_(3, 4);
void error_clear(struct error *error);
/* Returns: the message, or the text of the code where there is none. */
const char *error_text(const struct error *error);

#define _cleanup_error_ _cleanup_(error_clear)
