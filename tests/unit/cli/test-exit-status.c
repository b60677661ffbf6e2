/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "cli/report/exit-status.h"
#include "package/report.h"

/* ---- Several packages ---- */

/* A later one takes precedence. */
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
        ck_assert_int_eq(report_set_error(report, reports[_i].result, NULL), 0);
        report->code = reports[_i].code;
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

static Suite *make_suite(void)
{
        Suite *suite = suite_create("exit-status");
        TCase *tcase = tcase_create("exit-status");

        tcase_add_loop_test(tcase, test_worse, 0, ELEMENTSOF(ascending));
        tcase_add_loop_test(tcase, test_report, 0, ELEMENTSOF(reports));
        tcase_add_loop_test(tcase, test_errno, 0, ELEMENTSOF(codes));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
