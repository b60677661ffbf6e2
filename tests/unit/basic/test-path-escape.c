/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/path-escape.h"
#include "basic/utf8.h"

static const struct {
        const char *path;
        const char *text;
} cases[] = {
        { "", "" },
        { "etc/foo/foo.conf", "etc/foo/foo.conf" },
        { "/a b\tc\nd", "/a\\040b\\011c\\012d" },
        { "back\\slash", "back\\134slash" },
        { "\\040", "\\134040" },
        { "\\\\ \\", "\\134\\134\\040\\134" },
        { "\x01\x1b\x7f", "\\001\\033\\177" },
        { "gr\xc3\xbc\xc3\x9f \xe2\x82\xac", "gr\xc3\xbc\xc3\x9f\\040\xe2\x82\xac" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
        /* Not UTF-8, or only nearly. */
        { "\xff", "\\377" },
        { "latin\xe9.txt", "latin\\351.txt" },
        { "\xc3", "\\303" },
        { "\xe2\x82x", "\\342\\202x" },
        { "\xc0\xaf", "\\300\\257" },
        { "\xed\xa0\x80", "\\355\\240\\200" },
        { "\xff\\x41", "\\377\\134x41" },
        /* Control characters encoded as UTF-8. */
        { "\xc2\x9b", "\\302\\233" },
};

START_TEST(test_case)
{
        _cleanup_free_ char *text = NULL, *path = NULL;

        ck_assert_int_eq(path_escape(cases[_i].path, &text), 0);
        ck_assert_str_eq(text, cases[_i].text);
        ck_assert_int_eq(path_unescape(text, &path), 0);
        ck_assert_str_eq(path, cases[_i].path);
}
END_TEST

static const struct {
        const char *text;
        const char *path; /* NULL: the text is refused */
} texts[] = {
        /* Texts that path_escape() wouldn't write. */
        { "\\141\\142c", "abc" }, { "a b\n", "a b\n" }, { "\\377", "\xff" }, { "\\", NULL },     { "a\\", NULL },
        { "\\0", NULL },          { "\\04", NULL },     { "\\04x", NULL },   { "\\048", NULL },  { "\\x41", NULL },
        { "\\\\", NULL },         { "\\400", NULL },    { "\\777", NULL },   { "a\\000", NULL },
};

START_TEST(test_text)
{
        char untouched[] = "untouched", *path = untouched;
        int r = path_unescape(texts[_i].text, &path);

        if (!texts[_i].path) {
                ck_assert_int_eq(r, -EBADMSG);
                ck_assert_ptr_eq(path, untouched);
                return;
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(path, texts[_i].path);
        free(path);
}
END_TEST

static void check_round_trip(const char *path)
{
        _cleanup_free_ char *text = NULL, *clean = NULL, *back = NULL;

        ck_assert_int_eq(path_escape(path, &text), 0);
        ck_assert_ptr_null(strpbrk(text, " \t\n"));
        clean = utf8_sanitize(text, strlen(text));
        ck_assert_ptr_nonnull(clean);
        ck_assert_str_eq(clean, text);
        ck_assert_int_eq(path_unescape(text, &back), 0);
        ck_assert_str_eq(back, path);
}

START_TEST(test_each_byte)
{
        char path[256] = "";

        for (unsigned i = 1; i < 256; i++)
                path[i - 1] = (char)i;
        check_round_trip(path);
        for (unsigned i = 1; i < 256; i++)
                check_round_trip((const char[]){ (char)i, '\0' });
}
END_TEST

/* Mostly bytes that begin, continue or truncate characters, backslashes and digits. */
START_TEST(test_random)
{
        static const char bytes[] = "\\\\01x \xc2\x9b\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xff\n";

        srandom(1);
        for (size_t i = suite_repeats(5000); i > 0; i--) {
                char path[17] = "";

                for (long n = random() % 16; n > 0; n--)
                        path[n - 1] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
                check_round_trip(path);
        }
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("path-text");
        Suite *s = suite_create("path-text");

        tcase_set_timeout(tc, 60);
        tcase_add_loop_test(tc, test_case, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(tc, test_text, 0, ELEMENTSOF(texts));
        tcase_add_test(tc, test_each_byte);
        tcase_add_test(tc, test_random);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
