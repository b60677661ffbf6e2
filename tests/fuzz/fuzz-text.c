/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * text: any bytes, made safe to print and to store. What comes out is UTF-8 without control characters, and paths come back.
 *
 * Covers: basic/utf8.c basic/path-escape.c cli/terminal/printable.c
 */

#include "basic/path-escape.h"
#include "basic/utf8.h"
#include "cli/terminal/printable.h"
#include "fuzz.h"

/* Returns: whether it is UTF-8, of characters that a terminal doesn't obey. */
static bool text_is_clean(const char *text, const char *accepted)
{
        size_t size = strlen(text);

        while (size > 0) {
                uint32_t c;
                size_t n = utf8_decode(text, size, &c);

                if (n == 0 || ((c < 0x20 || (c >= 0x7f && c < 0xa0)) && !(c < 0x20 && strchr(accepted, (int)c))))
                        return false;
                text += n;
                size -= n;
        }
        return true;
}

static void check_decode(const uint8_t *data, size_t size)
{
        char encoded[4];
        uint32_t c;
        size_t n;

        if (size == 0)
                return;
        n = utf8_decode((const char *)data, size, &c);
        law(n <= sizeof(encoded) && n <= size);
        if (n > 0) {
                law(utf8_encode(c, encoded) == n);
                law(memcmp(encoded, data, n) == 0);
        }
}

static void check_sanitize(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = utf8_sanitize((const char *)data, size), *again = NULL;

        if (!text)
                abort();
        law(text_is_clean(text, "\t"));
        law(strlen(text) >= size);
        again = utf8_sanitize(text, strlen(text));
        law(again && streq(text, again));
}

static void check_printable(const char *text, bool ascii)
{
        char *printed = NULL;
        size_t size;
        FILE *stream = open_memstream(&printed, &size);

        if (!stream)
                abort();
        printable_write(stream, text, ascii);
        fclose(stream);
        law(strlen(printed) == size && text_is_clean(printed, ""));
        law(printable_width(text, ascii) <= size || !ascii);
        if (ascii)
                law(printable_width(text, true) == size);
        law(printable_width(printed, ascii) == printable_width(text, ascii));
        free(printed);
}

static void check_utf8(const char *text)
{
        _cleanup_free_ char *valid = printable_utf8(text), *again = NULL;

        if (!valid)
                abort();
        again = printable_utf8(valid);
        law(again && streq(valid, again));
}

static void check_path(const char *text)
{
        _cleanup_free_ char *escaped = NULL, *again = NULL, *path = NULL, *twice = NULL;

        law(path_escape(text, &escaped) == 0);
        law(text_is_clean(escaped, "") && !strchr(escaped, ' '));
        law(path_unescape(escaped, &again) == 0);
        law(streq(again, text));
        if (path_unescape(text, &path) < 0)
                return;
        law(path_escape(path, &twice) == 0);
        free(TAKE_PTR(again));
        law(path_unescape(twice, &again) == 0);
        law(streq(again, path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_text(data, size);

        check_decode(data, size);
        check_sanitize(data, size);
        check_printable(text, false);
        check_printable(text, true);
        check_utf8(text);
        check_path(text);
        return 0;
}
