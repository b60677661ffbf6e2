/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "../support/tree.h"
#include "catalog/catalog.h"
#include "catalog/package-facts.h"

#include <sys/stat.h>

#define DIRECTORY VENDOR_DIR "/foo"
#define BY_OS     "{\"version\": {\"os-release\": \"IMAGE_VERSION\"}}"

static const struct {
        const char *keys, *file, *os_release; /* NULL: there is none */
        int code;
        const char *version; /* or a part of the message; NULL: none */
} cases[] = {
        { NULL, NULL, NULL, 0, NULL },
        { NULL, "2.1-3\n", NULL, 0, "2.1-3" },
        { NULL, "2.1", NULL, 0, "2.1" },
        { BY_OS, NULL, "IMAGE_VERSION=7\n", 0, "7" },
        { BY_OS, "2.1\n", "IMAGE_VERSION=7\n", 0, "2.1" },
        { NULL, "", NULL, -EBADMSG, DIRECTORY "/version" },
        { NULL, "1.0\n2.0\n", NULL, -EBADMSG, DIRECTORY "/version" },
        { NULL, "v1.a\n", NULL, -EBADMSG, DIRECTORY "/version" },
        { BY_OS, NULL, NULL, -EBADMSG, "/etc/os-release" },
        { BY_OS, NULL, "IMAGE_VERSION=\n", -EBADMSG, "os-release" },
        { "{\"versions\": 1}", "2.1\n", NULL, -EBADMSG, DIRECTORY "/package.json" },
        { "{\"formerly\": [\"old\", \"older\"]}", NULL, NULL, 0, NULL },
};

START_TEST(test_cases)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(package_facts_done) struct package_facts facts = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r;

        if (cases[_i].keys)
                tree_add(&root, &(struct tree_entry){ DIRECTORY "/package.json", 0644, cases[_i].keys });
        if (cases[_i].file)
                tree_add(&root, &(struct tree_entry){ DIRECTORY "/version", 0644, cases[_i].file });
        if (cases[_i].os_release)
                tree_add(&root, &(struct tree_entry){ "/etc/os-release", 0644, cases[_i].os_release });
        r = package_facts_read(&root, "foo", &facts, &error);
        ck_assert_msg(r == cases[_i].code, "%d: %s", r, error_text(&error));
        if (r < 0)
                ck_assert_msg(strstr(error_text(&error), cases[_i].version), "%s", error_text(&error));
        else if (cases[_i].version)
                ck_assert_str_eq(facts.version, cases[_i].version);
        else
                ck_assert_ptr_null(facts.version);
        ck_assert_uint_eq(facts.keys.formerly.n, r == 0 && cases[_i].keys && strstr(cases[_i].keys, "older") ? 2 : 0);
}
END_TEST

/* A link to itself is there, and must not count as no version. */
START_TEST(test_unreadable)
{
        static const char *const names[] = { DIRECTORY "/version", DIRECTORY "/package.json", DIRECTORY };
        _cleanup_(root_done) struct root root = tree_new();
        struct package_facts facts = { 0 };
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &(struct tree_entry){ names[_i], S_IFLNK | 0777, "foo" });
        ck_assert_int_lt(package_facts_read(&root, "foo", &facts, &error), 0);
        ck_assert_msg(strstr(error_text(&error), names[_i]), "%s", error_text(&error));
        ck_assert_ptr_null(facts.version);
}
END_TEST

static Suite *package_facts_suite(void)
{
        Suite *suite = suite_create("package-facts");
        TCase *tcase = trees_case(suite, "package-facts", 10);

        tcase_add_loop_test(tcase, test_cases, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(tcase, test_unreadable, 0, 3);
        return suite;
}

int main(void)
{
        return suite_run(package_facts_suite());
}
