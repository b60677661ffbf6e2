/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/error.h"

#include "basic/utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* Returns: one line of clean text, whatever file names and values are in it, or NULL if memory ran out. */
_printf_(1, 0) static char *error_format(const char *format, va_list args)
{
        _cleanup_free_ char *message = NULL;

        if (vasprintf(&message, format, args) < 0) {
                message = NULL;
                return NULL;
        }
        return utf8_sanitize(message, strlen(message));
}

static void error_set(struct error *error, int code, char *message)
{
        free(error->message);
        error->code = code < 0 && !message ? -ENOMEM : code; /* all there is to say now */
        error->message = message;
}

int error_setf(struct error *error, int code, const char *format, ...)
{
        va_list args;

        assert(code < 0);
        assert(format);

        if (!error)
                return code;

        va_start(args, format);
        error_set(error, code, error_format(format, args));
        va_end(args);
        return code;
}

int error_errnof(struct error *error, int code, const char *format, ...)
{
        _cleanup_free_ char *prefix = NULL;
        va_list args;

        assert(code < 0);
        assert(format);

        if (!error)
                return code;

        va_start(args, format);
        prefix = error_format(format, args);
        va_end(args);
        return error_setf(error, code, "%s: %s", prefix ? prefix : "error", strerror(-code));
}

int error_complete(struct error *error, int r)
{
        assert(r < 0);

        if (error && error->message && error->code != r)
                error_clear(error);
        if (error && error->code == 0)
                error->code = r;
        return r;
}

int error_pass(struct error *error, int r)
{
        if (r >= 0 || r == -ENOMEM || !error || !error->message || !error->tell)
                return r;
        error->tell(error, error->userdata);
        error_clear(error);
        return 0;
}

void error_clear(struct error *error)
{
        assert(error);

        error_set(error, 0, NULL);
}

bool error_is_mute(const struct error *error, int r)
{
        assert(error);

        return r == -ENOMEM && !error->message;
}

const char *error_text(const struct error *error)
{
        assert(error);

        return error->message ? error->message : strerror(-error->code);
}
