/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/events.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "package/upgrade.h"

#define STATUS(state, fields) "Package: foo\nStatus: install ok " state "\nArchitecture: all\n" fields "\n"
#define INSTALLED             STATUS("installed", "Version: 2.0-1\n")
#define UNPACKED              STATUS("unpacked", "Version: 2.0-1\nConfig-Version: 1.5-1\n")
#define OTHER                 "Package: bar\nStatus: install ok installed\nArchitecture: all\nVersion: 9.0\n\n"
#define LOG                   "2026-01-02 03:04:05 upgrade foo:all 1.2-1 2.0-1\n"

#define BASELINE  "'event':'baseline','version':'1.0-1','source':'installed'"
#define COMPLETED "'event':'completed','from':'1.0-1','to':'1.8-1'"
#define ARGUMENT  "'event':'completed','from':'1.0-1','to':'1.8-1','to_source':'argument'"
#define PURGED    "'event':'purged'"

struct expected {
        int code;
        enum dmig_result result;
        const char *from; /* NULL where there is none */
        const char *to;
        const char *source;
        bool purged;
};

#define PENDING       DMIG_RESULT_PENDING
#define DOWNGRADE     DMIG_RESULT_DOWNGRADE
#define NOT_INSTALLED DMIG_RESULT_NOT_INSTALLED

static const struct {
        const char *status; /* NULL: there is no database */
        const char *log;    /* NULL: none */
        const char *history[3];
        const char *from, *to; /* as the caller gave them */
        struct expected expected;
} cases[] = {
        /* The order in which from is looked for. */
        { INSTALLED, LOG, { COMPLETED }, "1.1", NULL, { 0, PENDING, "1.1", "2.0-1", "argument", false } },
        { INSTALLED, LOG, { COMPLETED }, NULL, NULL, { 0, PENDING, "1.8-1", "2.0-1", "history", false } },
        { INSTALLED, LOG, { BASELINE }, NULL, NULL, { 0, PENDING, "1.0-1", "2.0-1", "history", false } },
        { INSTALLED, LOG, { BASELINE, COMPLETED }, NULL, NULL, { 0, PENDING, "1.8-1", "2.0-1", "history", false } },
        { UNPACKED, LOG, { COMPLETED }, NULL, NULL, { 0, PENDING, "1.8-1", "2.0-1", "history", false } },
        { UNPACKED, LOG, { NULL }, NULL, NULL, { 0, PENDING, "1.5-1", "2.0-1", "config-version", false } },
        { INSTALLED, LOG, { NULL }, NULL, NULL, { 0, PENDING, "1.2-1", "2.0-1", "dpkg-log", false } },
        { INSTALLED, NULL, { NULL }, NULL, NULL, { 0, PENDING, "2.0-1", "2.0-1", "installed", false } },
        { INSTALLED,
          "2026-01-02 03:04:05 startup archives unpack\n",
          { NULL },
          NULL,
          NULL,
          { 0, PENDING, "2.0-1", "2.0-1", "installed", false } },
        /* A history that was closed is none. */
        { INSTALLED, NULL, { COMPLETED, PURGED }, NULL, NULL, { 0, PENDING, "2.0-1", "2.0-1", "installed", false } },
        { INSTALLED, LOG, { COMPLETED, PURGED }, NULL, NULL, { 0, PENDING, "1.2-1", "2.0-1", "dpkg-log", false } },
        /* To: the argument comes first, and makes do without a database, or a package in it. */
        { INSTALLED, NULL, { BASELINE }, NULL, "3.0", { 0, PENDING, "1.0-1", "3.0", "history", false } },
        { INSTALLED, NULL, { NULL }, "1.0", "3.0", { 0, PENDING, "1.0", "3.0", "argument", false } },
        { NULL, NULL, { NULL }, "1.0", "3.0", { 0, PENDING, "1.0", "3.0", "argument", false } },
        { NULL, NULL, { NULL }, NULL, "3.0", { 0, PENDING, "3.0", "3.0", "installed", false } },
        { OTHER, NULL, { NULL }, "1.0", "3.0", { 0, PENDING, "1.0", "3.0", "argument", false } },
        { OTHER, NULL, { ARGUMENT }, NULL, "3.0", { 0, PENDING, "1.8-1", "3.0", "history", false } },
        /* As people type them. */
        { INSTALLED, NULL, { NULL }, " v1.0.0-rc.1 ", "v3", { 0, PENDING, "1.0.0~rc.1", "3", "argument", false } },
        { INSTALLED, NULL, { NULL }, "not a version", NULL, { -EINVAL, 0, NULL, NULL, NULL, false } },
        { INSTALLED, NULL, { NULL }, NULL, "1:", { -EINVAL, 0, NULL, NULL, NULL, false } },
        /* Backwards, in the order of dpkg. */
        { INSTALLED, NULL, { NULL }, "2.0-2", NULL, { 0, DOWNGRADE, "2.0-2", "2.0-1", "argument", false } },
        { INSTALLED, NULL, { NULL }, "1:0.1", NULL, { 0, DOWNGRADE, "1:0.1", "2.0-1", "argument", false } },
        { INSTALLED, NULL, { NULL }, "2.0-1~", NULL, { 0, PENDING, "2.0-1~", "2.0-1", "argument", false } },
        { INSTALLED, NULL, { COMPLETED }, NULL, "1.8", { 0, DOWNGRADE, "1.8-1", "1.8", "history", false } },
        { INSTALLED, NULL, { NULL }, "2.0-1", NULL, { 0, PENDING, "2.0-1", "2.0-1", "argument", false } },
        /* Not installed. If the database doesn't have the package at all, dpkg's lists of files tell whether it was purged. */
        { OTHER, NULL, { NULL }, NULL, NULL, { 0, NOT_INSTALLED, NULL, NULL, NULL, false } },
        { OTHER, NULL, { NULL }, "1.0", NULL, { 0, NOT_INSTALLED, NULL, NULL, NULL, false } },
        { OTHER, NULL, { COMPLETED, PURGED }, NULL, NULL, { 0, NOT_INSTALLED, NULL, NULL, NULL, false } },
        { OTHER, NULL, { ARGUMENT }, NULL, NULL, { 0, NOT_INSTALLED, NULL, NULL, NULL, false } },
        { STATUS("not-installed", ""), NULL, { COMPLETED }, NULL, NULL, { 0, NOT_INSTALLED, NULL, NULL, NULL, true } },
        { STATUS("config-files", "Version: 1.0-1\nConfig-Version: 1.0-1\n"),
          NULL,
          { COMPLETED },
          NULL,
          NULL,
          { 0, NOT_INSTALLED, NULL, NULL, NULL, false } },
        { NULL, NULL, { COMPLETED }, NULL, NULL, { -ENOENT, 0, NULL, NULL, NULL, false } },
        /* A version that can't be one. */
        { STATUS("unpacked", "Version: 2.0-1\nConfig-Version: %%\n"),
          LOG,
          { NULL },
          NULL,
          NULL,
          { -EBADMSG, 0, NULL, NULL, NULL, false } },
        { STATUS("unpacked", "Version: 2.0-1\nConfig-Version:\n"),
          LOG,
          { NULL },
          NULL,
          NULL,
          { -EBADMSG, 0, NULL, NULL, NULL, false } },
        /* Every state in which its files are those of one version. */
        { STATUS("half-configured", "Version: 2.0-1\nConfig-Version: 1.5-1\n"),
          NULL,
          { NULL },
          NULL,
          NULL,
          { 0, PENDING, "1.5-1", "2.0-1", "config-version", false } },
        { STATUS("triggers-awaited", "Version: 2.0-1\nConfig-Version: 2.0-1\nTriggers-Awaited: bar\n"),
          NULL,
          { BASELINE },
          NULL,
          NULL,
          { 0, PENDING, "1.0-1", "2.0-1", "history", false } },
        { STATUS("triggers-pending", "Version: 2.0-1\nTriggers-Pending: x\n"),
          NULL,
          { BASELINE },
          NULL,
          NULL,
          { 0, PENDING, "1.0-1", "2.0-1", "history", false } },
        /* And those in which they may be a mix. */
        { STATUS("half-installed", "Version: 2.0-1\nConfig-Version: 1.0-1\n"),
          NULL,
          { NULL },
          NULL,
          NULL,
          { -EUCLEAN, 0, NULL, NULL, NULL, false } },
        { "Package: foo\nStatus: install reinstreq unpacked\nArchitecture: all\nVersion: 2.0-1\n\n",
          NULL,
          { NULL },
          NULL,
          NULL,
          { -EUCLEAN, 0, NULL, NULL, NULL, false } },
};

static struct dmig *new_context(const struct root *root)
{
        struct dmig *ctx = NULL;

        ck_assert_int_eq(dmig_new(&ctx), 0);
        ck_assert_int_eq(dmig_set_root(ctx, root->path), 0);
        return ctx;
}

static void expect_upgrade(const struct upgrade *upgrade, const struct expected *expected)
{
        ck_assert_int_eq(upgrade->result, expected->result);
        ck_assert_pstr_eq(upgrade->from, expected->from);
        ck_assert_pstr_eq(upgrade->to, expected->to);
        ck_assert_pstr_eq(upgrade->from_source, expected->source);
        ck_assert_int_eq(upgrade->purged, expected->purged);
}

START_TEST(test_resolve)
{
        const struct expected *expected = &cases[_i].expected;
        _cleanup_(history_state_done) struct history_state state = { 0 };
        _cleanup_(upgrade_done) struct upgrade upgrade = { .result = DMIG_RESULT_ERROR };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct dmig *ctx = new_context(&root);
        const struct upgrade_request request = {
                .ctx = ctx, .package = "foo", .from = cases[_i].from, .to = cases[_i].to
        };
        int r;

        if (cases[_i].status)
                tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, cases[_i].status });
        if (cases[_i].log)
                tree_add(&root, &(struct tree_entry){ "/var/log/dpkg.log", 0644, cases[_i].log });
        events_feed_all(&state, cases[_i].history);

        r = upgrade_resolve(&request, &state, &upgrade, &error);
        ck_assert_msg(r == expected->code, "%d: %s", r, error_text(&error));
        if (r < 0) {
                ck_assert_ptr_nonnull(error.message);
                ck_assert_int_eq(upgrade.result, DMIG_RESULT_ERROR); /* written only on success */
        } else {
                expect_upgrade(&upgrade, expected);
        }
        dmig_unref(ctx);
}
END_TEST

/* The same version as in the whole, without looking at anything else. */
START_TEST(test_resolve_to)
{
        const struct expected *expected = &cases[_i].expected;
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct dmig *ctx = new_context(&root);
        const struct upgrade_request request = {
                .ctx = ctx, .package = "foo", .from = cases[_i].from, .to = cases[_i].to
        };
        _cleanup_free_ char *to = NULL;
        int r;

        if (cases[_i].status)
                tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, cases[_i].status });
        r = upgrade_resolve_to(&request, &to, &error);
        if (expected->code < 0 && !cases[_i].from)
                ck_assert_int_eq(r, expected->code);
        else if (expected->code == 0)
                ck_assert_int_eq(r, expected->to != NULL);
        if (expected->code == 0)
                ck_assert_pstr_eq(to, expected->to);
        dmig_unref(ctx);
}
END_TEST

/* Evidence that can't be read isn't absent. */
START_TEST(test_unreadable_log)
{
        const struct history_state state = { 0 };
        _cleanup_(upgrade_done) struct upgrade upgrade = { 0 };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct dmig *ctx = new_context(&root);
        struct upgrade_request request = { .ctx = ctx, .package = "foo" };

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, INSTALLED });
        tree_add(&root, &(struct tree_entry){ "/var/log/dpkg.log.2.gz", 0644, "\x1f\x8b\x08 damaged" });
        ck_assert_int_eq(upgrade_resolve(&request, &state, &upgrade, &error), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, "/var/log/dpkg.log.2.gz")));
        ck_assert_ptr_nonnull(strstr(error_text(&error), "'deploy-migrate baseline foo VERSION'"));

        request.from = "1.0"; /* one of the ways out */
        ck_assert_int_eq(upgrade_resolve(&request, &state, &upgrade, &error), 0);
        dmig_unref(ctx);
}
END_TEST

/* The versions that are given need no database. */
START_TEST(test_unreadable_database)
{
        const struct history_state state = { 0 };
        _cleanup_(upgrade_done) struct upgrade upgrade = { 0 };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct dmig *ctx = new_context(&root);
        struct upgrade_request request = { .ctx = ctx, .package = "foo", .to = "2.0" };

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(upgrade_resolve(&request, &state, &upgrade, &error), -EISDIR);
        ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, "/var/lib/dpkg/status")));
        request.from = "1.0";
        ck_assert_int_eq(upgrade_resolve(&request, &state, &upgrade, &error), 0);
        dmig_unref(ctx);
}
END_TEST

/* Whether a package that the database doesn't have was purged. */
static const struct {
        const char *package; /* of its stanza; NULL: it has none */
        const char *history;
        const char *files[2];
        int code;
        bool purged;
} absences[] = {
        { NULL, COMPLETED, { NULL }, -EUCLEAN, false },
        { "", COMPLETED, { NULL }, -EUCLEAN, false },
        { "Package: foo\n", COMPLETED, { NULL }, -EUCLEAN, false },
        { NULL, COMPLETED, { "/var/lib/dpkg/info/bar.list" }, 0, true },
        { NULL, BASELINE, { "/var/lib/dpkg/info/bar.list", "/usr/lib/deploy-migrate/foo/README" }, 0, true },
        { NULL, COMPLETED, { "/var/lib/dpkg/info/foo.list", "/var/lib/dpkg/info/bar.list" }, -EUCLEAN, false },
        { NULL, COMPLETED, { "/var/lib/dpkg/info/foo:amd64.list" }, -EUCLEAN, false },
        { NULL, COMPLETED, { "/var/lib/dpkg/info/bar.md5sums" }, -EUCLEAN, false },
        { NULL,
          COMPLETED,
          { "/var/lib/dpkg/info/bar.list", "/usr/lib/deploy-migrate/foo/v1.0.0/001_x" },
          -EUCLEAN,
          false },
        { NULL, NULL, { "/usr/lib/deploy-migrate/foo/v1.0.0/001_x" }, -EUCLEAN, false },
        { NULL, NULL, { "/usr/lib/deploy-migrate/foo/README" }, 0, false },
        { NULL, COMPLETED, { "/usr/lib/deploy-migrate/foo/v1.0.0/nonsense" }, -EBADMSG, false },
        { STATUS("not-installed", ""), COMPLETED, { NULL }, 0, true },
        { STATUS("not-installed", ""), COMPLETED, { "/usr/lib/deploy-migrate/foo/v1.0.0/001_x" }, 0, false },
        { STATUS("not-installed", ""), NULL, { NULL }, 0, false },
};

START_TEST(test_absence)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };
        _cleanup_(upgrade_done) struct upgrade upgrade = { 0 };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct dmig *ctx = new_context(&root);
        const struct upgrade_request request = { .ctx = ctx, .package = "foo" };
        const char *const history[] = { absences[_i].history, NULL };
        int r;

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, absences[_i].package ?: OTHER });
        for (size_t i = 0; i < ELEMENTSOF(absences[_i].files) && absences[_i].files[i]; i++)
                tree_add(&root, &(struct tree_entry){ absences[_i].files[i], 0755, NULL });
        events_feed_all(&state, history);

        r = upgrade_resolve(&request, &state, &upgrade, &error);
        ck_assert_msg(r == absences[_i].code, "%d: %s", r, error_text(&error));
        if (r == 0)
                ck_assert_int_eq(upgrade.result, NOT_INSTALLED);
        ck_assert_int_eq(upgrade.purged, absences[_i].purged);
        dmig_unref(ctx);
}
END_TEST

static const struct {
        const char *status;
        const char *words; /* in the message */
} repairs[] = {
        { STATUS("half-installed", "Version: 2.0-1\n"), "foo is half-installed: " },
        { "Package: foo\nStatus: install reinstreq half-configured\nArchitecture: all\nVersion: 2.0-1\n\n",
          "foo is reinst-required half-configured: " },
};

START_TEST(test_mixed_files_are_explained)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct dmig *ctx = new_context(&root);
        const struct upgrade_request request = { .ctx = ctx, .package = "foo" };
        char *to = NULL;

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, repairs[_i].status });
        ck_assert_int_eq(upgrade_resolve_to(&request, &to, &error), -EUCLEAN);
        ck_assert_ptr_null(to);
        ck_assert_ptr_nonnull(str_startswith(error_text(&error), repairs[_i].words));
        ck_assert_ptr_nonnull(strstr(error_text(&error), "apt install --reinstall foo"));
        dmig_unref(ctx);
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("upgrade");
        Suite *s = suite_create("upgrade");

        tcase_set_timeout(tc, 60);
        tcase_add_unchecked_fixture(tc, trees_setup, trees_teardown);
        tcase_add_loop_test(tc, test_resolve, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(tc, test_resolve_to, 0, ELEMENTSOF(cases));
        tcase_add_test(tc, test_unreadable_log);
        tcase_add_test(tc, test_unreadable_database);
        tcase_add_loop_test(tc, test_absence, 0, ELEMENTSOF(absences));
        tcase_add_loop_test(tc, test_mixed_files_are_explained, 0, ELEMENTSOF(repairs));
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
