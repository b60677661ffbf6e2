/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The escapes of the text format, with names that no real package has, and values that are unknown. */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/report/prometheus.h"
#include "package/report.h"

/* Returns: the output for a package of this name, to be freed. */
static char *print(const char *package, const char *to, uint64_t completed_usec)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        struct prometheus_sample sample = { .past = { .completed_usec = completed_usec } };
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        ck_assert_int_eq(report_new(package, &report), 0);
        ck_assert_int_eq(report_set_versions(report, NULL, to, NULL), 0);
        sample.report = report;
        prometheus_print(stream, &sample, 1);
        fclose(stream);
        return text;
}

static const struct {
        const char *package, *label;
} names[] = {
        { "sample", "sample" },       { "g++", "g++" }, { "a\"b", "a\\\"b" }, { "a\\b", "a\\\\b" }, { "a\nb", "a\\nb" },
        { "a\xff", "a\xef\xbf\xbd" }, { "", "" },
};

START_TEST(test_label)
{
        _cleanup_free_ char *text = print(names[_i].package, "1.0", 1999999), *wanted = NULL;

        ck_assert_int_gt(asprintf(&wanted, "\ndeploy_migrate_last_completed_timestamp_seconds{package=\"%s\"} 1\n",
                                  names[_i].label),
                         0);
        ck_assert_ptr_nonnull(strstr(text, wanted));
}
END_TEST

START_TEST(test_not_known)
{
        _cleanup_free_ char *text = print("sample", NULL, 0);

        ck_assert_ptr_nonnull(strstr(text, "\ndeploy_migrate_package_result{package=\"sample\",result=\"error\"} "));
        ck_assert_ptr_null(strstr(text, "deploy_migrate_pending_migrations{"));
        ck_assert_ptr_null(strstr(text, "deploy_migrate_last_completed_timestamp_seconds{"));
}
END_TEST

START_TEST(test_no_package)
{
        char text[256] = "";
        FILE *stream = fmemopen(text, sizeof(text), "w");

        ck_assert_ptr_nonnull(stream);
        prometheus_print(stream, NULL, 0);
        fclose(stream);
        ck_assert_str_eq(text, "# HELP deploy_migrate_info The version of deploy-migrate.\n"
                               "# TYPE deploy_migrate_info gauge\n"
                               "deploy_migrate_info{version=\"" PACKAGE_VERSION "\"} 1\n");
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("prometheus");
        TCase *tcase = tcase_create("prometheus");

        tcase_add_loop_test(tcase, test_label, 0, ELEMENTSOF(names));
        tcase_add_test(tcase, test_not_known);
        tcase_add_test(tcase, test_no_package);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
