/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the program tells its caller, and the output that it keeps for a failure. */

#include "../support/suite.h"
#include "cli/report/exit-status.h"
#include "cli/terminal/tail.h"
#include "package/report.h"

#include <stdio.h>

/* ---- Several packages ---- */

/* The later one wins. */
static const int ascending[] = { EXIT_DONE,     EXIT_PENDING, EXIT_MIGRATION,  EXIT_LOCKED,
                                 EXIT_UNUSABLE, EXIT_USAGE,   EXIT_INTERRUPTED };

START_TEST(test_worse)
{
        for (int i = 0; i <= _i; i++) {
                ck_assert_int_eq(exit_status_worse(ascending[i], ascending[_i]), ascending[_i]);
                ck_assert_int_eq(exit_status_worse(ascending[_i], ascending[i]), ascending[_i]);
        }
}
END_TEST

/* ---- One package ---- */

static const struct {
        enum dmig_result result;
        int code;
        int run, plan;
} reports[] = {
        { DMIG_RESULT_COMPLETED, 0, EXIT_DONE, EXIT_DONE },
        { DMIG_RESULT_NOTHING_TO_DO, 0, EXIT_DONE, EXIT_DONE },
        { DMIG_RESULT_PENDING, 0, EXIT_MIGRATION, EXIT_DONE },
        { DMIG_RESULT_PENDING, -ECANCELED, EXIT_INTERRUPTED, EXIT_INTERRUPTED },
        { DMIG_RESULT_FAILED, 0, EXIT_MIGRATION, EXIT_MIGRATION },
        { DMIG_RESULT_FAILED, -ECANCELED, EXIT_INTERRUPTED, EXIT_INTERRUPTED },
        { DMIG_RESULT_POSTPONED, 0, EXIT_MIGRATION, EXIT_MIGRATION },
        { DMIG_RESULT_DOWNGRADE, 0, EXIT_DONE, EXIT_DONE },
        { DMIG_RESULT_NOT_INSTALLED, 0, EXIT_DONE, EXIT_DONE },
        { DMIG_RESULT_ERROR, -EBADMSG, EXIT_UNUSABLE, EXIT_UNUSABLE },
        { DMIG_RESULT_ERROR, -EINVAL, EXIT_UNUSABLE, EXIT_UNUSABLE },
        { DMIG_RESULT_ERROR, -EBUSY, EXIT_LOCKED, EXIT_LOCKED },
};

START_TEST(test_report)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;

        ck_assert_int_eq(report_new("sample", &report), 0);
        ck_assert_int_eq(report_set_error(report, reports[_i].result, reports[_i].code, NULL), 0);
        ck_assert_int_eq(exit_status_of_report(report, false), reports[_i].run);
        ck_assert_int_eq(exit_status_of_report(report, true), reports[_i].plan);
}
END_TEST

static const int codes[][2] = {
        { 0, EXIT_DONE },           { -EINVAL, EXIT_USAGE },
        { -EBUSY, EXIT_LOCKED },    { -ECANCELED, EXIT_INTERRUPTED },
        { -ENOENT, EXIT_UNUSABLE }, { -EIO, EXIT_UNUSABLE },
        { -ENOMEM, EXIT_UNUSABLE },
};

START_TEST(test_errno)
{
        ck_assert_int_eq(exit_status_of_errno(codes[_i][0]), codes[_i][1]);
}
END_TEST

/* ---- The last lines of output ---- */

static const size_t counts[] = { 0, 1, TAIL_LINES - 1, TAIL_LINES, TAIL_LINES + 1, 3 * TAIL_LINES };

START_TEST(test_tail)
{
        size_t n = counts[_i], kept = n < TAIL_LINES ? n : TAIL_LINES;
        _cleanup_(tail_clear) struct tail tail = { 0 };
        char line[32];

        for (size_t i = 0; i < n; i++) {
                snprintf(line, sizeof(line), "line %zu", i);
                tail_add(&tail, line);
        }
        for (size_t i = 0; i < kept; i++) {
                snprintf(line, sizeof(line), "line %zu", n - kept + i);
                ck_assert_str_eq(tail_get(&tail, i), line);
        }
        ck_assert_ptr_null(tail_get(&tail, kept));

        tail_clear(&tail);
        ck_assert_ptr_null(tail_get(&tail, 0));
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("cli-exit-status");
        TCase *tcase = tcase_create("cli-exit-status");

        tcase_add_loop_test(tcase, test_worse, 0, ELEMENTSOF(ascending));
        tcase_add_loop_test(tcase, test_report, 0, ELEMENTSOF(reports));
        tcase_add_loop_test(tcase, test_errno, 0, ELEMENTSOF(codes));
        tcase_add_loop_test(tcase, test_tail, 0, ELEMENTSOF(counts));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
