/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/printable.h"

#include "basic/macro.h"
#include "basic/utf8.h"

#include <inttypes.h>
#include <wchar.h>

#define UTF8_MAX 4 /* bytes of a character */

/* One character as it is printed. */
struct glyph {
        char bytes[8];
        size_t width;
};

/* Returns: the length of the first character of @s, which isn't empty; 0 if it isn't UTF-8. */
static size_t character_decode(const char *s, uint32_t *ret)
{
        return utf8_decode(s, strnlen(s, UTF8_MAX), ret);
}

/* C0, DEL and C1, and the characters that break a line or change its direction. */
static bool character_is_control(uint32_t c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void glyph_escape(struct glyph *glyph, uint32_t c)
{
        int n;

        if (c == '\n' || c == '\t')
                n = snprintf(glyph->bytes, sizeof(glyph->bytes), "\\%c", c == '\n' ? 'n' : 't');
        else
                n = snprintf(glyph->bytes, sizeof(glyph->bytes), c < 0x100 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, c);
        glyph->width = (size_t)n;
}

static void glyph_copy(struct glyph *glyph, const char *s, size_t n, uint32_t c)
{
        int width = wcwidth((wchar_t)c);

        memcpy(glyph->bytes, s, n);
        glyph->bytes[n] = '\0';
        glyph->width = width < 0 ? 1 : (size_t)width;
}

/* Returns: the length of the first character of @s, which isn't empty. */
static size_t glyph_next(const char *s, bool ascii, struct glyph *ret)
{
        uint32_t c = 0;
        size_t n = character_decode(s, &c);

        if (n == 0) {
                glyph_escape(ret, (unsigned char)s[0]);
                return 1;
        }
        if (character_is_control(c))
                glyph_escape(ret, c);
        else if (ascii && c >= 0x80)
                *ret = (struct glyph){ .bytes = "?", .width = 1 };
        else
                glyph_copy(ret, s, n, c);
        return n;
}

/* Fast path: most text is printable ASCII. */
static size_t printable_plain_length(const char *s)
{
        size_t n = 0;

        while (s[n] >= 0x20 && s[n] < 0x7f)
                n++;
        return n;
}

void printable_write(FILE *stream, const char *s, bool ascii)
{
        assert(stream);
        assert(s);

        for (;;) {
                size_t n = printable_plain_length(s);
                struct glyph glyph;

                (void)fwrite(s, 1, n, stream);
                s += n;
                if (!*s)
                        return;
                s += glyph_next(s, ascii, &glyph);
                fputs(glyph.bytes, stream);
        }
}

size_t printable_width(const char *s, bool ascii)
{
        size_t width = 0;

        assert(s);

        for (;;) {
                size_t n = printable_plain_length(s);
                struct glyph glyph;

                width += n;
                s += n;
                if (!*s)
                        return width;
                s += glyph_next(s, ascii, &glyph);
                width += glyph.width;
        }
}

char *printable_utf8(const char *s)
{
        static const char replacement[] = "\xef\xbf\xbd";
        char *text, *p;

        assert(s);

        text = p = malloc(strlen(s) * strlen(replacement) + 1);
        while (text && *s) {
                uint32_t c;
                size_t n = character_decode(s, &c);

                p = mempcpy(p, n ? s : replacement, n ? n : strlen(replacement));
                s += n ? n : 1;
        }
        if (text)
                *p = '\0';
        return text;
}
