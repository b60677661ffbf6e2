/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/path-escape.h"

#include "basic/macro.h"
#include "basic/utf8.h"

#include <stdio.h>

#define CLEAN_ESCAPE (sizeof("\\xNN") - 1)

/* Most paths are, and need no look at their characters. */
static bool path_is_plain(const char *path)
{
        for (; *path; path++)
                if (*path <= ' ' || *path > '~' || *path == '\\')
                        return false;
        return true;
}

int path_escape(const char *path, char **ret)
{
        /* utf8_sanitize() knows what can be printed. It keeps backslashes, so a backslash in @clean alone begins an escape. */
        _cleanup_free_ char *clean = NULL;
        char *text, *out;

        assert(path);
        assert(ret);

        if (path_is_plain(path)) {
                *ret = strdup(path);
                return *ret ? 0 : -ENOMEM;
        }
        clean = utf8_sanitize(path, strlen(path));
        out = text = malloc(strlen(path) * 4 + 1);
        if (!clean || !text) {
                free(text);
                return -ENOMEM;
        }

        for (const char *p = path, *c = clean; *p; p++) {
                bool escaped = *c == '\\' && *p != '\\';

                if (escaped || *p == '\\' || *p == ' ' || *p == '\t')
                        out += sprintf(out, "\\%03o", (unsigned char)*p);
                else
                        *out++ = *p;
                c += escaped ? CLEAN_ESCAPE : 1;
        }
        *out = '\0';
        *ret = text;
        return 0;
}

/* Returns: the byte whose three octal digits are at @text, or -EBADMSG. */
static int path_read_octal(const char *text)
{
        int byte = 0;

        for (unsigned i = 0; i < 3; i++) {
                if (text[i] < '0' || text[i] > '7')
                        return -EBADMSG;
                byte = byte * 8 + (text[i] - '0');
        }
        return byte > 0 && byte <= 0xff ? byte : -EBADMSG;
}

int path_unescape(const char *text, char **ret)
{
        _cleanup_free_ char *path = NULL;
        char *out;

        assert(text);
        assert(ret);

        path = out = strdup(text);
        if (!path)
                return -ENOMEM;

        for (const char *p = text; *p; p++) {
                if (*p == '\\') {
                        int byte = path_read_octal(p + 1);

                        if (byte < 0)
                                return byte;
                        *out++ = (char)byte;
                        p += 3;
                } else
                        *out++ = *p;
        }
        *out = '\0';
        *ret = TAKE_PTR(path);
        return 0;
}
