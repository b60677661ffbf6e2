/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/data.h"
#include "../support/suite.h"
#include "catalog/semver.h"

#define LONG_NUMBER "123456789012345678901234567890123456789012345678901234567890"

START_TEST(test_valid)
{
        FILE *file = data_open("semver-valid");
        char line[256];
        size_t n = 0;

        for (; data_next(file, line, sizeof(line)); n++) {
                _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;

                ck_assert_msg(dmig_semver_parse(line, &version) == 0, "refused: '%s'", line);
                ck_assert_str_eq(dmig_semver_get_text(version), line);
        }
        fclose(file);
        ck_assert_uint_eq(n, 31);
}
END_TEST

START_TEST(test_invalid)
{
        FILE *file = data_open("semver-invalid");
        char line[256];
        size_t n = 0;

        for (; data_next(file, line, sizeof(line)); n++) {
                struct dmig_semver *version = NULL;

                ck_assert_msg(dmig_semver_parse(line, &version) == -EINVAL, "accepted: '%s'", line);
                ck_assert_ptr_null(version);
        }
        fclose(file);
        ck_assert_uint_eq(n, 39);
}
END_TEST

static const char *const malformed[] = {
        "",           " ",      "v",        "1.2.",     ".1.2",     "1..2",       "1.2.3.",         "1.2.3.4",
        "1.2.3-",     "1.2.3+", "1.2.3-+b", "1.2.3-a+", "1.2.3-.a", "1.2.3-a.",   "1.2.3+a.",       "1.2.3+.a",
        "1.2.3+a..b", "00.1.2", "0.00.1",   "0.0.00",   "1.2.3-00", "1.2.3-a.01", "vv1.2.3",        "V1.2.3",
        "v 1.2.3",    "1 .2.3", "1.2.3 -a", "1.2.3 4",  "1.2.3\n",  "1.2.3-a b",  "1.2.3-\xc3\xa9", "1.2.3-a~b",
        "-1.2.3",     "+1.2.3", "1.-2.3",   "1.2.x",    "0x1.2.3",  "1,2,3",      "1.2.3/4",        "=1.2.3",
};

START_TEST(test_malformed)
{
        struct dmig_semver *version = NULL;

        ck_assert_msg(dmig_semver_parse(malformed[_i], &version) == -EINVAL, "accepted: '%s'", malformed[_i]);
        ck_assert_ptr_null(version);
}
END_TEST

static const struct {
        const char *input, *text, *major, *minor, *patch, *prerelease, *build, *upstream;
} parts[] = {
        { "1.2.3", "1.2.3", "1", "2", "3", "", "", "1.2.3" },
        { "v1.2.3", "1.2.3", "1", "2", "3", "", "", "1.2.3" },
        { " \tv0.0.0\t ", "0.0.0", "0", "0", "0", "", "", "0.0.0" },
        { " 10.20.30 ", "10.20.30", "10", "20", "30", "", "", "10.20.30" },
        { "1.2.0-rc.1", "1.2.0-rc.1", "1", "2", "0", "rc.1", "", "1.2.0~rc.1" },
        { "v1.2.0-rc.1+b.01", "1.2.0-rc.1+b.01", "1", "2", "0", "rc.1", "b.01", "1.2.0~rc.1" },
        { "1.2.0+b-1.2", "1.2.0+b-1.2", "1", "2", "0", "", "b-1.2", "1.2.0" },
        { "1.2.0--a-b-", "1.2.0--a-b-", "1", "2", "0", "-a-b-", "", "1.2.0~-a-b-" },
        { LONG_NUMBER ".0.1", LONG_NUMBER ".0.1", LONG_NUMBER, "0", "1", "", "", LONG_NUMBER ".0.1" },
};

START_TEST(test_parts)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;

        ck_assert_int_eq(dmig_semver_parse(parts[_i].input, &version), 0);
        ck_assert_str_eq(dmig_semver_get_text(version), parts[_i].text);
        ck_assert_str_eq(dmig_semver_get_major(version), parts[_i].major);
        ck_assert_str_eq(dmig_semver_get_minor(version), parts[_i].minor);
        ck_assert_str_eq(dmig_semver_get_patch(version), parts[_i].patch);
        ck_assert_str_eq(dmig_semver_get_prerelease(version), parts[_i].prerelease);
        ck_assert_str_eq(dmig_semver_get_build(version), parts[_i].build);
        ck_assert_str_eq(semver_get_upstream(version), parts[_i].upstream);
}
END_TEST

/* Each is lower than all that follow it. */
static const char *const ascending[] = {
        "0.0.0-0",
        "0.0.0",
        "0.0.1",
        "0.0.9",
        "0.0.10",
        "0.1.0",
        "0.9.0",
        "0.10.0",
        "1.0.0-0",
        "1.0.0-0.0",
        "1.0.0-1",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-18446744073709551615",
        "1.0.0-18446744073709551616",
        "1.0.0--",
        "1.0.0--1",
        "1.0.0-0a",
        "1.0.0-10a",
        "1.0.0-9a",
        "1.0.0-A",
        "1.0.0-Z",
        "1.0.0-a",
        "1.0.0-a-b",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.1.1",
        "1.0.0-alpha.2",
        "1.0.0-alpha.10",
        "1.0.0-alpha.beta",
        "1.0.0-alpha-1",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0-rc.1.0",
        "1.0.0-rc1",
        "1.0.0-rc10",
        "1.0.0-rc9",
        "1.0.0",
        "1.0.1-a",
        "1.0.1",
        "1.9.0",
        "1.10.0",
        "2.0.0",
        "2.1.0",
        "2.1.1",
        "9.0.0",
        "10.0.0",
        "18446744073709551615.0.0",
        "18446744073709551616.0.0",
        "99999999999999999999.0.0",
        "100000000000000000000.0.0",
        LONG_NUMBER ".0.0",
        LONG_NUMBER ".0." LONG_NUMBER,
        LONG_NUMBER "." LONG_NUMBER ".0",
        LONG_NUMBER "0.0.0",
};

START_TEST(test_precedence)
{
        for (size_t i = 0; i < ELEMENTSOF(ascending); i++)
                for (size_t j = 0; j < ELEMENTSOF(ascending); j++) {
                        int order = 42;

                        ck_assert_int_eq(dmig_semver_cmp(ascending[i], ascending[j], &order), 0);
                        ck_assert_msg(order == (i > j) - (i < j), "'%s' and '%s': %d", ascending[i], ascending[j],
                                      order);
                }
}
END_TEST

static const char *const same[][2] = {
        { "1.0.0", "v1.0.0" },
        { "1.0.0", " 1.0.0 " },
        { "1.0.0+a", "1.0.0+b" },
        { "1.0.0", "1.0.0+20130313144700" },
        { "1.0.0-rc.1+a", "v1.0.0-rc.1" },
        { "0.0.0", "0.0.0" },
        { LONG_NUMBER ".1.1", "v" LONG_NUMBER ".1.1+b" },
};

START_TEST(test_same)
{
        int order = 42;

        ck_assert_int_eq(dmig_semver_cmp(same[_i][0], same[_i][1], &order), 0);
        ck_assert_int_eq(order, 0);
        ck_assert_int_eq(dmig_semver_cmp(same[_i][1], same[_i][0], &order), 0);
        ck_assert_int_eq(order, 0);
}
END_TEST

START_TEST(test_cmp_refuses)
{
        int order = 42;

        ck_assert_int_eq(dmig_semver_cmp("1.0", "1.0.0", &order), -EINVAL);
        ck_assert_int_eq(dmig_semver_cmp("1.0.0", "1.0.0-", &order), -EINVAL);
        ck_assert_int_eq(order, 42);
}
END_TEST

static const struct {
        const char *version, *from, *to;
        int expected;
} ranges[] = {
        { "1.1.0", "1.0.0", "1.2.0", 1 },
        { "1.2.0", "1.0.0", "1.2.0", 1 },
        { "1.0.0", "1.0.0", "1.2.0", 0 },
        { "0.9.0", "1.0.0", "1.2.0", 0 },
        { "1.2.1", "1.0.0", "1.2.0", 0 },
        { "1.10.0", "1.9.0", "1.11.0", 1 },
        { "1.10.0", "1.2.0", "1.9.0", 0 },
        { "v1.1.0", "1.0.0", "1.2.0", 1 },
        { "1.1.0", "v1.0.0", "1.2.0", 1 },
        { "1.1.0", "1.0.0", "v1.2.0", 1 },
        { "v1.1.0", "v1.0.0", "v1.2.0", 1 },
        { "v1.0.0", "v1.0.0", "v1.2.0", 0 },
        { " v1.2.0 ", " 1.0.0", "v1.2.0 ", 1 },
        { "1.1.0", "1.1.0", "1.1.0", 0 },
        { "1.1.0", "1.2.0", "1.0.0", 0 },
        { "1.2.0-rc.1", "1.1.0", "1.2.0", 1 },
        { "1.2.0", "1.1.0", "1.2.0-rc.1", 0 },
        { "1.2.0", "1.2.0-rc.1", "1.2.0", 1 },
        { "1.2.0-rc.1", "1.2.0-rc.1", "1.2.0", 0 },
        { "1.2.0-rc.10", "1.2.0-rc.9", "1.2.0-rc.11", 1 },
        { "1.2.0+b", "1.1.0", "1.2.0+a", 1 },
        { "1.2.0+b", "1.2.0+a", "1.3.0", 0 },
        { LONG_NUMBER "1.0.0", LONG_NUMBER "0.0.0", LONG_NUMBER "2.0.0", 1 },
        { "1.1", "1.0.0", "1.2.0", -EINVAL },
        { "1.1.0", "1.0", "1.2.0", -EINVAL },
        { "1.1.0", "1.0.0", "1.2", -EINVAL },
        { "", "1.0.0", "1.2.0", -EINVAL },
};

START_TEST(test_in_range)
{
        ck_assert_int_eq(dmig_semver_in_range(ranges[_i].version, ranges[_i].from, ranges[_i].to), ranges[_i].expected);
}
END_TEST

START_TEST(test_free)
{
        struct dmig_semver *version;

        ck_assert_ptr_null(dmig_semver_free(NULL));
        ck_assert_int_eq(dmig_semver_parse("1.0.0", &version), 0);
        ck_assert_ptr_null(dmig_semver_free(version));
}
END_TEST

static Suite *suite(void)
{
        TCase *syntax = tcase_create("syntax"), *order = tcase_create("order");
        Suite *s = suite_create("semver");

        tcase_add_test(syntax, test_valid);
        tcase_add_test(syntax, test_invalid);
        tcase_add_loop_test(syntax, test_malformed, 0, ELEMENTSOF(malformed));
        tcase_add_loop_test(syntax, test_parts, 0, ELEMENTSOF(parts));
        tcase_add_test(syntax, test_free);
        suite_add_tcase(s, syntax);

        tcase_add_test(order, test_precedence);
        tcase_add_loop_test(order, test_same, 0, ELEMENTSOF(same));
        tcase_add_test(order, test_cmp_refuses);
        tcase_add_loop_test(order, test_in_range, 0, ELEMENTSOF(ranges));
        suite_add_tcase(s, order);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
