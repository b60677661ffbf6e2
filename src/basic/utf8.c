/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/utf8.h"

#include <stdio.h>

size_t utf8_decode(const char *data, size_t size, uint32_t *ret)
{
        static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        const unsigned char *p = (const unsigned char *)data;
        uint32_t c;
        size_t n;

        assert(data);
        assert(size > 0);
        assert(ret);

        c = p[0];
        n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;

        if (n == 0 || n > size)
                return 0;
        if (n > 1)
                c &= 0x7fU >> n;
        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        if (c < lowest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return n;
}

size_t utf8_encode(uint32_t c, char *out)
{
        static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        assert(c <= 0x10ffff);
        assert(out);

        for (size_t i = n; i-- > 1; c >>= 6)
                out[i] = (char)(0x80 | (c & 0x3f));
        out[0] = (char)(first[n] | c);
        return n;
}

/* C0, DEL, and C1, which some terminals obey even if it comes as UTF-8. */
static bool utf8_is_control(uint32_t c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

char *utf8_sanitize(const char *data, size_t size)
{
        char *text, *out;

        assert(data);

        out = text = malloc(size * 4 + 1);
        if (!text)
                return NULL;

        while (size > 0) {
                uint32_t c;
                size_t n = utf8_decode(data, size, &c);

                if (n > 0 && (c == '\t' || !utf8_is_control(c))) {
                        memcpy(out, data, n);
                        out += n;
                } else {
                        n = 1;
                        out += sprintf(out, "\\x%02x", (unsigned char)*data);
                }
                data += n;
                size -= n;
        }
        *out = '\0';
        return text;
}
