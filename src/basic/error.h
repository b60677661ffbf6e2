/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an errno can't say: which file, which line, and what to do about it. */

#include "basic/macro.h"

struct error;
typedef void (*error_fn)(const struct error *error, void *userdata);

struct error {
        int code; /* a negative errno, 0 if no error is set; -ENOMEM, whatever was set, if there is no memory for a message */
        char *message; /* NULL if no error is set, or if memory ran out */
        error_fn tell; /* for a caller that wants to hear of every error; NULL: the first one is the end */
        void *userdata;
};

/* Sets @error, which may be NULL, and replaces what it had. Returns: @code, a negative errno. */
int error_setf(struct error *error, int code, const char *format, ...) _printf_(3, 4);
/* The same, with ": " and the text of the errno after the message. */
int error_errnof(struct error *error, int code, const char *format, ...) _printf_(3, 4);
/*
 * Makes @error say what @r < 0 means, unless it says more than that already: not each function that fails has more to tell. What it says about
 * another error, which was no end, is gone. Returns: @r.
 */
int error_complete(struct error *error, int r);
/*
 * For code that can go on after the error that is set with @r < 0: passes it to the caller's error->tell and clears it.
 * Returns: 0 if it did so, else @r, which is always the end if memory ran out.
 */
_must_check_ int error_pass(struct error *error, int r);
/* Whether there was no memory for a reason either, so that nothing can be done about @r but to return it. */
bool error_is_mute(const struct error *error, int r);
void error_clear(struct error *error);
/* Returns: the message, or the text of the code if there is no message. */
const char *error_text(const struct error *error);

#define _cleanup_error_ _cleanup_(error_clear)
