/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "boxed.h"
#include "catalog/manifest.h"
#include "sandbox/network.h"
#include "tree.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

static void read_manifest(const char *quoted, struct manifest *ret)
{
        _cleanup_free_ char *text = strdup(quoted ?: "{'writes':[]}");
        _cleanup_error_ struct error error = { 0 };

        ck_assert_ptr_nonnull(text);
        for (char *p = text; *p; p++)
                if (*p == '\'')
                        *p = '"';
        ck_assert_int_eq(manifest_init(ret, "foo"), 0);
        ck_assert_msg(manifest_parse(ret, &(struct manifest_text){ .path = "test", .data = text, .size = strlen(text) },
                                     &error) == 0,
                      "%s", error_text(&error));
}

static void open_stage(const struct box *box, const struct manifest *manifest, struct opened_box *ret)
{
        _cleanup_(root_done) struct root slash = { .fd = -EBADF }, state = tree_new();
        _cleanup_error_ struct error error = { 0 };
        int r;

        ck_assert_int_eq(root_init(&slash, "/"), 0);
        r = areas_new(box->root ?: &slash, manifest->writes.list, &ret->areas, &error);
        if (r >= 0)
                r = stage_new(&(struct stage_request){ .state = state.fd, .name = "stage", .areas = ret->areas },
                              &ret->stage, &error);
        if (r >= 0)
                r = stage_mount(ret->stage, true, &ret->mounts, &error);
        ck_assert_msg(r >= 0, "%s", error_text(&error));
}

void box_open(const struct box *box, struct opened_box *ret)
{
        _cleanup_(root_done) struct root slash = { .fd = -EBADF };
        _cleanup_manifest_ struct manifest manifest = { 0 };
        _cleanup_error_ struct error error = { 0 };
        struct sandbox_request request = { .root = box->root ? box->root->path : "", .files = &ret->files };

        *ret = (struct opened_box){ .network = -EBADF };
        read_manifest(box->manifest, &manifest);
        ret->network = network_new(&error);
        ck_assert_msg(ret->network >= 0, "%s", error_text(&error));
        if (box->migrate)
                open_stage(box, &manifest, ret);
        ck_assert_int_eq(root_init(&slash, "/"), 0);
        ck_assert_msg(system_files_add(&ret->files, box->root ?: &slash, manifest.connect.list, &error) == 0, "%s",
                      error_text(&error));
        if (ret->areas)
                ck_assert_int_eq(areas_list_declared(ret->areas, &ret->declared), 0);
        ck_assert_msg(covers_list(box->root ?: &slash, &ret->mounts, &ret->covers, &error) == 0, "%s",
                      error_text(&error));
        request.network = box->migrate && manifest.network ? -EBADF : ret->network;
        request.helpers[0] = box->visible;
        request.declared = ret->declared.list;
        request.mounts = ret->mounts.mounts;
        request.n_mounts = ret->mounts.n;
        request.covers = ret->covers.covers;
        request.n_covers = ret->covers.n;
        ck_assert_int_eq(sandbox_new(&request, &ret->sandbox), 0);
}

void box_close(struct opened_box *opened)
{
        sandbox_free(opened->sandbox);
        system_files_done(&opened->files);
        strv_done(&opened->declared);
        covers_done(&opened->covers);
        stage_mounts_done(&opened->mounts);
        stage_free(opened->stage);
        areas_free(opened->areas);
        fd_closep(&opened->network);
}

static void run_script(const struct box *box, const char *script, struct run *ret)
{
        _cleanup_(box_close) struct opened_box opened;

        box_open(box, &opened);
        program_run(&(struct program){ .script = script, .sandbox = opened.sandbox }, ret);
        ck_assert_msg(ret->r == 0, "%s", error_text(&ret->error));
}

void box_run(const struct box *box, struct run *ret, const char *format, ...)
{
        _cleanup_free_ char *script = NULL;
        va_list args;

        va_start(args, format);
        ck_assert_int_ge(vasprintf(&script, format, args), 0);
        va_end(args);
        run_script(box, script, ret);
}

char *box_output(const struct box *box, const char *format, ...)
{
        _cleanup_(run_done) struct run run = { 0 };
        _cleanup_free_ char *script = NULL;
        va_list args;

        va_start(args, format);
        ck_assert_int_ge(vasprintf(&script, format, args), 0);
        va_end(args);
        run_script(box, script, &run);
        ck_assert_msg(run.result.end == PROCESS_EXITED && run.result.status == 0, "%s: %s", script, run.output);
        return TAKE_PTR(run.output);
}
