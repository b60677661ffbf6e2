/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/trial-step.h"

#include "basic/path.h"
#include "cli/author/command.h"
#include "cli/author/tree.h"

#include <stdio.h>

/* ---- The trees ---- */

/* @ret: NULL if there is none. */
static int fixture_find_part(const struct trial *trial, const char *name, char **ret)
{
        _cleanup_free_ char *path = NULL;

        if (path_join(trial->fixture->path, name, &path) < 0)
                return -ENOMEM;
        if (access(path, F_OK) < 0)
                return errno == ENOENT ? 0 : error_errnof(trial->error, -errno, "can't look at %s", path);
        *ret = TAKE_PTR(path);
        return 0;
}

/* Runs a program of the fixture for @tree, with @argument, which may be NULL. */
static int fixture_run(const struct trial *trial, const char *program, const char *tree, const char *argument)
{
        _cleanup_free_ char *root = NULL, *tmp = NULL;
        int r;

        if (asprintf(&root, "DPKG_ROOT=%s", tree) < 0 ||
            asprintf(&tmp, "TMPDIR=%s", trial->request->workbench->path) < 0)
                return -ENOMEM;
        r = command_run((const char *const[]){ "env", root, tmp, program, argument, NULL }, NULL, trial->error);
        return r > 0 ? error_setf(trial->error, -EIO, "%s ended with status %d", program, r) : r;
}

/* @tree: NULL for an empty one. @ret: a copy of it on the workbench, called @name, which lasts until the next one; to be freed. */
static int trial_copy_tree(const struct trial *trial, const char *tree, const char *name, char **ret)
{
        if (path_join(trial->request->workbench->path, name, ret) < 0)
                return -ENOMEM;
        command_remove(*ret);
        return trial_root_copy_tree(tree, *ret, TREE_AS_LISTED, trial->error);
}

/* Replaces the tree by a prepared copy of it. */
static int trial_prepare(struct trial *trial, const char *program, const char *name, char **tree)
{
        _cleanup_free_ char *copy = NULL;
        int r;

        r = trial_copy_tree(trial, *tree, name, &copy);
        if (r >= 0)
                r = fixture_run(trial, program, copy, name);
        free(*tree);
        *tree = TAKE_PTR(copy);
        return r;
}

static int trial_prepare_trees(struct trial *trial)
{
        _cleanup_free_ char *program = NULL;
        int r;

        r = fixture_find_part(trial, "prepare", &program);
        if (r < 0 || !program)
                return r;
        r = trial_prepare(trial, program, "before", &trial->before);
        if (r >= 0 && !trial->request->record)
                r = trial_prepare(trial, program, "after", &trial->after);
        return r;
}

int trial_find_trees(struct trial *trial)
{
        int r;

        assert(trial);

        r = fixture_find_part(trial, "before", &trial->before);
        if (r >= 0)
                r = fixture_find_part(trial, "after", &trial->after);
        if (r >= 0)
                r = fixture_find_part(trial, "normalize", &trial->normalize);
        if (r >= 0)
                r = trial_prepare_trees(trial);
        if (r >= 0 && !trial->after && !trial->request->record)
                r = strv_addf(&trial->result->faults,
                              "%s/after isn't there; --record %s writes it as the migration leaves it",
                              trial->fixture->path, trial->fixture->name);
        return r;
}

/* @ret: a copy of @tree as trial_copy_tree() makes it, after "normalize". */
static int trial_normalize(struct trial *trial, const char *tree, const char *name, char **ret)
{
        _cleanup_free_ char *copy = NULL;
        int r;

        r = trial_copy_tree(trial, tree, name, &copy);
        if (r >= 0)
                r = fixture_run(trial, trial->normalize, copy, NULL);
        if (r >= 0)
                *ret = TAKE_PTR(copy);
        return r;
}

/* ---- What is compared ---- */

/* Adds the lines below a heading, if there are any. */
static int lines_add(struct strv *to, const char *heading, const struct strv *lines)
{
        int r = lines->n > 0 ? strv_add(to, heading) : 0;

        for (size_t i = 0; r >= 0 && i < lines->n; i++)
                r = strv_addf(to, "  %s", lines->list[i]);
        return r;
}

static int trial_compare(struct trial *trial, const struct tree_comparison *request, const char *heading)
{
        _cleanup_strv_ struct strv lines = { 0 };
        int r;

        r = tree_compare(request, &lines, trial->error);
        return r < 0 ? r : lines_add(&trial->result->faults, heading, &lines);
}

/* @ret: how the system differs from the tree @expected. */
static int trial_compare_root(struct trial *trial, const struct trial_root *root, const char *expected,
                              struct strv *ret)
{
        _cleanup_tree_ struct tree a = { 0 }, b = { 0 };
        int r;

        r = tree_read(expected, &a, trial->error);
        if (r >= 0)
                r = tree_read(root->path, &b, trial->error);
        return r < 0 ? r : tree_compare(&(const struct tree_comparison){ &a, &b, false }, ret, trial->error);
}

int trial_expect_tree(struct trial *trial, const struct trial_root *root, const char *expected, const char *heading)
{
        _cleanup_strv_ struct strv lines = { 0 };
        int r;

        r = trial_compare_root(trial, root, expected, &lines);
        return r < 0 ? r : lines_add(&trial->result->faults, heading, &lines);
}

int trial_tell_tree(struct trial *trial, const struct trial_root *root, const char *expected, const char *heading)
{
        _cleanup_strv_ struct strv lines = { 0 };
        int r;

        r = trial_compare_root(trial, root, expected, &lines);
        return r < 0 ? r : lines_add(&trial->result->unproved, heading, &lines);
}

static int trial_expect_normal_tree(struct trial *trial, const struct trial_root *root, const char *heading)
{
        _cleanup_tree_ struct tree a = { 0 }, b = { 0 };
        _cleanup_free_ char *found = NULL;
        int r = 0;

        if (!trial->normal)
                r = trial_normalize(trial, trial->after, "expected", &trial->normal);
        if (r >= 0)
                r = trial_normalize(trial, root->path, "found", &found);
        if (r >= 0)
                r = tree_read(trial->normal, &a, trial->error);
        if (r >= 0)
                r = tree_read(found, &b, trial->error);
        return r < 0 ? r : trial_compare(trial, &(const struct tree_comparison){ &a, &b, false }, heading);
}

int trial_expect_after(struct trial *trial, const struct trial_root *root, const char *heading)
{
        if (trial->normalize && trial->after)
                return trial_expect_normal_tree(trial, root, heading);
        return trial_expect_tree(trial, root, trial->after, heading);
}

/* ---- What is run ---- */

unsigned trial_get_flags(const struct trial *trial)
{
        return trial->request->workbench->isolated ? 0 : DMIG_SANDBOX_OFF;
}

static int trial_check_states(struct trial *trial, const struct dmig_report *report, enum dmig_state wanted,
                              const char *when)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);
                enum dmig_state state = dmig_step_get_state(step);

                trial->reaches_out |= dmig_step_reaches_out(step);
                if (dmig_step_is_direct(step) && !trial->direct && !(trial->direct = strdup(dmig_step_get_id(step))))
                        return -ENOMEM;
                if (wanted == DMIG_STATE_APPLIED && state == DMIG_STATE_SATISFIED)
                        r = strv_addf(&trial->result->faults,
                                      "%s: check of %s says that the effect is there before migrate was run", when,
                                      dmig_step_get_id(step));
                if (wanted == DMIG_STATE_SATISFIED && state == DMIG_STATE_APPLIED)
                        r = strv_addf(&trial->result->faults,
                                      "%s: check of %s says that the effect isn't there, though it is", when,
                                      dmig_step_get_id(step));
        }
        return r;
}

/* A process that was killed may have done all. */
static bool report_is_done(const struct dmig_report *report, enum dmig_state wanted)
{
        enum dmig_result result = dmig_report_get_result(report);

        return result == DMIG_RESULT_COMPLETED || (wanted == DMIG_STATE_PENDING && result == DMIG_RESULT_NOTHING_TO_DO);
}

int trial_migrate(struct trial *trial, const struct trial_root *root, enum dmig_state wanted, const char *when)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        size_t n = trial->result->faults.n;
        int r;

        r = dmig_run(root->ctx, trial->request->package, trial->from, trial->to, trial_get_flags(trial), &report);
        if (r < 0)
                return error_setf(trial->error, r, "%s", dmig_error_message(root->ctx));
        if (!report_is_done(report, wanted))
                r = strv_addf(&trial->result->faults, "%s: %s", when,
                              dmig_report_get_error(report) ?: dmig_result_to_string(dmig_report_get_result(report)));
        if (r >= 0)
                r = trial_check_states(trial, report, wanted, when);
        return r < 0 ? r : trial->result->faults.n == n;
}

int trial_begin(struct trial *trial, const char *tree, struct trial_root *ret)
{
        return trial_root_make(trial->request, &(const struct trial_setup){ tree, TREE_AS_LISTED, trial->fixture->id },
                               ret, trial->error);
}

int trial_repeat(struct trial *trial, const struct trial_root *root)
{
        _cleanup_tree_ struct tree before = { 0 }, after = { 0 };
        int r;

        r = dmig_baseline(root->ctx, trial->request->package, trial->from, 0);
        if (r < 0)
                return error_setf(trial->error, r, "%s", dmig_error_message(root->ctx));
        r = tree_read(root->path, &before, trial->error);
        if (r >= 0)
                r = trial_migrate(trial, root, DMIG_STATE_SATISFIED, "run once more");
        if (r <= 0)
                return r;
        r = tree_read(root->path, &after, trial->error);
        return r < 0 ? r
                     : trial_compare(trial, &(const struct tree_comparison){ &before, &after, true },
                                     "run once more, it changes files");
}
