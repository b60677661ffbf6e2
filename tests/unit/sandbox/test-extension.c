/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A sandbox of checks that gets the overlays of a stage, and loses them. */

#include "../support/boxed.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "sandbox/extension.h"

#include <fcntl.h>
#include <stdio.h>

struct scene {
        struct root tree;
        struct opened_box checks, migrate;
        struct extension extension;
        struct host host;
};

/* Returns: whether the sandbox of checks can show what @manifest declares in the tree. */
static bool scene_open(struct scene *scene, const char *manifest)
{
        struct sandbox_request request = { .root = scene->tree.path };

        box_open(&(const struct box){ .root = &scene->tree }, &scene->checks);
        box_open(&(const struct box){ .root = &scene->tree, .migrate = true, .manifest = manifest }, &scene->migrate);
        scene->host = (struct host)HOST_OF(scene->checks.sandbox, -EBADF);
        request.declared = scene->migrate.declared.list;
        request.mounts = scene->migrate.mounts.mounts;
        request.n_mounts = scene->migrate.mounts.n;
        return extension_make(scene->checks.sandbox, &request, &scene->extension);
}

static void scene_close(struct scene *scene)
{
        host_end(&scene->host);
        box_close(&scene->checks);
        box_close(&scene->migrate);
}

static void scene_run(struct scene *scene, const struct program *how, const char *script)
{
        _cleanup_(run_done) struct run run = { 0 };
        _cleanup_free_ char *whole = NULL;
        struct program program = *how;

        ck_assert_int_ge(asprintf(&whole, "set -eu; cd '%s'; %s", scene->tree.path, script), 0);
        program.script = whole;
        program.host = &scene->host;
        program_run(&program, &run);
        ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
        ck_assert_msg(run.result.end == PROCESS_EXITED && run.result.status == 0, "%s: %s", script, run.output);
}

static void scene_add_etc(const struct scene *scene)
{
        tree_add(&scene->tree, &(struct tree_entry){ "/etc/foo/old", 0644, "old" });
        tree_add(&scene->tree, &(struct tree_entry){ "/etc/other", 0644, NULL });
        tree_add(&scene->tree, &(struct tree_entry){ "/tmp", S_IFDIR | 0755, NULL });
        tree_add(&scene->tree, &(struct tree_entry){ "/run/foo", S_IFDIR | 0755, NULL });
}

START_TEST(test_comes_and_goes)
{
        struct scene scene = { .tree = tree_new() };
        const struct program check = { 0 }, migrate = { .extension = &scene.extension },
                             second = { .sealed = true, .retract = true };

        scene_add_etc(&scene);
        ck_assert(scene_open(&scene, "{'writes':['/etc/foo']}"));
        scene_run(&scene, &check, "! touch etc/foo/new 2>/dev/null");
        scene_run(&scene, &migrate, "touch etc/foo/new; rm etc/foo/old; test ! -e tmp/left");
        ck_assert(scene.host.reusable);
        scene_run(&scene, &second, "test -e etc/foo/new; test ! -e etc/foo/old; ! touch etc/foo/more 2>/dev/null");
        ck_assert(scene.host.reusable);
        scene_run(&scene, &check, "test ! -e etc/foo/new; test -e etc/foo/old");
        ck_assert(scene.host.reusable);
        ck_assert_int_eq(faccessat(scene.tree.fd, "etc/foo/new", F_OK, 0), -1);
        scene_close(&scene);
        root_done(&scene.tree);
}
END_TEST

/* An overlay doesn't hide the private directories below it. */
START_TEST(test_private_directories)
{
        struct scene scene = { .tree = tree_new() };
        const struct program check = { 0 }, migrate = { .extension = &scene.extension };

        scene_add_etc(&scene);
        tree_add(&scene.tree, &(struct tree_entry){ "/tmp/system", 0644, NULL });
        tree_add(&scene.tree, &(struct tree_entry){ "/run/foo/system", 0644, NULL });
        ck_assert(scene_open(&scene, "{'writes':['/etc/foo']}"));
        scene_run(&scene, &check, "test -d run/foo");
        scene_run(&scene, &migrate,
                  "test -d run/foo; test ! -e run/foo/system; test ! -e tmp/system; touch tmp/own run/foo/own");
        ck_assert(!scene.host.reusable);
        ck_assert_int_eq(faccessat(scene.tree.fd, "tmp/own", F_OK, 0), -1);
        ck_assert_int_eq(faccessat(scene.tree.fd, "run/foo/own", F_OK, 0), -1);
        scene_close(&scene);
        root_done(&scene.tree);
}
END_TEST

/* What is declared in a private directory isn't seen by checks that don't declare it. */
START_TEST(test_declared_in_private_directory)
{
        static const char *const manifests[] = { "{'writes':['/run/foo']}", "{'writes':['/etc/foo', '/tmp/foo']}" };
        struct scene scene = { .tree = tree_new() };

        scene_add_etc(&scene);
        ck_assert(!scene_open(&scene, manifests[_i]));
        scene_close(&scene);
        root_done(&scene.tree);
}
END_TEST

static Suite *suite(void)
{
        TCase *extension = tcase_create("extension");
        Suite *s = suite_create("extension");

        tcase_set_timeout(extension, 60);
        tcase_add_unchecked_fixture(extension, trees_setup, trees_teardown);
        tcase_add_test(extension, test_comes_and_goes);
        tcase_add_test(extension, test_private_directories);
        tcase_add_loop_test(extension, test_declared_in_private_directory, 0, 2);
        suite_add_tcase(s, extension);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
