/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "text.h"

#include <stdint.h>
#include <stdio.h>

/* Returns: how many bytes at @p are one character as of RFC 3629, 0 where they are none. */
static size_t utf8_length(const unsigned char *p, size_t size)
{
        static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        uint32_t c = p[0];
        size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;

        if (n <= 1)
                return n;
        if (n > size)
                return 0;
        c &= 0x7fU >> n;
        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        return c < lowest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : n;
}

static bool is_control(const unsigned char *p, size_t length)
{
        /* C0, DEL, and C1, which some terminals obey in UTF-8, too. */
        return (length == 1 && (p[0] < 0x20 || p[0] == 0x7f)) || (length == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

char *text_sanitize(const char *data, size_t size)
{
        const unsigned char *p = (const unsigned char *)data;
        char *text, *out;

        out = text = malloc(size * 4 + 1);
        if (!text)
                return NULL;

        while (size > 0) {
                size_t n = utf8_length(p, size);

                if (n > 0 && (p[0] == '\t' || !is_control(p, n))) {
                        memcpy(out, p, n);
                        out += n;
                } else {
                        n = 1;
                        out += sprintf(out, "\\x%02x", p[0]);
                }
                p += n;
                size -= n;
        }
        *out = '\0';
        return text;
}
