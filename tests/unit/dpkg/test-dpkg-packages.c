/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "dpkg/dpkg-packages.h"

#include <stdio.h>

enum origin {
        NONE,
        STATUS,
        UPDATE,
};

struct row {
        enum origin origin;
        const char *name;
        const char *architecture;
        const char *version;
        const char *config_version;
        enum dpkg_state state;
        bool reinstreq;
        bool same;
};

#define S_ALL(version, config, state)                                      \
        {                                                                  \
                STATUS, "foo", "all", version, config, state, false, false \
        }
#define S_AMD64(version, config, state)                                      \
        {                                                                    \
                STATUS, "foo", "amd64", version, config, state, false, false \
        }
#define S_I386(version, config, state)                                      \
        {                                                                   \
                STATUS, "foo", "i386", version, config, state, false, false \
        }
#define U_ALL(version, config, state)                                      \
        {                                                                  \
                UPDATE, "foo", "all", version, config, state, false, false \
        }
#define U_AMD64(version, config, state)                                      \
        {                                                                    \
                UPDATE, "foo", "amd64", version, config, state, false, false \
        }
#define SS_AMD64(version, config, state)                                    \
        {                                                                   \
                STATUS, "foo", "amd64", version, config, state, false, true \
        }
#define SS_I386(version, config, state)                                    \
        {                                                                  \
                STATUS, "foo", "i386", version, config, state, false, true \
        }
#define US_AMD64(version, config, state)                                    \
        {                                                                   \
                UPDATE, "foo", "amd64", version, config, state, false, true \
        }
#define US_I386(version, config, state)                                    \
        {                                                                  \
                UPDATE, "foo", "i386", version, config, state, false, true \
        }

/* Records, and the packages that they add up to: "name version config-version state eflag". */
static const struct {
        struct row rows[5];
        const char *expected;
} cases[] = {
        { { { .origin = NONE } }, "" },
        { { S_ALL("1.0", NULL, DPKG_INSTALLED) }, "foo 1.0 - installed ok\n" },
        { { S_ALL(NULL, NULL, DPKG_NOT_INSTALLED) }, "foo - - not-installed ok\n" },
        { { S_ALL("1.0", "1.0", DPKG_CONFIG_FILES) }, "foo 1.0 1.0 config-files ok\n" },
        { { { STATUS, "foo", NULL, "1.0", NULL, DPKG_INSTALLED, true, false } }, "foo 1.0 - installed reinstreq\n" },
        /* The journal. */
        { { S_ALL("1.0", NULL, DPKG_INSTALLED), U_ALL("2.0", "1.0", DPKG_UNPACKED) }, "foo 2.0 1.0 unpacked ok\n" },
        { { S_ALL("1.0", NULL, DPKG_INSTALLED), U_ALL("2.0", "1.0", DPKG_UNPACKED),
            U_ALL("2.0", NULL, DPKG_INSTALLED) },
          "foo 2.0 - installed ok\n" },
        { { U_ALL("2.0", "1.0", DPKG_UNPACKED), U_ALL("2.0", "1.0", DPKG_HALF_CONFIGURED),
            S_ALL("1.0", NULL, DPKG_INSTALLED) },
          "foo 2.0 1.0 half-configured ok\n" },
        { { S_ALL("2.0", NULL, DPKG_INSTALLED), U_ALL("1.0", NULL, DPKG_INSTALLED) }, "foo 1.0 - installed ok\n" },
        { { U_ALL("1.0", NULL, DPKG_INSTALLED) }, "foo 1.0 - installed ok\n" },
        { { S_ALL("1.0", "1.0", DPKG_CONFIG_FILES), U_ALL(NULL, NULL, DPKG_NOT_INSTALLED) },
          "foo - - not-installed ok\n" },
        /* Another architecture replaces a package that can't be installed twice. */
        { { S_ALL("1.0", NULL, DPKG_INSTALLED), U_AMD64("2.0", "1.0", DPKG_UNPACKED) }, "foo 2.0 1.0 unpacked ok\n" },
        { { S_AMD64("2.0", NULL, DPKG_INSTALLED), U_ALL("1.0", NULL, DPKG_INSTALLED),
            U_AMD64("3.0", "1.0", DPKG_UNPACKED) },
          "foo 3.0 1.0 unpacked ok\n" },
        { { S_AMD64("2.0", NULL, DPKG_INSTALLED), US_I386("1.0", NULL, DPKG_INSTALLED) }, "foo 1.0 - installed ok\n" },
        { { SS_AMD64("1.0", NULL, DPKG_INSTALLED), U_ALL("2.0", "1.0", DPKG_UNPACKED) }, "foo 2.0 1.0 unpacked ok\n" },
        /* In the status file each architecture has a slot: an instance that isn't installed is only a wish. */
        { { S_AMD64("1.0", NULL, DPKG_INSTALLED), S_I386(NULL, NULL, DPKG_NOT_INSTALLED) },
          "foo 1.0 - installed ok\n" },
        { { S_I386(NULL, NULL, DPKG_NOT_INSTALLED), S_AMD64("1.0", NULL, DPKG_INSTALLED),
            U_ALL("2.0", "1.0", DPKG_UNPACKED) },
          "foo 2.0 1.0 unpacked ok\n" },
        { { S_ALL("1.0", NULL, DPKG_INSTALLED), S_ALL("2.0", NULL, DPKG_INSTALLED) }, "foo 2.0 - installed ok\n" },
        /* Instances side by side. */
        { { SS_AMD64("1.0", NULL, DPKG_INSTALLED), SS_I386("1.0", NULL, DPKG_INSTALLED) }, "foo 1.0 - installed ok\n" },
        { { SS_AMD64("1.0", NULL, DPKG_INSTALLED), SS_I386("1.0", NULL, DPKG_INSTALLED),
            US_I386("1.10", "1.0", DPKG_UNPACKED) },
          "foo 1.0 1.0 unpacked ok\n" },
        { { SS_AMD64("1.10", "1.9", DPKG_TRIGGERS_PENDING), SS_I386("1.9", "1.10", DPKG_HALF_CONFIGURED) },
          "foo 1.9 1.9 half-configured ok\n" },
        { { SS_AMD64(NULL, NULL, DPKG_HALF_INSTALLED), SS_I386("1.0", NULL, DPKG_INSTALLED) },
          "foo 1.0 - half-installed ok\n" },
        { { SS_AMD64("1.0", NULL, DPKG_INSTALLED), { STATUS, "foo", "i386", "1.0", NULL, DPKG_INSTALLED, true, true } },
          "foo 1.0 - installed reinstreq\n" },
        /* A removed instance says nothing about the other. */
        { { SS_AMD64("2.0", NULL, DPKG_INSTALLED), SS_I386("1.0", "1.0", DPKG_CONFIG_FILES) },
          "foo 2.0 - installed ok\n" },
        { { SS_AMD64("1.0", "1.0", DPKG_CONFIG_FILES), SS_I386("2.0", NULL, DPKG_TRIGGERS_AWAITED) },
          "foo 2.0 - triggers-awaited ok\n" },
        { { SS_AMD64(NULL, NULL, DPKG_NOT_INSTALLED), SS_I386("1.0", "1.0", DPKG_CONFIG_FILES) },
          "foo 1.0 1.0 config-files ok\n" },
        { { SS_AMD64("1.0", NULL, DPKG_INSTALLED), SS_I386("1.0", NULL, DPKG_INSTALLED),
            US_AMD64(NULL, NULL, DPKG_NOT_INSTALLED), US_I386("2.0", NULL, DPKG_INSTALLED) },
          "foo 2.0 - installed ok\n" },
        /* Names. */
        { { { STATUS, "foo", "all", "1", NULL, DPKG_INSTALLED, false, false },
            { UPDATE, "bar", "all", "2", NULL, DPKG_INSTALLED, false, false },
            { STATUS, "foo+", "all", "3", NULL, DPKG_INSTALLED, false, false },
            { STATUS, "bar", "all", "4", NULL, DPKG_INSTALLED, false, false },
            { UPDATE, "foo-", "all", "5", NULL, DPKG_INSTALLED, false, false } },
          "bar 2 - installed ok\nfoo 1 - installed ok\nfoo+ 3 - installed ok\nfoo- 5 - installed ok\n" },
};

static char *copy(const char *text)
{
        char *copied = text ? strdup(text) : NULL;

        ck_assert(!text || copied);
        return copied;
}

static void add(struct dpkg_packages *packages, const struct row *row)
{
        struct dpkg_record record = {
                .package = copy(row->name),
                .architecture = copy(row->architecture),
                .version = copy(row->version),
                .config_version = copy(row->config_version),
                .state = row->state,
                .reinstreq = row->reinstreq,
                .multi_arch_same = row->same,
        };

        ck_assert_int_eq(dpkg_packages_add(packages, &record, row->origin == UPDATE), 0);
}

static void print(const struct dpkg_packages *packages, char *text, size_t size)
{
        FILE *file = fmemopen(text, size, "w");

        ck_assert_ptr_nonnull(file);
        for (size_t i = 0; i < packages->n_packages; i++) {
                const struct dpkg_package *package = &packages->packages[i];

                fprintf(file, "%s %s %s %s %s\n", package->name, package->version ?: "-",
                        package->config_version ?: "-", dpkg_state_to_string(package->state),
                        package->reinstreq ? "reinstreq" : "ok");
                ck_assert_ptr_eq(dpkg_packages_find(packages, package->name), package);
        }
        ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_merge)
{
        _cleanup_(dpkg_packages_done) struct dpkg_packages packages = { 0 };
        char text[512] = "";

        for (size_t i = 0; i < ELEMENTSOF(cases[_i].rows) && cases[_i].rows[i].origin != NONE; i++)
                add(&packages, &cases[_i].rows[i]);
        ck_assert_int_eq(dpkg_packages_merge(&packages), 0);

        print(&packages, text, sizeof(text));
        ck_assert_str_eq(text, cases[_i].expected);
        ck_assert_ptr_null(dpkg_packages_find(&packages, "fo"));
        ck_assert_ptr_null(dpkg_packages_find(&packages, ""));
        ck_assert_ptr_null(dpkg_packages_find(&packages, "zoo"));
}
END_TEST

/* The list grows more than once; the records are added from last to first. */
START_TEST(test_many)
{
        _cleanup_(dpkg_packages_done) struct dpkg_packages packages = { 0 };

        for (int i = 999; i >= 0; i--) {
                char name[16], version[16];

                snprintf(name, sizeof(name), "foo%03d", i % 500);
                snprintf(version, sizeof(version), "%d", i);
                add(&packages, &(struct row){ STATUS, name, "all", version, NULL, DPKG_INSTALLED, false, false });
        }
        ck_assert_int_eq(dpkg_packages_merge(&packages), 0);

        ck_assert_uint_eq(packages.n_packages, 500);
        ck_assert_str_eq(packages.packages[499].name, "foo499");
        ck_assert_str_eq(dpkg_packages_find(&packages, "foo007")->version, "7");
}
END_TEST

static Suite *suite(void)
{
        TCase *merge = tcase_create("merge");
        Suite *s = suite_create("dpkg-packages");

        tcase_add_loop_test(merge, test_merge, 0, ELEMENTSOF(cases));
        tcase_add_test(merge, test_many);
        suite_add_tcase(s, merge);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
