/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/linter.h"

#include "basic/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

char *linter_format_place(const char *path, size_t number)
{
        char *place;

        assert(path);

        return asprintf(&place, "%s:%zu", path, number) < 0 ? NULL : place;
}

void linter_tell(struct linter *linter, int priority, const char *path, const char *text)
{
        assert(linter && path && text);

        linter->n_errors += priority == LOG_ERR;
        linter->fn(linter->ctx, priority, path, text, linter->userdata);
}

int linter_tellf(struct linter *linter, int priority, const char *path, const char *format, ...)
{
        _cleanup_free_ char *text = NULL, *clean = NULL;
        va_list args;
        int n;

        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        clean = utf8_sanitize(text, strlen(text));
        if (!clean)
                return -ENOMEM;
        linter_tell(linter, priority, path, clean);
        return 0;
}
