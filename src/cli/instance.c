/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/instance.h"

#include "basic/macro.h"

#include <ctype.h>
#include <stdio.h>

/* Returns: the byte that "\xNN" at @s stands for, or -EINVAL. A NUL can't be part of a name. */
static int decode_escape(const char *s)
{
        unsigned byte;

        if (s[1] != 'x' || !isxdigit((unsigned char)s[2]) || !isxdigit((unsigned char)s[3]))
                return -EINVAL;
        if (sscanf(s + 2, "%2x", &byte) != 1 || byte == 0)
                return -EINVAL;
        return (int)byte;
}

int instance_decode(const char *instance, char **ret)
{
        _cleanup_free_ char *name = malloc(strlen(instance) + 1);
        char *p = name;

        if (!name)
                return -ENOMEM;

        while (*instance) {
                int byte;

                if (*instance != '\\') {
                        *p++ = *instance++;
                        continue;
                }
                byte = decode_escape(instance);
                if (byte < 0)
                        return byte;
                *p++ = (char)byte;
                instance += strlen("\\xNN");
        }
        *p = '\0';
        *ret = TAKE_PTR(name);
        return 0;
}
