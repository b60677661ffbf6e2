/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "redo/redo-units.h"

static const struct {
        const char *area, *path, *from;
        enum change_kind kind;
        bool expected;
} changes[] = {
        { "/etc", "systemd/system/foo.service", NULL, CHANGE_CREATE, true },
        { "/etc", "systemd/system/foo.service.d/x.conf", NULL, CHANGE_REPLACE, true },
        { "/etc/systemd", "system/multi-user.target.wants/foo.service", NULL, CHANGE_REMOVE, true },
        { "/etc/systemd/system", "foo.service", NULL, CHANGE_METADATA, true },
        { "/etc/systemd/system/foo.service.d", "x.conf", NULL, CHANGE_CREATE, true },
        { "/usr", "lib/systemd/system/foo.timer", NULL, CHANGE_CREATE, true },
        { "/usr/local", "lib/systemd/system/foo.timer", NULL, CHANGE_CREATE, true },
        { "/lib", "systemd/system/foo.timer", NULL, CHANGE_CREATE, true },
        { "/run", "systemd/system/foo.socket", NULL, CHANGE_CREATE, true },
        { "/", "etc/systemd/system/foo.service", NULL, CHANGE_CREATE, true },
        { "/etc", "foo.old", "systemd/system/foo.service", CHANGE_MOVE, true },
        { "/etc", "old", "systemd", CHANGE_MOVE, true },
        { "/etc", "systemd", NULL, CHANGE_REMOVE, true },
        { "/etc", "systemd/system.conf", NULL, CHANGE_REPLACE, false },
        { "/etc", "systemd/user/foo.service", NULL, CHANGE_CREATE, false },
        { "/etc", "systemd/systemd/system", NULL, CHANGE_CREATE, false },
        { "/etc", "foo/systemd/system/foo.service", NULL, CHANGE_CREATE, false },
        { "/etc", "systemd/system", NULL, CHANGE_ENTRIES, false },
        { "/var", "etc/systemd/system/foo.service", NULL, CHANGE_CREATE, false },
        { "/usr", "lib/systemd/user/foo.service", NULL, CHANGE_CREATE, false },
};

START_TEST(test_change)
{
        struct redo_area areas[] = { { .path = (char *)"/srv" }, { .path = (char *)(uintptr_t)changes[_i].area } };
        struct change list[] = {
                { .kind = CHANGE_CREATE, .area = 0, .path = (char *)"etc/systemd/system/x" },
                { .kind = changes[_i].kind,
                  .area = 1,
                  .path = (char *)(uintptr_t)changes[_i].path,
                  .from = (char *)(uintptr_t)changes[_i].from },
        };
        const struct redo redo = {
                .areas = areas,
                .n_areas = ELEMENTSOF(areas),
                .changes = { .changes = list, .n = ELEMENTSOF(list) },
        };

        ck_assert_int_eq(redo_changes_units(&redo), changes[_i].expected);
}
END_TEST

static Suite *redo_units_suite(void)
{
        Suite *suite = suite_create("redo-units");
        TCase *tcase = tcase_create("redo-units");

        tcase_add_loop_test(tcase, test_change, 0, ELEMENTSOF(changes));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(redo_units_suite());
}
