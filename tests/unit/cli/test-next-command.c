/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/report/next-command.h"
#include "package/report.h"

static void print_command(const char *label, const char *command, void *userdata)
{
        fprintf(userdata, "%s: %s\n", label, command);
}

static const struct {
        enum dmig_result result;
        const char *error, *root, *commands;
} cases[] = {
        { DMIG_RESULT_NOTHING_TO_DO, NULL, NULL, "" },
        { DMIG_RESULT_RUNNING, NULL, NULL, "" },
        { DMIG_RESULT_NOT_INSTALLED, "foo is not installed", NULL, "" },
        { DMIG_RESULT_FAILED, "1.0.0/001_x failed", NULL,
          "see: deploy-migrate history foo\nthen: deploy-migrate retry foo\n" },
        { DMIG_RESULT_PENDING, NULL, "/r", "then: deploy-migrate --root /r run foo\n" },
        { DMIG_RESULT_PENDING, "runs; 'systemctl restart a b' migrates it", NULL, "then: systemctl restart a b\n" },
        { DMIG_RESULT_POSTPONED, "'/srv' isn't mounted", NULL, "then: deploy-migrate run foo\n" },
        { DMIG_RESULT_POSTPONED, "agree: 'deploy-migrate accept foo'", "/r",
          "then: deploy-migrate --root /r accept foo\n" },
        { DMIG_RESULT_DOWNGRADE, "undo with 'deploy-migrate undo foo'", NULL, "then: deploy-migrate undo foo\n" },
        { DMIG_RESULT_ERROR, "it isn't 'deploy-migrate", NULL, "then: deploy-migrate run foo\n" },
};

START_TEST(test_next_command)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        _cleanup_free_ char *text = NULL;
        struct next_command next;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        ck_assert_int_eq(report_new("foo", &report), 0);
        ck_assert_int_eq(report_set_error(report, cases[_i].result, cases[_i].error), 0);
        next = (struct next_command){ report, cases[_i].root, print_command, stream };
        next_command_each(&next);
        fclose(stream);
        ck_assert_str_eq(text, cases[_i].commands);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("next-command");
        TCase *tcase = tcase_create("next-command");

        tcase_add_loop_test(tcase, test_next_command, 0, ELEMENTSOF(cases));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
