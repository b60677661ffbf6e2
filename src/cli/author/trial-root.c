/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/trial-root.h"

#include "basic/path.h"
#include "cli/author/command.h"
#include "cli/author/tree.h"

#include <stdio.h>

DEFINE_CLEANUP(struct dmig_report *, dmig_report_unref);

int trial_root_copy_tree(const char *tree, const char *to, enum tree_order order, struct error *error)
{
        _cleanup_tree_ struct tree copy = { 0 };
        int r;

        assert(to);

        if (!tree)
                return mkdir(to, 0755) < 0 ? error_errnof(error, -errno, "can't make %s", to) : 0;
        r = tree_copy(tree, to, order, error);
        if (r >= 0)
                r = tree_read(to, &copy, error);
        return r < 0 ? r : tree_take_over(&copy, error);
}

int trial_root_open(const char *path, struct dmig **ret, struct error *error)
{
        const char *libexecdir = getenv("DEPLOY_MIGRATE_LIBEXECDIR"), *datadir = getenv("DEPLOY_MIGRATE_DATADIR");
        struct dmig *ctx = NULL;
        int r;

        assert(path);
        assert(ret);

        r = dmig_new(&ctx);
        if (r >= 0)
                r = dmig_set_root(ctx, path);
        if (r >= 0 && libexecdir && *libexecdir)
                r = dmig_set_libexecdir(ctx, libexecdir);
        if (r >= 0 && datadir && *datadir)
                r = dmig_set_datadir(ctx, datadir);
        if (r < 0) {
                dmig_unref(ctx);
                return error_errnof(error, r, "can't open %s", path);
        }
        *ret = ctx;
        return 0;
}

static int trial_root_mark_others(const struct trial_root *root, const char *package, const char *id,
                                  struct error *error)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        bool found = false;
        int r;

        r = dmig_plan(root->ctx, package, VERSION_MIN, VERSION_MAX, 0, &report);
        if (r >= 0 && dmig_report_get_errno(report) < 0)
                return error_setf(error, -EBADMSG, "%s", dmig_report_get_error(report));
        for (size_t i = 0; r >= 0 && i < dmig_report_count(report); i++) {
                const char *other = dmig_step_get_id(dmig_report_get_step(report, i));

                if (streq(other, id))
                        found = true;
                else
                        r = dmig_mark(root->ctx, package, other, DMIG_STATE_SKIPPED, "not the one that is tested", 0);
        }
        if (r < 0)
                return error_setf(error, r, "%s", dmig_error_message(root->ctx));
        return found ? 0 : error_setf(error, -ENOENT, "there is no migration %s; rename or remove its fixtures", id);
}

int trial_root_make(const struct trial_request *request, const struct trial_setup *setup, struct trial_root *ret,
                    struct error *error)
{
        _cleanup_trial_root_ struct trial_root root = { 0 };
        _cleanup_free_ char *installed = NULL;
        int r;

        assert(request);
        assert(ret);

        r = path_join(request->workbench->path, "root", &root.path);
        if (r >= 0)
                r = trial_root_copy_tree(setup->tree, root.path, setup->order, error);
        if (r >= 0)
                r = path_join(root.path, &VENDOR_DIR[1], &installed);
        if (r >= 0)
                r = tree_install(request->directory, installed, request->package, error);
        if (r >= 0)
                r = trial_root_open(root.path, &root.ctx, error);
        if (r >= 0 && setup->id)
                r = trial_root_mark_others(&root, request->package, setup->id, error);
        if (r < 0)
                return r;
        *ret = root;
        root = (struct trial_root){ 0 };
        return 0;
}

void trial_root_done(struct trial_root *root)
{
        assert(root);

        dmig_unref(root->ctx);
        if (root->path)
                command_remove(root->path);
        free(root->path);
        *root = (struct trial_root){ 0 };
}
