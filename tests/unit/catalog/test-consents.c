/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "../support/tree.h"
#include "catalog/consents.h"

#include <sys/stat.h>

#define FIRST  "1.1.0/001_a"
#define SECOND "1.2.0/001_b"

static const struct {
        const char *text;
        bool first, second;
} given[] = {
        { "", false, false },
        { "foo", true, true },
        { "foo\n", true, true },
        { "  foo \r\n", true, true },
        { "foo 1.1.0/001_a\n", true, false },
        { "foo\t1.2.0/001_b # after the backup\nfoo 1.1.0/001_a", true, true },
        { "foo 9.9.9/001_unknown\n", false, false },
        { "# foo\n\n#\n", false, false },
        { "fo\nfoobar\nbar 1.1.0/001_a\n", false, false },
};

static int consents_read_text(const char *text, struct consents *ret, struct error *error)
{
        _cleanup_(root_done) struct root root = tree_new();

        tree_add(&root, &(const struct tree_entry){ "/etc/deploy-migrate/consent", 0644, text });
        return consents_read(&root, "foo", ret, error);
}

START_TEST(test_given)
{
        _cleanup_(consents_done) struct consents consents = { 0 };

        ck_assert_int_eq(consents_read_text(given[_i].text, &consents, NULL), 0);
        ck_assert_int_eq(consents_have(&consents, FIRST), given[_i].first);
        ck_assert_int_eq(consents_have(&consents, SECOND), given[_i].second);
}
END_TEST

static const struct {
        const char *text, *message;
} refused[] = {
        { "foo\nno/name\n", "/etc/deploy-migrate/consent:2: 'no/name' isn't a package name" },
        { "foo all\n", "consent:1: 'all' isn't the id of a migration" },
        { "bar 1.1.0/001_a foo\n", "consent:1: 'foo' is one word too many" },
};

START_TEST(test_refused)
{
        _cleanup_(consents_done) struct consents consents = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(consents_read_text(refused[_i].text, &consents, &error), -EBADMSG);
        ck_assert_msg(strstr(error_text(&error), refused[_i].message), "%s", error_text(&error));
        ck_assert(!consents_have(&consents, FIRST));
}
END_TEST

/* What can't be read, or could have been written by anybody, is an error, but no file is none. */
START_TEST(test_files)
{
        static const struct tree_entry entries[] = {
                { "/etc/deploy-migrate/consent", S_IFDIR | 0755, NULL },
                { "/etc/deploy-migrate/consent", S_IFLNK, "/etc/elsewhere" },
                { "/etc/deploy-migrate/consent", 0666, "foo\n" },
        };
        _cleanup_(consents_done) struct consents consents = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(entries); i++) {
                _cleanup_(root_done) struct root root = tree_new();
                _cleanup_error_ struct error error = { 0 };

                ck_assert_int_eq(consents_read(&root, "foo", &consents, NULL), 0);
                tree_add(&root, &entries[i]);
                ck_assert_int_lt(consents_read(&root, "foo", &consents, &error), 0);
                ck_assert_msg(strstr(error_text(&error), "/etc/deploy-migrate/consent"), "%s", error_text(&error));
                ck_assert(!consents_have(&consents, FIRST));
        }
}
END_TEST

static Suite *consents_suite(void)
{
        Suite *suite = suite_create("consents");
        TCase *tcase = tcase_create("consents");

        tcase_add_unchecked_fixture(tcase, trees_setup, trees_teardown);
        tcase_add_loop_test(tcase, test_given, 0, ELEMENTSOF(given));
        tcase_add_loop_test(tcase, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_test(tcase, test_files);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run_as_root(consents_suite());
}
