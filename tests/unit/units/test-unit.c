/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is told of units by their names, and by the lines that systemd has for them. */

#include "units/unit.h"

#include "../support/suite.h"
#include "basic/macro.h"

static const struct {
        const char *active, *sub, *job;
        bool running, stopping, awaited;
} lines[] = {
        { "active", "running", NULL, true, false, false },
        { "inactive", "dead", NULL, false, false, false },
        { "failed", "failed", NULL, false, false, false },
        { "activating", "start", "start", true, false, false },
        { "deactivating", "stop-sigterm", NULL, true, true, false },
        { "active", "running", "stop", true, true, false },
        { "active", "running", "restart", true, true, false },
        { "active", "running", "try-restart", true, true, false },
        { "inactive", "dead", "start", false, false, true },
        { "failed", "failed", "restart", false, true, true },
        { "inactive", "dead", "stop", false, true, false },
        { "activating", "auto-restart", NULL, false, false, false }, /* has no processes */
        { "activating", "auto-restart", "start", false, false, true },
        { "reloading", "reload", "reload", true, false, false },
};

START_TEST(test_lines)
{
        const char *job = lines[_i].job;
        const struct unit_line line = { .name = "foo@a.service",
                                        .load = "loaded",
                                        .active = lines[_i].active,
                                        .sub = lines[_i].sub,
                                        .job = job ? job : "",
                                        .job_id = job ? 7 : 0 };

        ck_assert_int_eq(unit_line_is_running(&line), lines[_i].running);
        ck_assert_int_eq(unit_line_is_stopping(&line), lines[_i].stopping);
        ck_assert_int_eq(unit_line_is_awaited(&line), lines[_i].awaited);
}
END_TEST

START_TEST(test_what_has_no_processes_does_not_run)
{
        static const char *const names[] = { "foo.socket", "foo@a.path", "foo.timer" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const struct unit_line line = { .name = names[i], .active = "active", .sub = "listening" };

                ck_assert(unit_is_trigger(names[i]));
                ck_assert(!unit_line_is_running(&line));
        }
        ck_assert(!unit_is_trigger("foo.service"));
        ck_assert(!unit_is_trigger("foo.socket.service"));
        ck_assert(!unit_is_trigger("foo"));
}
END_TEST

static const struct {
        const char *unit, *socket; /* NULL: it isn't of a connection */
} connections[] = {
        { "foo@1-2-0.service", "foo.socket" },
        { "foo-bar@17-127.0.0.1:80-127.0.0.1:4000.service", "foo-bar.socket" },
        { "foo.service", NULL },
        { "foo@a.service", NULL },
        { "foo@.service", NULL },
};

START_TEST(test_sockets_of_connections)
{
        _cleanup_free_ char *socket = NULL;
        int r = unit_format_socket(connections[_i].unit, &socket);

        ck_assert_int_eq(r, connections[_i].socket != NULL);
        if (r)
                ck_assert_str_eq(socket, connections[_i].socket);
}
END_TEST

static const struct {
        const char *package, *type, *unit;
} own_units[] = {
        { "foo", "service", "deploy-migrate@foo.service" },
        { "foo-bar2.3", "timer", "deploy-migrate@foo-bar2.3.timer" },
        { "g++x", "service", "deploy-migrate@g\\x2b\\x2bx.service" },
};

START_TEST(test_own_units)
{
        _cleanup_free_ char *unit = NULL;

        ck_assert_int_eq(unit_format_own(own_units[_i].package, own_units[_i].type, &unit), 0);
        ck_assert_str_eq(unit, own_units[_i].unit);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("unit");
        TCase *tests = tcase_create("unit");

        suite_add_tcase(suite, tests);
        tcase_add_loop_test(tests, test_lines, 0, ELEMENTSOF(lines));
        tcase_add_test(tests, test_what_has_no_processes_does_not_run);
        tcase_add_loop_test(tests, test_sockets_of_connections, 0, ELEMENTSOF(connections));
        tcase_add_loop_test(tests, test_own_units, 0, ELEMENTSOF(own_units));
        return suite_run(suite);
}
