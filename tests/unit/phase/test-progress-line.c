/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "phase/progress-line.h"

static const struct {
        const char *line;
        int64_t done, total, percent;
        const char *text;
} lines[] = {
        { "30/100 text", 30, 100, 30, "text" },
        { "30% text", -1, -1, 30, "text" },
        { "0/1", 0, 1, 0, "" },
        { "7/7 ", 7, 7, 100, "" },
        { "1/3 tables of three", 1, 3, 33, "tables of three" },
        { "999/1000 nearly", 999, 1000, 99, "nearly" },
        { "0%", -1, -1, 0, "" },
        { "100%\tdone", -1, -1, 100, "done" },
        { "  5/10   x  y ", 5, 10, 50, "x  y " },
        { "5/10 30/100", 5, 10, 50, "30/100" },
        { "007/010", 7, 10, 70, "" },
        { "1000000000000/2000000000000 bytes", INT64_C(1000000000000), INT64_C(2000000000000), 50, "bytes" },
};

START_TEST(test_progress)
{
        struct progress_line line;

        ck_assert_int_eq(progress_line_parse(lines[_i].line, &line), 0);
        ck_assert_int_eq(line.done, lines[_i].done);
        ck_assert_int_eq(line.total, lines[_i].total);
        ck_assert_int_eq(line.percent, lines[_i].percent);
        ck_assert_str_eq(line.text, lines[_i].text);
        progress_line_done(&line);
}
END_TEST

static const char *const others[] = {
        "",
        " ",
        "text",
        "30",
        "30 text",
        "%",
        "30 %",
        "/100",
        "30/",
        "30/ 100",
        "30/0",
        "2/1",
        "101%",
        "-1%",
        "-1/5",
        "1/-5",
        "30%x",
        "1/2x",
        "12.5%",
        "1e2%",
        "0x1/2",
        "1//2",
        "1/2/3",
        "+1/2",
        "a 1/2",
        "١/٢",
        "1/2%",
        "[1/2]",
        "1/2.5",
        "50%%",
        "1 /2",
        "30\\%",
        "\v1/2",
        "1,2%",
        "99999999999999999999%",
        "1/99999999999999999999",
        "184467440737095517/184467440737095517",
};

START_TEST(test_no_progress)
{
        struct progress_line line;

        ck_assert_msg(progress_line_parse(others[_i], &line) == -EINVAL, "accepted: %s", others[_i]);
}
END_TEST

static Suite *progress_line_suite(void)
{
        Suite *suite = suite_create("progress-line");
        TCase *tcase = tcase_create("progress-line");

        tcase_add_loop_test(tcase, test_progress, 0, ELEMENTSOF(lines));
        tcase_add_loop_test(tcase, test_no_progress, 0, ELEMENTSOF(others));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(progress_line_suite());
}
