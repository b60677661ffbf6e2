/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/diff-text.h"

static const struct {
        const char *diff;
        size_t added, removed;
} diff_cases[] = {
        { "", 0, 0 },
        { "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n", 2, 1 },
        { "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n---- a\n-++ b\n+--- c\n\\ No newline at end of file\n", 1, 2 },
};

START_TEST(test_diff_count)
{
        struct diff_lines lines = diff_text_count(diff_cases[_i].diff);

        ck_assert_uint_eq(lines.added, diff_cases[_i].added);
        ck_assert_uint_eq(lines.removed, diff_cases[_i].removed);
}
END_TEST

START_TEST(test_diff_text)
{
        char *shown = NULL;
        size_t size;
        FILE *stream = open_memstream(&shown, &size);
        const struct terminal plain = { .stream = stream }, coloured = { .stream = stream, .color = true };

        diff_text_print(&plain, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\ta\033\r\n+\n\n");
        fflush(stream);
        ck_assert_str_eq(shown, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\ta\\x1b\\x0d\n+\n\n");
        rewind(stream);
        diff_text_print(&coloured, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n");
        fclose(stream);
        ck_assert_str_eq(shown, "\033[1m--- a/x\033[0m\n\033[1m+++ b/x\033[0m\n\033[36m@@ -1 +1 @@\033[0m\n"
                                "\033[31m-a\033[0m\n\033[32m+b\033[0m\n c\n");
        free(shown);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("diff-text");
        TCase *tcase = tcase_create("diff-text");

        tcase_add_loop_test(tcase, test_diff_count, 0, ELEMENTSOF(diff_cases));
        tcase_add_test(tcase, test_diff_text);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
