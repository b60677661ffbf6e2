/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "boxed.h"
#include "network.h"

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

int box_try(const struct box *box, int network, struct sandbox **ret, struct error *error)
{
        _cleanup_(root_done) struct root slash = { .fd = -EBADF };
        _cleanup_manifest_ struct manifest manifest = { 0 };
        const struct root *root = box->root ?: &slash;
        const char *visible[3] = { NULL };
        const struct sandbox_request request = {
                .root = root,
                .phase = box->phase,
                .manifest = &manifest,
                .visible = visible,
                .network = network,
        };

        ck_assert_int_eq(root_init(&slash, "/"), 0);
        visible[0] = root->path;
        visible[1] = box->visible;
        read_manifest(box->manifest, &manifest);
        return sandbox_new(&request, ret, error);
}

struct sandbox *box_new(const struct box *box, int *ret_network)
{
        _cleanup_error_ struct error error = { 0 };
        struct sandbox *sandbox = NULL;

        *ret_network = network_new(&error);
        ck_assert_msg(*ret_network >= 0, "%s", error_text(&error));
        ck_assert_msg(box_try(box, *ret_network, &sandbox, &error) == 0, "%s", error_text(&error));
        return sandbox;
}

static void run_script(const struct box *box, const char *script, struct run *ret)
{
        _cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
        _cleanup_close_ int network = -EBADF;

        sandbox = box_new(box, &network);
        program_run(&(struct program){ .script = script, .sandbox = sandbox }, ret);
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
