/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "catalog/version-range.h"

/* ---- Padding ------------------------------------------------------------------------------ */

static const struct {
        const char *version, *key;
} keys[] = {
        { "1", "1.0.0" },
        { "1.2", "1.2.0" },
        { "1.2.3", "1.2.3" },
        { "1.2.3.4", "1.2.3.4" },
        { "1.2.3.4.5", "1.2.3.4.5" },
        { "0", "0.0.0" },
        { "10.20", "10.20.0" },
        { "1-1", "1.0.0" },
        { "1.2-1", "1.2.0" },
        { "2:1.2-1", "1.2.0" },
        { " 2:1.2-1 ", "1.2.0" },
        { "1.2-rc1-1", "1.2.0-rc1" },
        { "1.2~rc1", "1.2.0~rc1" },
        { "1~rc1-1", "1.0.0~rc1" },
        { "1.2.3~rc.1-1", "1.2.3~rc.1" },
        { "1.2+dfsg", "1.2.0+dfsg" },
        { "1.2+dfsg-0+deb12u1", "1.2.0+dfsg" },
        { "1.2.3+dfsg1-1", "1.2.3+dfsg1" },
        { "1.2a", "1.2.0a" },
        { "1.2.rc1", "1.2.0.rc1" },
        { "1.", "1.0.0." },
        { "1..2", "1.0.0..2" },
        { "1.2.3.", "1.2.3." },
        { "20240131", "20240131.0.0" },
        { "1.99999999999999999999999999", "1.99999999999999999999999999.0" },
        { "a", "a" },
        { "v1.2-1", "v1.2" },
        { "~1", "~1" },
        { ".1", ".1" },
        { "3:+1.2", "+1.2" },
};

START_TEST(test_key)
{
        _cleanup_(version_range_done) struct version_range range = { 0 };

        ck_assert_int_eq(version_range_init(&range, keys[_i].version, keys[_i].version, NULL), 0);
        ck_assert_str_eq(range.from_key, keys[_i].key);
        ck_assert_str_eq(range.to_key, keys[_i].key);
}
END_TEST

/* ---- Directories -------------------------------------------------------------------------- */

enum { BEHIND = -1, IN_RANGE = 0, AHEAD = 1 };

static const struct {
        const char *version, *from, *to;
        int expected;
} places[] = {
        /* above from, up to and including to */
        { "0.9.0", "1.0.0", "1.2.0", BEHIND },
        { "1.0.0", "1.0.0", "1.2.0", BEHIND },
        { "1.0.1", "1.0.0", "1.2.0", IN_RANGE },
        { "1.2.0", "1.0.0", "1.2.0", IN_RANGE },
        { "1.2.1", "1.0.0", "1.2.0", AHEAD },
        { "1.10.0", "1.9.0-1", "1.11.0-1", IN_RANGE },
        { "1.10.0", "1.2.0-1", "1.9.0-1", AHEAD },
        { "99999999999999999999.0.0", "1.0", "100000000000000000000.0-1", IN_RANGE },
        { "100000000000000000000.0.1", "1.0", "100000000000000000000.0-1", AHEAD },

        /* a package version counts by its upstream part */
        { "1.2.0", "1.1-1", "1.2-1", IN_RANGE },
        { "1.2.0", "1.2-1", "1.3-1", BEHIND },
        { "1.2.0", "1.1.9-3+deb12u1", "1.2.0-0+deb12u1", IN_RANGE },
        { "1.2.0", "1.2.0-1", "1.2.0-2", BEHIND },
        { "1.2.1", "1.2.0-1", "1.2.0-2", AHEAD },
        { "1.2.0", "1.1-1", "1.2-1~bpo12+1", IN_RANGE },

        /* padding */
        { "1.0.0", "0.9", "1", IN_RANGE },
        { "1.0.0", "1", "2", BEHIND },
        { "2.0.0", "1", "2", IN_RANGE },
        { "2.0.1", "1", "2", AHEAD },
        { "1.2.0", "1.2", "1.2.1", BEHIND },
        { "1.2.0", "1.1.99", "1.2", IN_RANGE },
        { "1.2.3", "1.2.2.9", "1.2.3.4", IN_RANGE },
        { "1.2.3", "1.2.3.4", "1.2.4", BEHIND },
        { "1.2.0", "1.1", "1.2+dfsg-1", IN_RANGE },
        { "1.2.0", "1.2+dfsg-1", "1.3", BEHIND },
        { "1.2.1", "1.2+dfsg-1", "1.3", IN_RANGE },
        { "1.2.0", "1.1", "1.2a", IN_RANGE },
        { "20240101.0.0", "20231231", "20240101-1", IN_RANGE },

        /* pre-releases */
        { "1.2.0", "1.1", "1.2~rc1-1", AHEAD },
        { "1.2.0", "1.2~rc1-1", "1.2-1", IN_RANGE },
        { "1.2.0", "1.2.0~rc.1-1", "1.2.0-1", IN_RANGE },
        { "1.2.0-rc.1", "1.1", "1.2.0~rc.1-1", IN_RANGE },
        { "1.2.0-rc.1", "1.1", "1.2~rc.1-1", IN_RANGE },
        { "1.2.0-rc.1", "1.2.0~rc.1-1", "1.2.0-1", BEHIND },
        { "1.2.0-rc.2", "1.2.0~rc.1-1", "1.2.0-1", IN_RANGE },
        { "1.2.0-rc.10", "1.2.0~rc.9-1", "1.2.0~rc.11-1", IN_RANGE },
        { "1.2.0-rc.2", "1.1", "1.2.0~rc.1-1", AHEAD },
        { "1.2.0-rc.1", "1.1", "1.2-1", IN_RANGE },
        { "1.2.0-rc.1", "1.2-1", "1.3-1", BEHIND },
        { "1.2.0-alpha-1", "1.1", "1.2.0~alpha-1-1", IN_RANGE },

        /* build metadata is ignored */
        { "1.2.0+build.7", "1.1-1", "1.2-1", IN_RANGE },
        { "1.2.0+build.7", "1.2-1", "1.3-1", BEHIND },
        { "1.2.0-rc.1+build.7", "1.1", "1.2.0~rc.1-1", IN_RANGE },

        /* epochs: if it rose there is no lower bound, if it fell it is a downgrade */
        { "1.2.0", "1:1.1-1", "1:1.2-1", IN_RANGE },
        { "1.2.0", "0:1.1-1", "1.2-1", IN_RANGE },
        { "1.0.0", "2024.1-1", "1:1.2-1", IN_RANGE },
        { "0.0.0-0", "2024.1-1", "1:1.2-1", IN_RANGE },
        { "1.2.0", "2024.1-1", "1:1.2-1", IN_RANGE },
        { "1.2.1", "2024.1-1", "1:1.2-1", AHEAD },
        { "1.0.0", "1:1.0.0-1", "2:1.2-1", IN_RANGE },
        { "1.0.0", "0.9-1", "2147483647:1.0-1", IN_RANGE },
        { "1.5.0", "1:1.0-1", "2.0-1", BEHIND },
        { "3.0.0", "1:1.0-1", "2.0-1", BEHIND },

        /* downgrades, and no change */
        { "1.1.0", "1.2", "1.0", BEHIND },
        { "1.0.0", "1.2", "1.0", BEHIND },
        { "1.3.0", "1.2", "1.0", AHEAD },
        { "1.2.0", "1.2-2", "1.2-1", BEHIND },
        { "1.2.0", "1.2-1", "1.2-1", BEHIND },

        /* dpkg has 1.2 < 1.2.0, and 1.2a < 1.2.0: here there is nothing between them */
        { "1.2.0", "1.2-1", "1.2.0-1", BEHIND },
        { "1.2.0", "1.2a-1", "1.2.0-1", BEHIND },

        /* versions that don't start with a digit sort as dpkg sorts them */
        { "1.2.0", "a-1", "b-1", BEHIND },
        { "1.2.0", "1.0-1", "b-1", IN_RANGE },
        { "1.2.0", "~1", "2.0-1", IN_RANGE },
};

START_TEST(test_locate)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
        _cleanup_(version_range_done) struct version_range range = { 0 };

        ck_assert_int_eq(dmig_semver_parse(places[_i].version, &version), 0);
        ck_assert_int_eq(version_range_init(&range, places[_i].from, places[_i].to, NULL), 0);
        ck_assert_msg(version_range_locate(&range, version) == places[_i].expected, "%s, from %s to %s: %d",
                      places[_i].version, places[_i].from, places[_i].to, version_range_locate(&range, version));
        ck_assert_int_eq(dmig_version_in_range(places[_i].version, places[_i].from, places[_i].to),
                         places[_i].expected == IN_RANGE);
}
END_TEST

START_TEST(test_in_range_refuses)
{
        ck_assert_int_eq(dmig_version_in_range("v1.2.0", "1.1-1", "1.2-1"), 1);
        ck_assert_int_eq(dmig_version_in_range("1.2", "1.1-1", "1.2-1"), -EINVAL);
        ck_assert_int_eq(dmig_version_in_range("1.2.0", "1.1-", "1.2-1"), -EINVAL);
        ck_assert_int_eq(dmig_version_in_range("1.2.0", "1.1-1", "x:1.2"), -EINVAL);
        ck_assert_int_eq(dmig_version_in_range("1.2.0", "", "1.2"), -EINVAL);
}
END_TEST

START_TEST(test_init_refuses)
{
        _cleanup_error_ struct error error = { 0 };
        struct version_range range = { .from_key = NULL };

        ck_assert_int_eq(version_range_init(&range, "1.1-", "1.2", &error), -EINVAL);
        ck_assert_str_eq(error_text(&error), "'1.1-' is not a package version: a revision must follow the last '-'");
        ck_assert_int_eq(version_range_init(&range, "1.1", "1 2", &error), -EINVAL);
        ck_assert_str_eq(error_text(&error), "'1 2' is not a package version: it must not contain blanks");
        ck_assert_ptr_null(range.from_key);
}
END_TEST

/* ---- "since" ------------------------------------------------------------------------------ */

static const struct {
        const char *version, *from, *to;
        int expected;
} since[] = {
        { "1.2-1", "1.1-1", "1.2-1", IN_RANGE },
        { "1.2-1", "1.2-1", "1.3-1", BEHIND },
        { "1.2-2", "1.2-1", "1.2-2", IN_RANGE },
        { "1.2-2", "1.2-1", "1.2-1.1", AHEAD },
        { "1.2-2", "1.2-2", "1.2-3", BEHIND },
        { "1.2-1.1", "1.2-1", "1.2-2", IN_RANGE },
        { "1.2", "1.2-0", "1.2-1", BEHIND },
        { "1.2~rc1-1", "1.1-1", "1.2~rc1-1", IN_RANGE },
        { "1.2", "1.1-1", "1.2~rc1-1", AHEAD },
        { "1.2+dfsg-1", "1.2-1", "1.2+dfsg-1", IN_RANGE },
        { " 1.2-1 ", "1.1-1", "1.2-1", IN_RANGE },

        /* nothing is padded */
        { "1.2.0", "1.1", "1.2-1", AHEAD },
        { "1.2.0", "1.2-1", "1.2.0-1", IN_RANGE },

        /* epochs are part of the version, and compared first */
        { "1:1.0-1", "2024.1-1", "1:1.2-1", IN_RANGE },
        { "1:1.3-1", "2024.1-1", "1:1.2-1", AHEAD },
        { "2024.1-1", "2024.1-1", "1:1.2-1", BEHIND },
        { "2023.1-1", "2024.1-1", "1:1.2-1", BEHIND },
        { "2024.2-1", "2024.1-1", "1:1.2-1", IN_RANGE },
        { "1.0-1", "1:0.9-1", "1:1.2-1", BEHIND },
        { "2:1.0-1", "1:0.9-1", "1:1.2-1", AHEAD },
};

START_TEST(test_since)
{
        _cleanup_(version_range_done) struct version_range range = { 0 };
        int place = 42;

        ck_assert_int_eq(version_range_init(&range, since[_i].from, since[_i].to, NULL), 0);
        ck_assert_int_eq(version_range_locate_package_version(&range, since[_i].version, &place), 0);
        ck_assert_msg(place == since[_i].expected, "%s, from %s to %s: %d", since[_i].version, since[_i].from,
                      since[_i].to, place);
}
END_TEST

START_TEST(test_since_refuses)
{
        static const char *const bad[] = { "", "v1.2", "1.2-", "1 2", "x:1", "1_2" };
        _cleanup_(version_range_done) struct version_range range = { 0 };
        int place = 42;

        ck_assert_int_eq(version_range_init(&range, "1.1", "1.2", NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                ck_assert_int_eq(version_range_locate_package_version(&range, bad[i], &place), -EINVAL);
        ck_assert_int_eq(place, 42);
}
END_TEST

/* ---- What people type --------------------------------------------------------------------- */

static const struct {
        const char *argument, *version;
} arguments[] = {
        { "1.2", "1.2" },
        { "1.2.0", "1.2.0" },
        { " 1.2.0\t", "1.2.0" },
        { "1.2.0-1", "1.2.0-1" },
        { "1:1.2.0-1", "1:1.2.0-1" },
        { "1.2.0-rc.1", "1.2.0-rc.1" },
        { "1.2.0+dfsg-1", "1.2.0+dfsg-1" },
        { "1.2.0~rc1-1", "1.2.0~rc1-1" },
        { "v1", "1" },
        { "v1.2", "1.2" },
        { " v1.2.0 ", "1.2.0" },
        { "v 1.2.0", "1.2.0" },
        { "v1.2.0-rc.1", "1.2.0~rc.1" },
        { "v1.2-rc.1", "1.2~rc.1" },
        { "v1.2.0+build.7", "1.2.0" },
        { "v1.2.0+build-7", "1.2.0" },
        { "v1.2.0-rc.1+build-7", "1.2.0~rc.1" },
        { "v1.2.0-alpha-1", "1.2.0~alpha-1-0" },
        { "v1.2.0--", "1.2.0~--0" },
};

START_TEST(test_argument)
{
        _cleanup_free_ char *version = NULL;

        ck_assert_int_eq(version_from_argument(arguments[_i].argument, &version, NULL), 0);
        ck_assert_str_eq(version, arguments[_i].version);
        ck_assert_int_eq(dmig_deb_version_check(version), 0);
}
END_TEST

/* A directory's own version as an argument is the end of a range that includes it, whatever its pre-release is. */
START_TEST(test_argument_names_directory)
{
        static const char *const directories[] = { "v1.2.0",        "v1.2.0-rc.1", "v1.2.0-alpha-beta", "v1.2.0--",
                                                   "v1.2.0-a-0-0",  "v1.2.0-0",    "v1.2.0-rc.1+b-1",   "v1.2.0+b-1.2",
                                                   "v1.2.0-a--b.1", "v0.0.0" };

        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                _cleanup_free_ char *version = NULL;

                ck_assert_int_eq(version_from_argument(directories[i], &version, NULL), 0);
                ck_assert_int_eq(dmig_version_in_range(directories[i], "0~~", version), 1);
                ck_assert_int_eq(dmig_version_in_range(directories[i], version, "9"), 0);
        }
}
END_TEST

#define NO_SEMVER \
        " is not a semantic version: 'v' must be followed by one to three numbers, as in v1.2.3 or v2.0.0-rc.1; leave out the 'v' if it is a package version"

static const struct {
        const char *argument, *message;
} bad_arguments[] = {
        { "", "'' is not a package version: it has no upstream version" },
        { " v ", "'v'" NO_SEMVER },
        { "vfoo", "'vfoo'" NO_SEMVER },
        { "vv1.0", "'vv1.0'" NO_SEMVER },
        { "v1.a.3", "'v1.a.3'" NO_SEMVER },
        { "v1.", "'v1.'" NO_SEMVER },
        { "v1.2.3.4", "'v1.2.3.4'" NO_SEMVER },
        { "v01.2", "'v01.2'" NO_SEMVER },
        { "v1.2.0~rc1", "'v1.2.0~rc1'" NO_SEMVER },
        { "v1.2-", "'v1.2-'" NO_SEMVER },
        { "v1:1.2.0", "'v1:1.2.0'" NO_SEMVER },
        { "latest", "'latest' is not a package version: it must start with a digit" },
        { "1.0 1.1", "'1.0 1.1' is not a package version: it must not contain blanks" },
        { "1.0-", "'1.0-' is not a package version: a revision must follow the last '-'" },
};

START_TEST(test_bad_argument)
{
        _cleanup_error_ struct error error = { 0 };
        char *version = NULL;

        ck_assert_int_eq(version_from_argument(bad_arguments[_i].argument, &version, &error), -EINVAL);
        ck_assert_str_eq(error_text(&error), bad_arguments[_i].message);
        ck_assert_ptr_null(version);
}
END_TEST

static Suite *suite(void)
{
        TCase *range = tcase_create("range"), *argument = tcase_create("argument");
        Suite *s = suite_create("range");

        tcase_add_loop_test(range, test_key, 0, ELEMENTSOF(keys));
        tcase_add_loop_test(range, test_locate, 0, ELEMENTSOF(places));
        tcase_add_test(range, test_in_range_refuses);
        tcase_add_test(range, test_init_refuses);
        tcase_add_loop_test(range, test_since, 0, ELEMENTSOF(since));
        tcase_add_test(range, test_since_refuses);
        suite_add_tcase(s, range);

        tcase_add_loop_test(argument, test_argument, 0, ELEMENTSOF(arguments));
        tcase_add_test(argument, test_argument_names_directory);
        tcase_add_loop_test(argument, test_bad_argument, 0, ELEMENTSOF(bad_arguments));
        suite_add_tcase(s, argument);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
