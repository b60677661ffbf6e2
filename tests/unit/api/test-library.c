/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The public interface, as one program uses it that embeds the library. */

#include "../support/embedding.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <errno.h>
#include <stdio.h>

#define TIMEOUT_SEC 180

#define FIRST  "1.1.0/001_first"
#define SECOND "2.0.0/001_second"

/* "foo" was upgraded from 1.0-1 to 2.0-1, and two migrations lie between. */
static void init_upgraded(struct embedder *ret)
{
        embedder_init(ret);
        embedder_install(ret, "foo", "2.0-1");
        embedder_add(ret, "foo", FIRST, "echo works");
        embedder_add(ret, "foo", SECOND, "");
        ck_assert_int_eq(dmig_baseline(ret->ctx, "foo", "1.0-1", 0), 0);
        embedder_expect(ret, "baseline\n");
}

static char *list_tree(const struct embedder *embedder)
{
        return shell_output("cd %s && find . -printf '%%p %%y %%m %%s %%T@\\n' | sort", embedder->root.path);
}

/* ---- Running --------------------------------------------------------------------------------- */

static void expect_step(const struct dmig_report *report, size_t i, const char *id, enum dmig_state state)
{
        const struct dmig_step *step = dmig_report_get_step(report, i);

        ck_assert_ptr_nonnull(step);
        ck_assert_str_eq(dmig_step_get_id(step), id);
        ck_assert_int_eq(dmig_step_get_state(step), state);
        ck_assert_ptr_null(dmig_step_get_description(step));
        ck_assert_ptr_null(dmig_step_get_error(step));
        ck_assert(!dmig_step_is_modified(step));
        if (state == DMIG_STATE_APPLIED)
                ck_assert_int_ge(dmig_step_get_duration_ms(step), 0);
        else
                ck_assert_int_eq(dmig_step_get_duration_ms(step), -1);
}

static void expect_report(struct dmig_report *report, enum dmig_result result, enum dmig_state state)
{
        ck_assert_str_eq(dmig_report_get_package(report), "foo");
        ck_assert_str_eq(dmig_report_get_from(report), "1.0-1");
        ck_assert_str_eq(dmig_report_get_to(report), "2.0-1");
        ck_assert_str_eq(dmig_report_get_from_source(report), "history");
        ck_assert_int_eq(dmig_report_get_result(report), result);
        ck_assert_int_eq(dmig_report_get_errno(report), 0);
        ck_assert_ptr_null(dmig_report_get_error(report));
        ck_assert_uint_eq(dmig_report_count(report), 2);
        expect_step(report, 0, FIRST, state);
        expect_step(report, 1, SECOND, state);
        ck_assert_ptr_null(dmig_report_get_step(report, 2));
        dmig_report_unref(report);
}

START_TEST(test_run)
{
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_report *report = NULL;

        init_upgraded(&e);
        ck_assert_int_eq(dmig_run(e.ctx, "foo", NULL, NULL, 0, &report), 0);
        expect_report(report, DMIG_RESULT_COMPLETED, DMIG_STATE_APPLIED);
        embedder_expect(&e, "upgrade\n"
                            "started " FIRST "\nphase " FIRST "\nphase " FIRST "\n# " FIRST " works\nphase " FIRST
                            "\ncommitting " FIRST "\napplied " FIRST "\n"
                            "started " SECOND "\nphase " SECOND "\nphase " SECOND "\nphase " SECOND
                            "\ncommitting " SECOND "\napplied " SECOND "\ncompleted\n");
        embedder_run(&e, "foo", DMIG_RESULT_NOTHING_TO_DO, 0);
        embedder_expect(&e, "");
        ck_assert_int_eq(access(tree_path(&e.root, "/etc/foo/001_second"), F_OK), 0);
}
END_TEST

/* Executes nothing, writes nothing, locks nothing; before and after. */
START_TEST(test_plan_and_status)
{
        _cleanup_(embedder_done) struct embedder e;
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct dmig_report *report = NULL;

        init_upgraded(&e);
        before = list_tree(&e);
        ck_assert_int_eq(dmig_plan(e.ctx, "foo", NULL, NULL, 0, &report), 0);
        expect_report(report, DMIG_RESULT_PENDING, DMIG_STATE_PENDING);
        ck_assert_int_eq(dmig_status(e.ctx, "foo", 0, &report), 0);
        expect_report(report, DMIG_RESULT_PENDING, DMIG_STATE_PENDING);
        after = list_tree(&e);
        ck_assert_str_eq(after, before);
        embedder_expect(&e, "");

        embedder_run(&e, "foo", DMIG_RESULT_COMPLETED, 0);
        ck_assert_int_eq(dmig_status(e.ctx, "foo", 0, &report), 0);
        ck_assert_int_eq(dmig_report_get_result(report), DMIG_RESULT_NOTHING_TO_DO);
        ck_assert_str_eq(dmig_report_get_from(report), "2.0-1");
        expect_step(report, 0, FIRST, DMIG_STATE_APPLIED);
        expect_step(report, 1, SECOND, DMIG_STATE_APPLIED);
        dmig_report_unref(report);
}
END_TEST

START_TEST(test_status_sees_changed_files)
{
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_report *report = NULL;

        init_upgraded(&e);
        embedder_run(&e, "foo", DMIG_RESULT_COMPLETED, 0);
        embedder_add(&e, "foo", SECOND, "echo changed");
        ck_assert_int_eq(dmig_status(e.ctx, "foo", 0, &report), 0);
        ck_assert(!dmig_step_is_modified(dmig_report_get_step(report, 0)));
        ck_assert(dmig_step_is_modified(dmig_report_get_step(report, 1)));
        dmig_report_unref(report);
        embedder_run(&e, "foo", DMIG_RESULT_NOTHING_TO_DO, 0);
}
END_TEST

/* ---- History --------------------------------------------------------------------------------- */

static bool is_recorded(const struct dmig_event *event)
{
        static const char *const others[] = { "upgrade", "phase", "progress" };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (streq(dmig_event_get_name(event), others[i]))
                        return false;
        return true;
}

/* What the caller hears is on disk by then, in the same order; the next one may be, too. */
static void compare_with_history(struct dmig *ctx, const struct dmig_event *event, void *userdata)
{
        struct dmig_history *history = NULL;
        size_t *n = userdata;
        const char *heard = dmig_event_get_json(event), *written;

        if (!is_recorded(event))
                return;
        ck_assert_int_eq(dmig_history_load(ctx, dmig_event_get_package(event), 0, &history), 0);
        ck_assert_uint_ge(dmig_history_count(history), ++*n);
        ck_assert_uint_le(dmig_history_count(history), *n + 1);
        written = dmig_event_get_json(dmig_history_get(history, *n - 1));
        /* The line has a checksum behind it. */
        ck_assert_msg(strncmp(written, heard, strlen(heard) - 1) == 0, "%s isn't %s", written, heard);
        dmig_history_free(history);
}

START_TEST(test_events_are_durable)
{
        _cleanup_(embedder_done) struct embedder e;
        size_t n = 1;

        init_upgraded(&e);
        embedder_add(&e, "foo", "1.2.0/001_satisfied", "");
        tree_add(&e.root, &(struct tree_entry){ "/etc/foo/001_satisfied", 0644, "" });
        dmig_set_event_fn(e.ctx, compare_with_history, &n);
        embedder_run(&e, "foo", DMIG_RESULT_COMPLETED, 0);
        ck_assert_uint_eq(n, 1 + 2 * 3 + 2 + 1);
}
END_TEST

START_TEST(test_event_fields)
{
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_history *history = NULL;
        const struct dmig_event *applied;
        int64_t number = -1;

        init_upgraded(&e);
        embedder_run(&e, "foo", DMIG_RESULT_COMPLETED, 0);
        ck_assert_int_eq(dmig_history_load(e.ctx, "foo", 0, &history), 0);
        applied = dmig_history_get(history, 3);
        ck_assert_str_eq(dmig_event_get_name(applied), "applied");
        ck_assert_str_eq(dmig_event_get_package(applied), "foo");
        ck_assert_uint_eq(strlen(dmig_event_get_string(applied, "sha256")), 64);
        ck_assert_int_eq(dmig_event_get_int(applied, "duration_ms", &number), 0);
        ck_assert_int_ge(number, 0);
        ck_assert_int_eq(dmig_event_get_int(applied, "id", &number), -ENODATA);
        ck_assert_ptr_null(dmig_event_get_string(applied, "duration_ms"));
        ck_assert_ptr_null(dmig_event_get_string(applied, "none"));
        /* One run has one id. */
        ck_assert_str_eq(dmig_event_get_string(applied, "run"),
                         dmig_event_get_string(dmig_history_get(history, 1), "run"));
        dmig_history_free(history);
}
END_TEST

/* ---- Failures -------------------------------------------------------------------------------- */

static void expect_failure(struct embedder *e, enum dmig_state state)
{
        struct dmig_report *report = NULL;
        const struct dmig_step *step;

        ck_assert_int_eq(dmig_run(e->ctx, "foo", NULL, NULL, 0, &report), 0);
        ck_assert_int_eq(dmig_report_get_result(report), DMIG_RESULT_FAILED);
        ck_assert_int_eq(dmig_report_get_errno(report), 0);
        ck_assert_ptr_nonnull(strstr(dmig_report_get_error(report), FIRST));
        step = dmig_report_get_step(report, 0);
        ck_assert_int_eq(dmig_step_get_state(step), state);
        ck_assert_str_eq(dmig_step_get_error(step), "migrate exited with status 3: no such key | sorry");
        ck_assert_int_eq(dmig_step_get_state(dmig_report_get_step(report, 1)), DMIG_STATE_PENDING);
        dmig_report_unref(report);
}

START_TEST(test_give_up_and_retry)
{
        _cleanup_(embedder_done) struct embedder e;

        init_upgraded(&e);
        embedder_add(&e, "foo", FIRST, "echo no such key >&2; echo sorry; exit 3");
        expect_failure(&e, DMIG_STATE_FAILED);
        expect_failure(&e, DMIG_STATE_FAILED);
        expect_failure(&e, DMIG_STATE_GAVE_UP);
        embedder_expect(&e, "upgrade\nstarted " FIRST "\nphase " FIRST "\nphase " FIRST "\n# " FIRST
                            " no such key\n# " FIRST " sorry\nfailed " FIRST "\n"
                            "upgrade\nstarted " FIRST "\nphase " FIRST "\nphase " FIRST "\n# " FIRST
                            " no such key\n# " FIRST " sorry\nfailed " FIRST "\n"
                            "upgrade\nstarted " FIRST "\nphase " FIRST "\nphase " FIRST "\n# " FIRST
                            " no such key\n# " FIRST " sorry\nfailed " FIRST "\ngave-up " FIRST "\n");
        expect_failure(&e, DMIG_STATE_GAVE_UP);
        embedder_expect(&e, "upgrade\n");

        ck_assert_int_eq(dmig_retry(e.ctx, "foo", 0), 0);
        expect_failure(&e, DMIG_STATE_FAILED);
        ck_assert_int_eq(dmig_mark(e.ctx, "foo", FIRST, DMIG_STATE_SKIPPED, "by hand", 0), 0);
        embedder_run(&e, "foo", DMIG_RESULT_COMPLETED, 0);
        ck_assert_int_eq(access(tree_path(&e.root, "/etc/foo/001_first"), F_OK), -1);
        ck_assert_int_eq(access(tree_path(&e.root, "/etc/foo/001_second"), F_OK), 0);
}
END_TEST

static void ignore_finding(struct dmig *ctx, int priority, const char *path, const char *text, void *userdata)
{
        (void)ctx;
        (void)priority;
        (void)path;
        (void)text;
        (void)userdata;
}

/* What a caller gets wrong is told in one line, and changes nothing. */
START_TEST(test_wrong_arguments)
{
        _cleanup_(embedder_done) struct embedder e;
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct dmig_report *report = NULL;
        struct dmig_history *history = NULL;

        init_upgraded(&e);
        before = list_tree(&e);
        ck_assert_int_eq(dmig_run(e.ctx, "../foo", NULL, NULL, 0, &report), -EINVAL);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "../foo"));
        ck_assert_int_eq(dmig_run(e.ctx, "foo", "no version", NULL, 0, &report), -EINVAL);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "no version"));
        ck_assert_int_eq(dmig_plan(e.ctx, "foo", NULL, "", 0, &report), -EINVAL);
        ck_assert_int_eq(dmig_status(e.ctx, "", 0, &report), -EINVAL);
        ck_assert_ptr_null(report);
        ck_assert_int_eq(dmig_history_load(e.ctx, "bar", 0, &history), -ENOENT);
        ck_assert_ptr_null(history);
        ck_assert_int_eq(dmig_retry(e.ctx, "bar", 0), -ENOENT);
        ck_assert_int_eq(dmig_mark(e.ctx, "foo", "9.9.9/001_none", DMIG_STATE_APPLIED, "x", 0), -EINVAL);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "9.9.9/001_none"));
        ck_assert_int_eq(dmig_mark(e.ctx, "foo", FIRST, DMIG_STATE_FAILED, "x", 0), -EINVAL);
        ck_assert_int_eq(dmig_baseline(e.ctx, "foo", "no version", 0), -EINVAL);
        ck_assert_int_eq(dmig_set_root(e.ctx, tree_path(&e.root, "/none")), -ENOENT);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "/none"));

        shell("rm -rf %s/run", e.root.path); /* locks may have been taken */
        after = list_tree(&e);
        ck_assert_str_eq(strstr(after, "./usr"), strstr(before, "./usr"));
        embedder_run(&e, "foo", DMIG_RESULT_COMPLETED, 0);
}
END_TEST

/* What a function doesn't know isn't left out in silence: a later version may know it. */
START_TEST(test_unknown_flags)
{
        const unsigned unknown = 1U << 30;
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_report *report = NULL;
        struct dmig_history *history = NULL;

        init_upgraded(&e);
        ck_assert_int_eq(dmig_run(e.ctx, "foo", NULL, NULL, DMIG_FORCE | unknown, &report), -EINVAL);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "flags 0x40000000"));
        ck_assert_int_eq(dmig_run(e.ctx, "foo", NULL, NULL, DMIG_DRY_RUN, &report), -EINVAL);
        ck_assert_int_eq(dmig_run(e.ctx, "foo", NULL, NULL, DMIG_REACH_OUT, &report), -EINVAL);
        ck_assert_int_eq(dmig_plan(e.ctx, "foo", NULL, NULL, unknown, &report), -EINVAL);
        ck_assert_int_eq(dmig_preview(e.ctx, "foo", NULL, NULL, unknown, &report), -EINVAL);
        ck_assert_int_eq(dmig_status(e.ctx, "foo", unknown, &report), -EINVAL);
        ck_assert_int_eq(dmig_undo(e.ctx, "foo", DMIG_DRY_RUN | DMIG_STARTING, &report), -EINVAL);
        ck_assert_int_eq(dmig_history_load(e.ctx, "foo", unknown, &history), -EINVAL);
        ck_assert_int_eq(dmig_retry(e.ctx, "foo", unknown), -EINVAL);
        ck_assert_int_eq(dmig_mark(e.ctx, "foo", FIRST, DMIG_STATE_APPLIED, "x", unknown), -EINVAL);
        ck_assert_int_eq(dmig_baseline(e.ctx, "foo", "1.0", unknown), -EINVAL);
        ck_assert_int_eq(dmig_forget(e.ctx, "foo", unknown, NULL), -EINVAL);
        ck_assert_int_eq(dmig_lint(e.ctx, "/usr", NULL, unknown, ignore_finding, NULL), -EINVAL);
        ck_assert_ptr_null(report);
        ck_assert_ptr_null(history);
        embedder_expect(&e, "");
}
END_TEST

/* NULL in place of a context or of an argument that is required. */
START_TEST(test_null_arguments)
{
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_report *report = NULL;
        struct dmig_history *history = NULL;
        char **names = NULL;

        init_upgraded(&e);
        ck_assert_int_eq(dmig_new(NULL), -EINVAL);
        ck_assert_int_eq(dmig_set_root(NULL, "/"), -EINVAL);
        ck_assert_int_eq(dmig_set_root(e.ctx, NULL), -EINVAL);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "'path'"));
        ck_assert_int_eq(dmig_set_admindir(NULL, "/"), -EINVAL);
        ck_assert_int_eq(dmig_set_admindir(e.ctx, NULL), -EINVAL);
        ck_assert_int_eq(dmig_set_libexecdir(NULL, "/"), -EINVAL);
        ck_assert_int_eq(dmig_set_libexecdir(e.ctx, NULL), -EINVAL);
        ck_assert_int_eq(dmig_set_datadir(NULL, "/"), -EINVAL);
        ck_assert_int_eq(dmig_set_datadir(e.ctx, NULL), -EINVAL);
        ck_assert_int_eq(dmig_is_stale(NULL), -EINVAL);
        ck_assert_int_eq(dmig_list_packages(NULL, &names), -EINVAL);
        ck_assert_int_eq(dmig_list_packages(e.ctx, NULL), -EINVAL);
        ck_assert_int_eq(dmig_run(NULL, "foo", NULL, NULL, 0, &report), -EINVAL);
        ck_assert_int_eq(dmig_run(e.ctx, NULL, NULL, NULL, 0, &report), -EINVAL);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(e.ctx), "'package'"));
        ck_assert_int_eq(dmig_run(e.ctx, "foo", NULL, NULL, 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_plan(NULL, "foo", NULL, NULL, 0, &report), -EINVAL);
        ck_assert_int_eq(dmig_plan(e.ctx, "foo", NULL, NULL, 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_preview(NULL, "foo", NULL, NULL, 0, &report), -EINVAL);
        ck_assert_int_eq(dmig_preview(e.ctx, "foo", NULL, NULL, 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_status(NULL, "foo", 0, &report), -EINVAL);
        ck_assert_int_eq(dmig_status(e.ctx, "foo", 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_undo(NULL, "foo", 0, &report), -EINVAL);
        ck_assert_int_eq(dmig_undo(e.ctx, "foo", 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_history_load(NULL, "foo", 0, &history), -EINVAL);
        ck_assert_int_eq(dmig_history_load(e.ctx, "foo", 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_retry(NULL, "foo", 0), -EINVAL);
        ck_assert_int_eq(dmig_mark(NULL, "foo", FIRST, DMIG_STATE_APPLIED, "x", 0), -EINVAL);
        ck_assert_int_eq(dmig_mark(e.ctx, "foo", NULL, DMIG_STATE_APPLIED, "x", 0), -EINVAL);
        ck_assert_int_eq(dmig_mark(e.ctx, "foo", FIRST, DMIG_STATE_APPLIED, NULL, 0), -EINVAL);
        ck_assert_int_eq(dmig_baseline(NULL, "foo", "1.0", 0), -EINVAL);
        ck_assert_int_eq(dmig_baseline(e.ctx, "foo", NULL, 0), -EINVAL);
        ck_assert_int_eq(dmig_forget(NULL, "foo", 0, NULL), -EINVAL);
        ck_assert_int_eq(dmig_lint(NULL, "/usr", NULL, 0, ignore_finding, NULL), -EINVAL);
        ck_assert_int_eq(dmig_lint(e.ctx, NULL, NULL, 0, ignore_finding, NULL), -EINVAL);
        ck_assert_int_eq(dmig_lint(e.ctx, "/usr", NULL, 0, NULL, NULL), -EINVAL);
        ck_assert_ptr_null(report);
        embedder_expect(&e, "");
}
END_TEST

/* ---- Packages -------------------------------------------------------------------------------- */

START_TEST(test_list)
{
        _cleanup_(embedder_done) struct embedder e;
        char warning[256], **names = NULL;

        embedder_init(&e);
        ck_assert_int_eq(dmig_list_packages(e.ctx, &names), 0);
        ck_assert_ptr_null(names[0]);
        dmig_names_free(names);

        embedder_add(&e, "foo", FIRST, "");
        embedder_add(&e, "bar", FIRST, "");
        embedder_add(&e, "libc++2.0", FIRST, "");
        embedder_add(&e, "no package", FIRST, "");
        tree_add(&e.root, &(struct tree_entry){ "/usr/lib/deploy-migrate/README", 0644, "" });
        tree_add(&e.root, &(struct tree_entry){ "/usr/lib/deploy-migrate/.hidden", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(dmig_baseline(e.ctx, "foo", "1.0", 0), 0);
        ck_assert_int_eq(dmig_baseline(e.ctx, "gone", "1.0", 0), 0);

        ck_assert_int_eq(dmig_list_packages(e.ctx, &names), 4);
        ck_assert_str_eq(names[0], "bar");
        ck_assert_str_eq(names[1], "foo");
        ck_assert_str_eq(names[2], "gone");
        ck_assert_str_eq(names[3], "libc++2.0");
        ck_assert_ptr_null(names[4]);
        dmig_names_free(names);
        snprintf(warning, sizeof(warning), "baseline\nbaseline\n#  %s is ignored: not a package name\n",
                 tree_path(&e.root, "/usr/lib/deploy-migrate/no package"));
        embedder_expect(&e, warning);
}
END_TEST

/* ---- Objects --------------------------------------------------------------------------------- */

START_TEST(test_lifetimes)
{
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_report *report = NULL;
        const struct dmig_step *step;

        ck_assert_ptr_null(dmig_ref(NULL));
        ck_assert_ptr_null(dmig_report_ref(NULL));
        ck_assert_ptr_null(dmig_unref(NULL));
        ck_assert_ptr_null(dmig_report_unref(NULL));
        ck_assert_ptr_null(dmig_history_free(NULL));
        ck_assert_ptr_null(dmig_names_free(NULL));
        ck_assert_ptr_null(dmig_semver_free(NULL));

        init_upgraded(&e);
        ck_assert_ptr_eq(dmig_ref(e.ctx), e.ctx);
        ck_assert_ptr_null(dmig_unref(e.ctx));
        ck_assert_int_eq(dmig_run(e.ctx, "foo", NULL, NULL, 0, &report), 0);
        e.ctx = dmig_unref(e.ctx);

        /* A report outlives its context. */
        ck_assert_ptr_eq(dmig_report_ref(report), report);
        ck_assert_ptr_null(dmig_report_unref(report));
        step = dmig_report_get_step(report, 1);
        ck_assert_str_eq(dmig_step_get_id(step), SECOND);
        dmig_report_unref(report);
}
END_TEST

/* What is asked of no object isn't known. */
START_TEST(test_null_objects)
{
        const struct dmig_files *files = NULL;
        int64_t number = 0;

        ck_assert_uint_eq(dmig_report_count(NULL), 0);
        ck_assert_uint_eq(dmig_report_count_units(NULL), 0);
        ck_assert_uint_eq(dmig_report_count_undoable(NULL), 0);
        ck_assert_uint_eq(dmig_report_get_undo_bytes(NULL), 0);
        ck_assert_ptr_null(dmig_report_get_step(NULL, 0));
        ck_assert_ptr_null(dmig_report_get_unit(NULL, 0));
        ck_assert_ptr_null(dmig_report_get_package(NULL));
        ck_assert_ptr_null(dmig_report_get_from(NULL));
        ck_assert_ptr_null(dmig_report_get_to(NULL));
        ck_assert_ptr_null(dmig_report_get_from_source(NULL));
        ck_assert_ptr_null(dmig_report_get_error(NULL));
        ck_assert_int_eq(dmig_report_get_result(NULL), DMIG_RESULT_ERROR);
        ck_assert_int_eq(dmig_report_get_errno(NULL), -EINVAL);
        ck_assert_ptr_null(dmig_step_get_id(NULL));
        ck_assert_ptr_null(dmig_step_get_description(NULL));
        ck_assert_ptr_null(dmig_step_get_error(NULL));
        ck_assert_ptr_null(dmig_step_get_files(NULL));
        ck_assert_int_eq(dmig_step_get_state(NULL), DMIG_STATE_MISSING);
        ck_assert_int_eq(dmig_step_get_duration_ms(NULL), -1);
        ck_assert_int_eq(dmig_step_get_changes(NULL), -1);
        ck_assert(!dmig_step_is_modified(NULL));
        ck_assert(!dmig_step_is_direct(NULL));
        ck_assert(!dmig_step_reaches_out(NULL));
        ck_assert_uint_eq(dmig_files_count(NULL), 0);
        ck_assert_ptr_null(dmig_files_get(NULL, 0));
        ck_assert_ptr_null(dmig_file_get_kind(NULL));
        ck_assert_ptr_null(dmig_file_get_path(NULL));
        ck_assert_ptr_null(dmig_file_get_from(NULL));
        ck_assert_ptr_null(dmig_file_get_diff(NULL));
        ck_assert_uint_eq(dmig_file_get_mode_before(NULL), 0);
        ck_assert_uint_eq(dmig_file_get_mode_after(NULL), 0);
        ck_assert_int_eq(dmig_file_get_size_before(NULL), -1);
        ck_assert_int_eq(dmig_file_get_size_after(NULL), -1);
        ck_assert_uint_eq(dmig_history_count(NULL), 0);
        ck_assert_ptr_null(dmig_history_get(NULL, 0));
        ck_assert_int_eq(dmig_history_get_files(NULL, 0, &files), -EINVAL);
        ck_assert_ptr_null(dmig_event_get_package(NULL));
        ck_assert_ptr_null(dmig_event_get_name(NULL));
        ck_assert_ptr_null(dmig_event_get_json(NULL));
        ck_assert_ptr_null(dmig_event_get_string(NULL, "id"));
        ck_assert_int_eq(dmig_event_get_int(NULL, "attempt", &number), -EINVAL);
        ck_assert_uint_eq(dmig_event_get_time(NULL), 0);
        dmig_set_lock_timeout(NULL, 0);
        dmig_set_log_fn(NULL, NULL, NULL);
        dmig_set_event_fn(NULL, NULL, NULL);
        dmig_stop(NULL);
        ck_assert_ptr_nonnull(dmig_error_message(NULL));
}
END_TEST

START_TEST(test_null_versions)
{
        struct dmig_semver *version = NULL;
        int order;

        ck_assert_int_eq(dmig_semver_parse(NULL, &version), -EINVAL);
        ck_assert_int_eq(dmig_semver_parse("1.2.3", NULL), -EINVAL);
        ck_assert_ptr_null(dmig_semver_get_text(version));
        ck_assert_ptr_null(dmig_semver_get_major(version));
        ck_assert_ptr_null(dmig_semver_get_minor(version));
        ck_assert_ptr_null(dmig_semver_get_patch(version));
        ck_assert_ptr_null(dmig_semver_get_prerelease(version));
        ck_assert_ptr_null(dmig_semver_get_build(version));
        ck_assert_int_eq(dmig_semver_cmp(NULL, "1.2.3", &order), -EINVAL);
        ck_assert_int_eq(dmig_semver_cmp("1.2.3", NULL, &order), -EINVAL);
        ck_assert_int_eq(dmig_semver_cmp("1.2.3", "1.2.3", NULL), -EINVAL);
        ck_assert_int_eq(dmig_semver_in_range("1.2.3", NULL, "2.0.0"), -EINVAL);
        ck_assert_int_eq(dmig_deb_version_cmp(NULL, "1", &order), -EINVAL);
        ck_assert_int_eq(dmig_deb_version_cmp("1", NULL, &order), -EINVAL);
        ck_assert_int_eq(dmig_deb_version_cmp("1", "1", NULL), -EINVAL);
        ck_assert_int_eq(dmig_deb_version_check(NULL), -EINVAL);
        ck_assert_int_eq(dmig_version_in_range(NULL, "1", "2"), -EINVAL);
        ck_assert_int_eq(dmig_version_in_range("1.2.3", NULL, "2"), -EINVAL);
        ck_assert_int_eq(dmig_version_in_range("1.2.3", "1", NULL), -EINVAL);
}
END_TEST

/* A failure doesn't have the message of the one before it. */
START_TEST(test_message_is_of_the_last_failure)
{
        _cleanup_(embedder_done) struct embedder e;
        char **names = NULL;

        init_upgraded(&e);
        ck_assert_int_eq(dmig_retry(e.ctx, "bar", 0), -ENOENT);
        ck_assert_str_eq(dmig_error_message(e.ctx), "bar has no history");
        ck_assert_int_eq(dmig_list_packages(e.ctx, &names), 1);
        dmig_names_free(names);
        ck_assert_int_eq(dmig_retry(e.ctx, "foo", 1U << 31), -EINVAL);
        ck_assert_ptr_null(strstr(dmig_error_message(e.ctx), "bar"));
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("library");
        Suite *s = suite_create("library");

        tcase_set_timeout(tc, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(tc, trees_setup, trees_teardown);
        tcase_add_test(tc, test_run);
        tcase_add_test(tc, test_plan_and_status);
        tcase_add_test(tc, test_status_sees_changed_files);
        tcase_add_test(tc, test_events_are_durable);
        tcase_add_test(tc, test_event_fields);
        tcase_add_test(tc, test_give_up_and_retry);
        tcase_add_test(tc, test_wrong_arguments);
        tcase_add_test(tc, test_unknown_flags);
        tcase_add_test(tc, test_null_arguments);
        tcase_add_test(tc, test_list);
        tcase_add_test(tc, test_lifetimes);
        tcase_add_test(tc, test_null_objects);
        tcase_add_test(tc, test_null_versions);
        tcase_add_test(tc, test_message_is_of_the_last_failure);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
