/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/utf8.h"

#include <stdint.h>
#include <stdio.h>

static void expect(const char *data, size_t size, const char *text)
{
        _cleanup_free_ char *copy = malloc(size ?: 1), *clean = NULL;

        /* In a block of exactly this size, so that a sanitizer sees a read past its end. */
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, data, size);
        clean = utf8_sanitize(copy, size);
        ck_assert_ptr_nonnull(clean);
        ck_assert_str_eq(clean, text);
}

static const struct {
        const char *data;
        const char *text;
} cases[] = {
        { "", "" },
        { "plain text", "plain text" },
        { "tab\tstays", "tab\tstays" },
        { "a\nb", "a\\x0ab" },
        { "\\x41", "\\x41" },
        { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
        { "\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80" },
        /* Truncated, at the end and in the middle. */
        { "\xc3", "\\xc3" },
        { "\xe2\x82", "\\xe2\\x82" },
        { "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
        { "\xe2\x82x", "\\xe2\\x82x" },
        { "\xe2\xe2\x82\xac", "\\xe2\xe2\x82\xac" },
        { "\xf0\x9f\xc3\xbc", "\\xf0\\x9f\xc3\xbc" },
        /* Overlong. */
        { "\xc0\x80", "\\xc0\\x80" },
        { "\xc1\xbf", "\\xc1\\xbf" },
        { "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
        { "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
        /* Surrogates, numbers above the last character, and bytes that begin no character. */
        { "\xed\xa0\x80", "\\xed\\xa0\\x80" },
        { "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
        { "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
        { "\x80\xbf", "\\x80\\xbf" },
        { "\xfe\xff", "\\xfe\\xff" },
        /* Control characters, and those above DEL, which terminals may obey. */
        { "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f" },
        { "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0" },
};

START_TEST(test_case)
{
        expect(cases[_i].data, strlen(cases[_i].data), cases[_i].text);
}
END_TEST

START_TEST(test_nul)
{
        expect("a\0b\0", 4, "a\\x00b\\x00");
}
END_TEST

static size_t encode(uint32_t c, char ret[static 5])
{
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

        for (size_t i = n - 1; i > 0; i--, c >>= 6)
                ret[i] = (char)(0x80 | (c & 0x3f));
        ret[0] = (char)(first[n] | c);
        ret[n] = '\0';
        return n;
}

/* All characters, many at a time to be quick. */
START_TEST(test_every_character)
{
        for (uint32_t block = 0; block < 0x110000; block += 0x800) {
                char data[0x800 * 4 + 1];
                size_t size = 0;

                if (block >= 0xd800 && block < 0xe000)
                        continue;
                for (uint32_t c = block; c < block + 0x800; c++)
                        if ((c >= 0x20 && c < 0x7f) || c >= 0xa0)
                                size += encode(c, data + size);
                expect(data, size, data);
        }
}
END_TEST

START_TEST(test_every_byte_alone)
{
        for (unsigned c = 0; c < 0x100; c++) {
                const char byte = (char)c;
                char text[8];

                if (c == '\t' || (c >= 0x20 && c < 0x7f))
                        snprintf(text, sizeof(text), "%c", byte);
                else
                        snprintf(text, sizeof(text), "\\x%02x", c);
                expect(&byte, 1, text);
        }
}
END_TEST

static Suite *suite(void)
{
        TCase *sanitize = tcase_create("sanitize");
        Suite *s = suite_create("text");

        tcase_set_timeout(sanitize, 60);
        tcase_add_loop_test(sanitize, test_case, 0, ELEMENTSOF(cases));
        tcase_add_test(sanitize, test_nul);
        tcase_add_test(sanitize, test_every_character);
        tcase_add_test(sanitize, test_every_byte_alone);
        suite_add_tcase(s, sanitize);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
