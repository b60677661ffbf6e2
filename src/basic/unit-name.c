/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/unit-name.h"

#include <ctype.h>
#include <stdio.h>

#define ESCAPE_LENGTH 4 /* of \xNN */

/* A leading dot is escaped: systemd takes such a name for a hidden file. */
static bool unit_name_is_plain(const char *text, size_t i)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.-";

        return strchr(plain, text[i]) && !(i == 0 && text[i] == '.');
}

int unit_name_escape(const char *text, char **ret)
{
        char *name, *p;

        assert(text);
        assert(ret);

        name = p = malloc(ESCAPE_LENGTH * strlen(text) + 1);
        if (!name)
                return -ENOMEM;
        for (size_t i = 0; text[i]; i++)
                if (unit_name_is_plain(text, i))
                        *p++ = text[i];
                else
                        p += sprintf(p, "\\x%02x", (unsigned char)text[i]);
        *p = '\0';
        *ret = name;
        return 0;
}

/* Returns: the byte of the \xNN at @escape, or -EINVAL. */
static int unit_name_decode_byte(const char *escape)
{
        unsigned byte;

        if (escape[1] != 'x' || !isxdigit((unsigned char)escape[2]) || !isxdigit((unsigned char)escape[3]))
                return -EINVAL;
        if (sscanf(escape + 2, "%2x", &byte) != 1 || byte == 0)
                return -EINVAL;
        return (int)byte;
}

int unit_name_unescape(const char *name, char **ret)
{
        _cleanup_free_ char *text = NULL;
        char *p;

        assert(name);
        assert(ret);

        text = p = malloc(strlen(name) + 1);
        if (!text)
                return -ENOMEM;
        while (*name) {
                int byte;

                if (*name != '\\') {
                        *p++ = *name++;
                        continue;
                }
                byte = unit_name_decode_byte(name);
                if (byte < 0)
                        return byte;
                *p++ = (char)byte;
                name += ESCAPE_LENGTH;
        }
        *p = '\0';
        *ret = TAKE_PTR(text);
        return 0;
}
