/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/path-escape.h"

#include "basic/macro.h"
#include "basic/utf8.h"

#include <stdio.h>

#define CLEAN_ESCAPE (sizeof("\\xNN") - 1)

int path_escape(const char *path, char **ret)
{
        /* What may be printed is decided there. It leaves backslashes as they are, so one that isn't in @path is its escape. */
        _cleanup_free_ char *clean = utf8_sanitize(path, strlen(path));
        char *text, *out;

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

/* Returns: the byte that stands as three octal digits at @text, or -EBADMSG. */
static int octal_byte(const char *text)
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
        _cleanup_free_ char *path = strdup(text);
        char *out = path;

        if (!path)
                return -ENOMEM;

        for (const char *p = text; *p; p++) {
                if (*p == '\\') {
                        int byte = octal_byte(p + 1);

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
