/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an errno can't say: which file, which line, and what to do about it. */

#include "basic/macro.h"

struct error;
typedef void (*error_fn)(const struct error *error, void *userdata);

struct error {
        int code;      /* a negative errno, 0 where nothing is set */
        char *message; /* NULL when memory ran out, too */
        error_fn tell; /* for one who wants to hear of everything that is wrong; NULL: the first error is the end */
        void *userdata;
};

/* Sets @error, which may be NULL and is replaced where it was set. Returns: @code. */
int error_setf(struct error *error, int code, const char *format, ...) _printf_(3, 4);
/* The same, with ": " and the text of the errno behind the message. */
int error_errnof(struct error *error, int code, const char *format, ...) _printf_(3, 4);
/*
 * For one who can go on behind the error that is set with @r < 0: whoever wants to hear of everything is told. Returns: 0
 * where somebody was told, else @r. Memory that ran out is the end for everybody.
 */
int error_pass(struct error *error, int r);
void error_clear(struct error *error);
/* Returns: the message, or the text of the code where there is none. */
const char *error_text(const struct error *error);

#define _cleanup_error_ _cleanup_(error_clear)
