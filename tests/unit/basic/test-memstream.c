/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/memstream.h"

START_TEST(test_whole)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        fputs("text", stream);
        ck_assert_int_eq(memstream_close(stream, &text), 0);
        ck_assert_str_eq(text, "text");
}
END_TEST

START_TEST(test_empty)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        ck_assert_int_eq(memstream_close(open_memstream(&text, &size), &text), 0);
        ck_assert_str_eq(text, "");
}
END_TEST

/* fclose(3) succeeds after a write that has failed before. */
START_TEST(test_failed)
{
        FILE *stream = fopen("/dev/full", "we"); /* as full as a memory without a place to grow into */
        char *text = strdup("te");

        ck_assert_ptr_nonnull(stream);
        fputs("text", stream);
        ck_assert_int_eq(fflush(stream), EOF);
        ck_assert_int_eq(memstream_close(stream, &text), -ENOMEM);
        ck_assert_ptr_null(text);
}
END_TEST

static Suite *memstream_suite(void)
{
        Suite *suite = suite_create("memstream");
        TCase *tcase = tcase_create("memstream");

        tcase_add_test(tcase, test_whole);
        tcase_add_test(tcase, test_empty);
        tcase_add_test(tcase, test_failed);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(memstream_suite());
}
