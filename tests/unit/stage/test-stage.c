/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stages, as programs in sandboxes see them: a migration, the check after it, and in a preview the ones above it. */

#include "../support/boxed.h"
#include "../support/filesystem.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "fs/attributes.h"
#include "fs/beneath.h"
#include "sandbox/network.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define TIMEOUT_SEC 120

#define READ_ONLY "Read-only file system"

/* A root with areas in it, and a directory for stages. */
struct place {
        struct root root;
        int state;
        struct areas *areas;
};

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void open_place(struct place *place, const char *state, const char *const *writes)
{
        _cleanup_error_ struct error error = { 0 };

        place->state = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(place->state, 0);
        ck_assert_msg(areas_new(&place->root, (char *const *)(uintptr_t)writes, &place->areas, &error) == 0, "%s",
                      error_text(&error));
}

static void place_done(struct place *place)
{
        areas_free(place->areas);
        fd_closep(&place->state);
        root_done(&place->root);
}

#define _cleanup_place_ _cleanup_(place_done)

static struct stage *new_stage(const struct place *place, const char *name, const struct stage *below)
{
        _cleanup_error_ struct error error = { 0 };
        struct stage *stage = NULL;

        ck_assert_msg(stage_new(&(struct stage_request){ place->state, name, place->areas, below }, &stage, &error) ==
                              0,
                      "%s", error_text(&error));
        return stage;
}

static struct sandbox *new_sandbox(const struct place *place, const struct stage_mounts *mounts, int network)
{
        const struct sandbox_request request = {
                .root = place->root.path,
                .network = network,
                .mounts = mounts->mounts,
                .n_mounts = mounts->n,
        };
        struct sandbox *sandbox = NULL;

        ck_assert_int_eq(sandbox_new(&request, &sandbox), 0);
        return sandbox;
}

/* Runs the script in the root, as migrate or as a check does. Fails the test unless it exits with 0. Returns: its output, to be freed. */
static char *run(const struct place *place, const struct stage *stage, bool migrate, const char *script)
{
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { 0 };
        _cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int network = network_new(&error);
        _cleanup_(run_done) struct run run;
        _cleanup_free_ char *whole = NULL;

        ck_assert_msg(stage_mount(stage, migrate, &mounts, &error) == 0, "%s", error_text(&error));
        sandbox = new_sandbox(place, &mounts, network);
        ck_assert_int_ge(asprintf(&whole, "cd '%s' || exit\n%s", place->root.path, script), 0);
        program_run(&(struct program){ .script = whole, .sandbox = sandbox }, &run);
        ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
        ck_assert_msg(run.result.end == PROCESS_EXITED && run.result.status == 0, "%s: %s", script, run.output);
        return TAKE_PTR(run.output);
}

static void expect(const struct place *place, const struct stage *stage, bool migrate, const char *script,
                   const char *output)
{
        _cleanup_free_ char *got = run(place, stage, migrate, script);

        ck_assert_str_eq(got, output);
}

static void add_files(const struct root *root, const char *const *paths)
{
        for (; *paths; paths++)
                tree_add(root, &(struct tree_entry){ *paths, 0644, "old\n" });
}

/* ---- Directories ----------------------------------------------------------------------------- */

START_TEST(test_new)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        _cleanup_attributes_ struct attributes real = { 0 }, upper = { 0 };
        struct timespec before, after;
        struct stat st;

        add_files(&place.root, LIST("/etc/foo"));
        add_files(&state, LIST("/stage/areas/0.upper/leftover", "/stage/other"));
        ck_assert_int_eq(shell("cd %s && chown 3:4 . && chmod 3751 . && touch -d @1000 .", place.root.path), 0);
        ck_assert_int_eq(setxattr(place.root.path, "user.test", "value", 5, 0), 0);
        open_place(&place, state.path, LIST("/etc/foo"));

        umask(077);
        clock_gettime(CLOCK_REALTIME, &before);
        stage = new_stage(&place, "stage", NULL);
        clock_gettime(CLOCK_REALTIME, &after);
        ck_assert_int_eq(attributes_read(place.areas->areas[0].fd, &real), 0);
        ck_assert_int_eq(attributes_read(stage->uppers[0], &upper), 0);
        ck_assert(attributes_equal(&upper, &real));
        ck_assert_int_eq(upper.st.st_mtim.tv_sec, 1000);
        ck_assert_int_eq(fstat(stage->dir, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0750);
        ck_assert_int_eq(shell("cd %s/stage && [ \"$(find . -type f)\" = '' ]", state.path), 0);
        ck_assert_int_ge(stage->begin.tv_sec, before.tv_sec - 1);
        ck_assert_int_le(stage->begin.tv_sec, after.tv_sec);
}
END_TEST

/* A file made later has no earlier time, and one made before no later time. */
START_TEST(test_begin)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };

        open_place(&place, state.path, LIST("/etc"));
        for (unsigned i = 0; i < 200; i++) {
                _cleanup_(stage_freep) struct stage *stage = NULL;
                struct stat before, after;

                add_files(&place.root, LIST("/before"));
                stage = new_stage(&place, "stage", NULL);
                add_files(&place.root, LIST("/after"));
                ck_assert_int_eq(stat(tree_path(&place.root, "/before"), &before), 0);
                ck_assert_int_eq(stat(tree_path(&place.root, "/after"), &after), 0);
                ck_assert(before.st_ctim.tv_sec < stage->begin.tv_sec ||
                          before.st_ctim.tv_nsec <= stage->begin.tv_nsec);
                ck_assert(after.st_mtim.tv_sec > stage->begin.tv_sec || after.st_mtim.tv_nsec >= stage->begin.tv_nsec);
                ck_assert_int_eq(unlink(tree_path(&place.root, "/before")), 0);
                ck_assert_int_eq(unlink(tree_path(&place.root, "/after")), 0);
        }
}
END_TEST

START_TEST(test_nothing_declared)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;

        open_place(&place, state.path, LIST(NULL));
        stage = new_stage(&place, "stage", NULL);
        expect(&place, stage, true, "(: >file) 2>/dev/null || echo refused; ls", "refused\n");
}
END_TEST

START_TEST(test_no_room)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_error_ struct error error = { 0 };
        struct stage *stage = NULL;

        filesystem_leave_mounts(&place.root);
        ck_assert_int_eq(mount("tmpfs", state.path, "tmpfs", 0, "nr_inodes=3"), 0);
        open_place(&place, state.path, LIST("/etc"));
        ck_assert_int_eq(stage_new(&(struct stage_request){ place.state, "stage", place.areas, NULL }, &stage, &error),
                         -ENOSPC);
        ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&state, "/stage: No space left on device")));
}
END_TEST

/* ---- Missing directories ---------------------------------------------------------------------- */

/* Neither the package's directories exist yet nor their parents. */
START_TEST(test_an_empty_root)
{
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        char state[PATH_MAX];

        tree_add(&place.root, &(struct tree_entry){ "/var/lib/deploy-migrate/foo", S_IFDIR | 0750, NULL });
        snprintf(state, sizeof(state), "%s/var/lib/deploy-migrate/foo", place.root.path);
        open_place(&place, state, LIST("/etc/foo", "/var/lib/foo", "/var/cache/foo", "/var/log/foo"));
        ck_assert_uint_eq(place.areas->n, 1);
        stage = new_stage(&place, "stage", NULL);

        expect(&place, stage, true,
               "for d in etc var/lib var/cache var/log; do mkdir -p $d/foo && echo new >$d/foo/file || exit; done\n"
               "(: >var/lib/deploy-migrate/foo/x) 2>&1 | grep -o '" READ_ONLY "'",
               READ_ONLY "\n");
        expect(&place, stage, false, "cat etc/foo/file var/*/foo/file; ls var var/lib/deploy-migrate",
               "new\nnew\nnew\nnew\nvar:\ncache\nlib\nlog\n\nvar/lib/deploy-migrate:\nfoo\n");
        ck_assert_int_eq(
                shell("cd %s && [ \"$(find . -path '*/deploy-migrate/*' -o -type f -print)\" = '' ]", place.root.path),
                0);
}
END_TEST

/* ---- What is seen ---------------------------------------------------------------------------- */

static const char migration[] =
        "cd srv\n"
        "echo new >foo/new && echo changed >foo/changed && rm foo/gone && mv foo/dir foo/moved\n"
        "rm -r foo/replaced && mkdir foo/replaced && mv single foo && echo x >left";

static const char seen[] = "cd srv\nfind . | sort; cat foo/new foo/changed foo/moved/file foo/single beside/file";

static const char expected[] = ".\n./beside\n./beside/file\n./foo\n./foo/changed\n./foo/kept\n./foo/moved\n"
                               "./foo/moved/file\n./foo/new\n./foo/replaced\n./foo/single\n./left\n"
                               "new\nchanged\nold\nold\nold\n";

static void add_sample(const struct root *root)
{
        add_files(root, LIST("/srv/foo/changed", "/srv/foo/gone", "/srv/foo/kept", "/srv/foo/dir/file",
                             "/srv/foo/replaced/file", "/srv/single", "/srv/beside/file"));
}

START_TEST(test_check_sees_what_migrate_did)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        _cleanup_free_ char *before = NULL, *output = NULL, *after = NULL;
        static const char find[] = "cd %s && find . -printf '%%p %%y %%m %%s %%T@ %%C@\\n' | sort";

        add_sample(&place.root);
        before = shell_output(find, place.root.path);
        open_place(&place, state.path, LIST("/srv/foo", "/srv/single"));
        stage = new_stage(&place, "stage", NULL);
        output = run(&place, stage, true, migration);
        for (unsigned i = 0; i < 2; i++)
                expect(&place, stage, false, seen, expected);
        expect(&place, stage, false,
               "for f in srv/foo/new srv/foo/fresh srv/beside/file srv/fresh srv/foo/moved/file; do\n"
               "(: >>$f) 2>&1 | grep -o '" READ_ONLY "'; done",
               READ_ONLY "\n" READ_ONLY "\n" READ_ONLY "\n" READ_ONLY "\n" READ_ONLY "\n");
        after = shell_output(find, place.root.path);
        ck_assert_str_eq(after, before);
}
END_TEST

/* Mounts and the state directory stay the system's own, and nothing else does. */
START_TEST(test_shields)
{
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { 0 };
        char state[PATH_MAX];

        filesystem_leave_mounts(&place.root);
        ck_assert_int_eq(shell("mkdir -p %s/srv/mnt/deep %s/srv/state && cd %s/srv && touch foo 1 2 3", place.root.path,
                               place.root.path, place.root.path),
                         0);
        ck_assert_int_eq(mount("tmpfs", tree_path(&place.root, "/srv/mnt/deep"), "tmpfs", 0, NULL), 0);
        tree_add(&place.root, &(struct tree_entry){ "/srv/mnt/deep/file", 0644, "mounted\n" });
        snprintf(state, sizeof(state), "%s/srv/state", place.root.path);
        open_place(&place, state, LIST("/srv/foo"));
        stage = new_stage(&place, "stage", NULL);
        ck_assert_int_eq(stage_mount(stage, true, &mounts, NULL), 0);
        ck_assert_uint_eq(mounts.n, 1);
        ck_assert_uint_eq(mounts.mounts[0].shields.n, 2);
        ck_assert_str_eq(mounts.mounts[0].shields.list[0], "srv/mnt/deep");
        ck_assert_str_eq(mounts.mounts[0].shields.list[1], "srv/state");
        stage_mounts_done(&mounts);

        expect(&place, stage, true,
               "cd srv && echo x >1 && cat mnt/deep/file; for f in mnt/deep/file state/stage/areas/0.upper/foo; do\n"
               "(: >$f) 2>&1 | sed 's/.*: //'; done",
               "mounted\n" READ_ONLY "\n" READ_ONLY "\n");
        expect(&place, stage, false, "cd srv && cat 1 mnt/deep/file && find state >/dev/null", "x\nmounted\n");
        ck_assert_int_eq(shell("[ ! -s %s/srv/1 ]", place.root.path), 0);
}
END_TEST

/* Mount points that vanish after the overlay is made. */
START_TEST(test_vanished_mounts)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { 0 };
        _cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
        _cleanup_close_ int network = network_new(NULL);
        _cleanup_(run_done) struct run run;
        char script[PATH_MAX + 64];

        filesystem_leave_mounts(&place.root);
        ck_assert_int_eq(shell("mkdir -p %s/srv/vanishes", place.root.path), 0);
        ck_assert_int_eq(mount("tmpfs", tree_path(&place.root, "/srv/vanishes"), "tmpfs", 0, NULL), 0);
        add_files(&place.root, LIST("/srv/foo"));
        open_place(&place, state.path, LIST("/srv/foo"));
        stage = new_stage(&place, "stage", NULL);
        ck_assert_int_eq(stage_mount(stage, true, &mounts, NULL), 0);
        sandbox = new_sandbox(&place, &mounts, network);
        ck_assert_int_eq(shell("cd %s/srv && umount vanishes && rmdir vanishes", place.root.path), 0);
        snprintf(script, sizeof(script), "ls %s/srv", place.root.path);
        program_run(&(struct program){ .script = script, .sandbox = sandbox }, &run);
        ck_assert_msg(run.r == 0, "%s", error_text(&run.error));
        ck_assert_str_eq(run.output, "foo\n");
}
END_TEST

/* A stage inside its own area: a migration can neither change it nor stumble over it. */
START_TEST(test_stage_is_out_of_reach)
{
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        char state[PATH_MAX];

        tree_add(&place.root, &(struct tree_entry){ "/var/lib/deploy-migrate/foo", S_IFDIR | 0750, NULL });
        tree_add(&place.root, &(struct tree_entry){ "/var/lib/foo/file", 0644, "old\n" });
        snprintf(state, sizeof(state), "%s/var/lib/deploy-migrate/foo", place.root.path);
        open_place(&place, state, LIST("/var/lib/foo"));
        stage = new_stage(&place, "stage", NULL);
        expect(&place, stage, true,
               "echo new >var/lib/foo/file; cd var/lib/deploy-migrate/foo/stage/areas\n"
               "for command in ': >0.upper/var/lib/foo/file' 'rm 0.upper/var/lib/foo/file' 'mkdir 0.work/x' 'rm -r 0.upper' 'mv 0.upper u'; do\n"
               "sh -c \"$command\" 2>&1 | grep -q '" READ_ONLY
               "' || echo \"$command\"; done; cat 0.upper/var/lib/foo/file",
               "new\n");
        for (unsigned i = 0; i < 2; i++)
                expect(&place, stage, i == 0,
                       "find . -name file | sort; grep -rl new . | wc -l; ls "
                       "var/lib/deploy-migrate/foo/stage/areas/0.upper/var/lib",
                       "./var/lib/deploy-migrate/foo/stage/areas/0.upper/var/lib/foo/file\n./var/lib/foo/file\n2\nfoo\n");
}
END_TEST

/* None of these may give write access to the directory below the overlay, or to the stage. */
START_TEST(test_no_way_around)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;

        add_files(&place.root, LIST("/srv/foo/file", "/srv/beside"));
        open_place(&place, state.path, LIST("/srv/foo"));
        stage = new_stage(&place, "stage", NULL);
        expect(&place, stage, true,
               "here=$PWD/srv\n"
               "for fd in /proc/[0-9]*/fd/*; do [ -d $fd ] && readlink $fd; done\n"
               "for root in /proc/[0-9]*/root /proc/[0-9]*/cwd/../../../../..; do\n"
               "(: >$root/$here/beside) 2>/dev/null; done\n"
               "echo new >srv/foo/file\n"
               "umount -l $here/beside 2>/dev/null && echo unmounted\n"
               "umount -l $here 2>/dev/null && echo unmounted\n"
               "mount -o remount,rw,bind $here/beside 2>/dev/null && echo remounted\n"
               "ln srv/beside srv/foo/link && echo new >srv/foo/link; cat srv/beside srv/foo/file\n"
               "mv srv/beside srv/other && rm -f srv/other",
               "new\nnew\n");
        ck_assert_int_eq(shell("cd %s/srv && grep -qx old beside && grep -qx old foo/file", place.root.path), 0);
}
END_TEST

/* ---- Other file systems ---------------------------------------------------------------------- */

START_TEST(test_file_systems)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        _cleanup_free_ char *output = NULL, *path = strdup(place.root.path);

        filesystem_leave_mounts(&place.root);
        ck_assert_int_eq(mount("tmpfs", _i == 0 ? path : state.path, "tmpfs", 0, "mode=755"), 0);
        root_done(&place.root);
        ck_assert_int_eq(root_init(&place.root, path), 0);
        add_sample(&place.root);
        open_place(&place, state.path, LIST("/srv/foo", "/srv/single"));
        stage = new_stage(&place, "stage", NULL);
        output = run(&place, stage, true, migration);
        expect(&place, stage, false, seen, expected);
}
END_TEST

/* Mounts below an area are in both views, unchanged. */
START_TEST(test_mounts_within)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        static const char *const points[] = { "/srv/foo/area", "/srv/foo/area/fixed", "/srv/beside/deep" };
        static const char cat[] = "cd srv && cat foo/area/file foo/area/fixed/file beside/deep/file beside/file";

        filesystem_leave_mounts(&place.root);
        add_files(&place.root, LIST("/srv/foo/file", "/srv/beside/file"));
        for (size_t i = 0; i < ELEMENTSOF(points); i++) {
                const char *path = tree_path(&place.root, points[i]);

                ck_assert_int_eq(shell("mkdir -p %s", path), 0);
                ck_assert_int_eq(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
                ck_assert_int_eq(shell("echo %zu >%s/file", i, path), 0);
        }
        ck_assert_int_eq(
                mount("none", tree_path(&place.root, points[1]), "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
        open_place(&place, state.path, LIST("/srv/foo"));
        stage = new_stage(&place, "stage", NULL);
        expect(&place, stage, true, cat, "0\n1\n2\nold\n");
        expect(&place, stage, true,
               "cd srv && echo new >foo/area/file && for f in foo/area/fixed beside/deep; do\n"
               "(: >$f/file) 2>&1 | sed 's/.*: //'; done",
               READ_ONLY "\n" READ_ONLY "\n");
        expect(&place, stage, false, cat, "new\n1\n2\nold\n");
        ck_assert_int_eq(shell("grep -qx 0 %s/srv/foo/area/file", place.root.path), 0);
}
END_TEST

static size_t count_mounts(const struct stage *stage, bool writable)
{
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { 0 };

        ck_assert_int_eq(stage_mount(stage, writable, &mounts, NULL), 0);
        return mounts.n;
}

/* If the area is untouched the second check needs no overlay of it, except below another overlay, which hides the mounts in it. */
START_TEST(test_untouched)
{
        static const char cat[] = "cat etc/foo/file srv/foo/file srv/beside/inner/foo";
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL, *above = NULL;

        filesystem_leave_mounts(&place.root);
        add_files(&place.root, LIST("/etc/foo/file", "/srv/foo/file", "/srv/beside/inner/file"));
        ck_assert_int_eq(mount("tmpfs", tree_path(&place.root, "/srv/beside/inner"), "tmpfs", 0, NULL), 0);
        tree_add(&place.root, &(struct tree_entry){ "/srv/beside/inner/foo", 0644, "inner\n" });
        open_place(&place, state.path, LIST("/etc/foo", "/srv/foo", "/srv/beside/inner/foo"));

        stage = new_stage(&place, "stage", NULL);
        expect(&place, stage, true, cat, "old\nold\ninner\n");
        ck_assert_uint_eq(count_mounts(stage, true), 2);
        ck_assert_uint_eq(count_mounts(stage, false), 0);
        expect(&place, stage, false, cat, "old\nold\ninner\n");

        expect(&place, stage, true, "echo new >srv/foo/file", "");
        ck_assert_uint_eq(count_mounts(stage, false), 2);
        expect(&place, stage, false, cat, "old\nnew\ninner\n");

        above = new_stage(&place, "above", stage);
        ck_assert_uint_eq(count_mounts(above, false), 2);
        expect(&place, above, false, cat, "old\nnew\ninner\n");
}
END_TEST

/* ---- Stages on each other -------------------------------------------------------------------- */

static const char *const scripts[] = {
        "cd srv && mv foo/dir foo/one && echo 1 >foo/changed && rm foo/gone",
        "cd srv && cat foo/changed && mv foo/one foo/two && echo 2 >>foo/changed && echo back >foo/gone",
        "cd srv && cat foo/changed foo/gone && mv foo/two foo/three && chmod 700 foo && rm foo/kept && mkdir foo/kept",
        "cd srv && ls foo foo/three foo/kept && cat foo/three/file foo/changed && rm -r foo && echo 4 >foo",
};

static const char *const outputs[] = {
        "",
        "1\n",
        "1\n2\nback\n",
        "foo:\nchanged\ngone\nkept\nreplaced\nthree\n\nfoo/kept:\n\nfoo/three:\nfile\nold\n1\n2\n",
};

static void expect_lower(const struct stage *stage, const char *path, const char *output)
{
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int lower = stage_open_lower(stage, 0, &error);
        _cleanup_free_ char *got = NULL;

        ck_assert_msg(lower >= 0, "%s", error_text(&error));
        ck_assert_int_eq(fcntl(lower, F_SETFD, 0), 0);
        got = shell_output("cd /proc/self/fd/%d && ls -d . .. >/dev/null && cat %s 2>&1 | sed 's/.*: //'", lower, path);
        ck_assert_str_eq(got, output);
}

/* The second time with the stages inside their own area. */
START_TEST(test_stack)
{
        _cleanup_(root_done) struct root elsewhere = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        struct stage *stages[ELEMENTSOF(scripts)];
        _cleanup_free_ char *before = NULL, *after = NULL;
        char state[PATH_MAX];

        add_sample(&place.root);
        snprintf(state, sizeof(state), "%s", tree_path(_i == 0 ? &elsewhere : &place.root, "/srv/state"));
        ck_assert_int_eq(shell("mkdir -p %s", state), 0);
        open_place(&place, state, LIST("/srv/foo"));
        before = shell_output("cat /proc/self/mountinfo; cd %s/srv && find . -not -path './state*'", place.root.path);
        for (size_t i = 0; i < ELEMENTSOF(scripts); i++) {
                char name[8];

                snprintf(name, sizeof(name), "%zu", i);
                stages[i] = new_stage(&place, name, i > 0 ? stages[i - 1] : NULL);
                expect(&place, stages[i], true, scripts[i], outputs[i]);
        }
        for (unsigned twice = 0; twice < 2; twice++) {
                expect(&place, stages[1], false, "cd srv && cat foo/two/file foo/changed foo/gone",
                       "old\n1\n2\nback\n");
                expect(&place, stages[3], false, "cd srv && cat foo beside/file", "4\nold\n");
                expect_lower(stages[0], "srv/foo/changed", "old\n");
                expect_lower(stages[1], "srv/foo/changed", "1\n");
                expect_lower(stages[2], "srv/foo/changed", "1\n2\n");
                expect_lower(stages[3], "srv/foo/three/file", "old\n");
                expect_lower(stages[3], "srv/foo/kept", "Is a directory\n");
                expect_lower(stages[3], "srv/foo/two/file", "No such file or directory\n");
        }
        after = shell_output("cat /proc/self/mountinfo; cd %s/srv && find . -not -path './state*'", place.root.path);
        ck_assert_str_eq(after, before);
        for (size_t i = ELEMENTSOF(stages); i-- > 0;)
                stage_free(stages[i]);
}
END_TEST

/* ---- Callers --------------------------------------------------------------------------------- */

/* A caller without standard streams: files that are opened get their numbers. */
START_TEST(test_closed_streams)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        _cleanup_free_ char *output = NULL;
        int saved[3];

        add_files(&place.root, LIST("/srv/foo", "/etc/foo", "/var/foo", "/var/beside"));
        open_place(&place, state.path, LIST("/srv/foo", "/etc/foo", "/var/foo"));
        stage = new_stage(&place, "stage", NULL);
        for (int fd = 0; fd < 3; fd++) {
                saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
                close(fd);
        }
        output =
                run(&place, stage, true,
                    "for d in srv etc var; do echo new >$d/foo; done; cat */foo; (: >/etc/beside) || echo refused >&2");
        for (int fd = 0; fd < 3; fd++) {
                ck_assert_int_eq(dup2(saved[fd], fd), fd);
                close(saved[fd]);
        }
        ck_assert_ptr_nonnull(strstr(output, "new\nnew\nnew\n"));
        ck_assert_ptr_nonnull(strstr(output, "refused\n"));
}
END_TEST

START_TEST(test_space)
{
        _cleanup_(root_done) struct root state = tree_new();
        _cleanup_place_ struct place place = { .root = tree_new() };
        _cleanup_(stage_freep) struct stage *stage = NULL;
        char text[STAGE_SPACE_MAX], wanted[PATH_MAX + 128];

        filesystem_leave_mounts(&place.root);
        ck_assert_int_eq(mount("tmpfs", state.path, "tmpfs", 0, "size=4m"), 0);
        add_files(&place.root, LIST("/srv/foo"));
        open_place(&place, state.path, LIST("/srv/foo"));
        stage = new_stage(&place, "stage", NULL);
        ck_assert_str_eq(stage_explain_space(stage, text, sizeof(text)), "");

        expect(&place, stage, true, "head -c 8M /dev/zero >srv/foo 2>/dev/null || echo full", "full\n");
        snprintf(wanted, sizeof(wanted), "; only 0 KiB are free on the file system of %s/stage", state.path);
        ck_assert_str_eq(stage_explain_space(stage, text, sizeof(text)), wanted);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("stage");
        TCase *made = trees_case(s, "made", TIMEOUT_SEC), *views = trees_case(s, "views", TIMEOUT_SEC),
              *stacks = trees_case(s, "stacks", TIMEOUT_SEC), *callers = trees_case(s, "callers", TIMEOUT_SEC);

        tcase_add_test(made, test_new);
        tcase_add_test(made, test_begin);
        tcase_add_test(made, test_nothing_declared);
        tcase_add_test(made, test_no_room);
        tcase_add_test(made, test_an_empty_root);

        tcase_add_test(views, test_check_sees_what_migrate_did);
        tcase_add_test(views, test_shields);
        tcase_add_test(views, test_vanished_mounts);
        tcase_add_test(views, test_stage_is_out_of_reach);
        tcase_add_test(views, test_no_way_around);
        tcase_add_loop_test(views, test_file_systems, 0, 2);
        tcase_add_test(views, test_mounts_within);
        tcase_add_test(views, test_untouched);

        tcase_add_loop_test(stacks, test_stack, 0, 2);

        tcase_add_test(callers, test_closed_streams);
        tcase_add_test(callers, test_space);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
