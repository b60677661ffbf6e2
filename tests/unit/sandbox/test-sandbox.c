/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program in a sandbox can write, found out by programs that try it. */

#include "../support/boxed.h"
#include "../support/filesystem.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

#define TIMEOUT_SEC 120

#define READ_ONLY "Read-only file system"

/* Fails the test unless each command fails, and says that the file system is read-only. */
static void expect_read_only(const struct box *box, const char *command)
{
        _cleanup_(run_done) struct run run;

        box_run(box, &run, "%s", command);
        ck_assert_msg(run.result.status != 0, "succeeded: %s", command);
        ck_assert_msg(strstr(run.output, READ_ONLY) != NULL, "%s: %s", command, run.output);
}

static void expect(const struct box *box, const char *script, const char *output)
{
        _cleanup_free_ char *got = box_output(box, "%s", script);

        ck_assert_str_eq(got, output);
}

/* ---- Nothing, while it checks ---------------------------------------------------------------- */

static const char *const writes[] = {
        ": >/deploy-migrate-test",
        ": >/etc/deploy-migrate-test",
        ": >/root/deploy-migrate-test",
        ": >/var/lib/deploy-migrate-test",
        ": >/dev/deploy-migrate-test",
        ": >/proc/sys/kernel/hostname",
        "mkdir /usr/deploy-migrate-test",
        "ln -s x /etc/deploy-migrate-test",
        "mknod /etc/deploy-migrate-test p",
        "touch /etc/passwd",
        ": >>/etc/passwd",
        "chmod 644 /etc/passwd",
        "chown root /etc/passwd",
};

START_TEST(test_check_writes_nothing_on_the_system)
{
        const struct box box = { .manifest = "{'writes':['/etc','/tmp'],'network':true}" };

        expect_read_only(&box, writes[_i]);
}
END_TEST

static const char *const changes[] = {
        ": >new",       ": >>file",   "rm file",   "mv file other", "ln file other",      "chmod 600 file",
        "chown 1 file", "touch file", "mkdir new", "rmdir dir",     "truncate -s 0 file",
};

START_TEST(test_check_writes_nothing_in_a_root)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .manifest = "{'writes':['/etc']}" };
        char command[256];

        tree_add(&root, &(struct tree_entry){ "/etc/file", 0644, "content" });
        tree_add(&root, &(struct tree_entry){ "/etc/dir", S_IFDIR | 0755, NULL });
        snprintf(command, sizeof(command), "cd %s/etc || exit 0; %s", root.path, changes[_i]);
        expect_read_only(&box, command);
}
END_TEST

START_TEST(test_check_reads_and_discards)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root };
        char script[256];

        tree_add(&root, &(struct tree_entry){ "/etc/file", 0600, "content\n" });
        snprintf(script, sizeof(script), "cat %s/etc/file; echo gone >/dev/null", root.path);
        expect(&box, script, "content\n");
}
END_TEST

/* ---- What is declared, while it migrates ----------------------------------------------------- */

struct case_ {
        struct tree_entry entries[4];
        const char *manifest;
        const char *script; /* in the root */
        const char *output;
};

/*
 * "w" writes the file and prints its name, or the reason why it can't. What isn't declared can be written if it is in the same area: the
 * stage's changes tell.
 */
#define W "w() { (echo written >$1) 2>/dev/null && echo $1 || { : >>$1; } 2>&1 | sed 's/.*: //'; }\n"

static const struct case_ cases[] = {
        { { { "/etc/foo/old", 0644, "old" }, { "/etc/bar", S_IFDIR | 0755, NULL }, { "/etc/beside", 0644, "old" } },
          "{'writes':['/etc/foo']}",
          "w etc/foo/new; w etc/foo/old; w etc/bar/new; w etc/beside; w new; rm etc/foo/old && mv etc/foo/new "
          "etc/foo/old; ls etc/foo",
          "etc/foo/new\netc/foo/old\netc/bar/new\netc/beside\nnew\nold\n" },
        /* Itself, too. */
        { { { "/etc/foo/old", 0644, "old" } },
          "{'writes':['/etc/foo']}",
          "mv etc/foo etc/.foo && mkdir etc/foo && mv etc/.foo etc/foo/sub && find etc/foo | sort",
          "etc/foo\netc/foo/sub\netc/foo/sub/old\n" },
        { { { "/etc/beside", 0644, "old" } },
          "{'writes':['/etc/foo']}",
          "ls etc; mkdir etc/foo && w etc/foo/new; rm -r etc/foo; w etc/foo; w etc/beside",
          "beside\netc/foo/new\netc/foo\netc/beside\n" },
        { { { "/etc/beside", 0644, "old" } },
          "{'writes':['/etc/a/b/c']}",
          "mkdir -p etc/a/b/c && w etc/a/b/c/new; w etc/beside",
          "etc/a/b/c/new\netc/beside\n" },
        /* Nested paths, in both orders. */
        { { { "/srv/a/b", S_IFDIR | 0755, NULL }, { "/srv/beside", 0644, "old" } },
          "{'writes':['/srv/a/b','/srv/a']}",
          "w srv/a/1; w srv/a/b/2; w srv/beside",
          "srv/a/1\nsrv/a/b/2\nsrv/beside\n" },
        { { { "/srv/a/b/c/d", S_IFDIR | 0755, NULL } },
          "{'writes':['/srv/a','/srv/a/b/c/d','/srv/a/b']}",
          "w srv/a/1; w srv/a/b/2; w srv/a/b/c/3; w srv/a/b/c/d/4; w 5",
          "srv/a/1\nsrv/a/b/2\nsrv/a/b/c/3\nsrv/a/b/c/d/4\n5\n" },
        /* Areas below shields of another one. */
        { { { "/srv/a", S_IFDIR | 0755, NULL }, { "/srv/b/c", S_IFDIR | 0755, NULL }, { "/srv/b/d", 0644, "old" } },
          "{'writes':['/srv/a','/srv/b/c']}",
          "w srv/a/1; w srv/b/c/2; w srv/b/d",
          "srv/a/1\nsrv/b/c/2\nsrv/b/d\n" },
        { { { "/srv/a", S_IFDIR | 0755, NULL }, { "/srv/ab", S_IFDIR | 0755, NULL } },
          "{'writes':['/srv/a']}",
          "w srv/a/1; w srv/ab/2",
          "srv/a/1\nsrv/ab/2\n" },
        /* Behind a link. */
        { { { "/data/real", S_IFDIR | 0755, NULL },
            { "/data/beside", 0644, "old" },
            { "/etc/foo", S_IFLNK, "../data/real" } },
          "{'writes':['/etc/foo']}",
          "w etc/foo/1; w data/real/2; w data/beside; ls data/real; rm etc/foo && mkdir etc/foo; w etc/foo/3",
          "etc/foo/1\ndata/real/2\ndata/beside\n1\n2\netc/foo/3\n" },
        { { { "/data/foo", S_IFDIR | 0755, NULL }, { "/data/beside", 0644, "old" }, { "/etc", S_IFLNK, "data" } },
          "{'writes':['/etc/foo']}",
          "w etc/foo/1; w etc/beside",
          "etc/foo/1\netc/beside\n" },
        /* The same twice. */
        { { { "/data", S_IFDIR | 0755, NULL }, { "/link", S_IFLNK, "data" }, { "/beside", 0644, "old" } },
          "{'writes':['/data','/link']}",
          "w data/1; w link/2; w beside",
          "data/1\nlink/2\nbeside\n" },
        /* A single file, with the temporary one that replaces it. */
        { { { "/etc/foo.conf", 0644, "old\n" }, { "/etc/beside", 0644, "old" } },
          "{'writes':['/etc/foo.conf']}",
          "w etc/beside; sed -i s/old/new/ etc/foo.conf; cat etc/foo.conf; w etc/foo.conf; cat etc/foo.conf; ls etc",
          "etc/beside\nnew\netc/foo.conf\nwritten\nbeside\nfoo.conf\n" },
        { { { "/data/real.conf", 0644, "old" },
            { "/data/beside", 0644, "old" },
            { "/etc/foo.conf", S_IFLNK, "../data/real.conf" } },
          "{'writes':['/etc/foo.conf']}",
          "w etc/foo.conf; w data/beside; cat data/real.conf",
          "etc/foo.conf\ndata/beside\nwritten\n" },
        /* Nothing at all. */
        { { { "/etc/foo", S_IFDIR | 0755, NULL } },
          "{'writes':[]}",
          "w etc/foo/1; w 2; ls",
          READ_ONLY "\n" READ_ONLY "\netc\n" },
        /* A name that needs care. */
        { { { "/srv/with blank, \xc3\xbc:", S_IFDIR | 0755, NULL }, { "/srv/beside", 0644, "old" } },
          "{'writes':['/srv/with blank, \xc3\xbc:']}",
          "cd srv/with*; w 1; w ../beside",
          "1\n../beside\n" },
        { { { "/srv/with blank, \xc3\xbc:\\/foo", S_IFDIR | 0755, NULL },
            { "/srv/with blank, \xc3\xbc:\\/\n", 0644, "old" } },
          "{'writes':['/srv/with blank, \xc3\xbc:\\\\/foo']}",
          "cd srv/with*; w foo/1; (: >'\n') && echo beside",
          "foo/1\nbeside\n" },
};

static void add_entries(const struct root *root, const struct case_ *c)
{
        for (size_t i = 0; i < ELEMENTSOF(c->entries) && c->entries[i].path; i++)
                tree_add(root, &c->entries[i]);
}

/* Everything that changes if a file is changed. */
static char *describe(const struct root *root)
{
        return shell_output("cd %s && find . -printf '%%p %%y %%m %%s %%T@ %%C@\n' | sort", root->path);
}

START_TEST(test_migrate_writes_what_is_declared)
{
        const struct case_ *c = &cases[_i];
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = true, .manifest = c->manifest };
        _cleanup_free_ char *script = NULL, *before = NULL, *after = NULL;

        add_entries(&root, c);
        before = describe(&root);
        ck_assert_int_ge(asprintf(&script, W "cd %s || exit; %s", root.path, c->script), 0);
        expect(&box, script, c->output);
        after = describe(&root);
        ck_assert_str_eq(after, before);
        expect_read_only(&box, ": >/etc/deploy-migrate-test");
}
END_TEST

/* The root isn't below /tmp, whose private tmpfs the overlays would be attached in. */
START_TEST(test_migrate_outside_of_tmp)
{
        const struct case_ *c = &cases[_i];
        _cleanup_(root_done) struct root tree = tree_new(), root = { .fd = -EBADF };
        const struct box box = { .root = &root, .migrate = true, .manifest = c->manifest };
        _cleanup_free_ char *script = NULL;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount(tree.path, "/mnt", "none", MS_BIND, NULL), 0);
        ck_assert_int_eq(root_init(&root, "/mnt"), 0);

        add_entries(&root, c);
        ck_assert_int_ge(asprintf(&script, W "cd /mnt || exit; %s", c->script), 0);
        expect(&box, script, c->output);
        ck_assert_int_eq(umount2("/mnt", MNT_DETACH), 0);
}
END_TEST

/* ---- File systems within --------------------------------------------------------------------- */

/* Mounts below a declared path stay as writable as they were; mounts elsewhere are read-only. */
START_TEST(test_mounts_within)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = true, .manifest = "{'writes':['/srv/a']}" };
        _cleanup_free_ char *script = NULL;

        filesystem_leave_mounts(&root);
        tree_add(&root, &(struct tree_entry){ "/srv/a/sub", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/srv/a/locked", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/other", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(mount("tmpfs", tree_path(&root, "/srv/a/sub"), "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", tree_path(&root, "/srv/a/locked"), "tmpfs", MS_RDONLY, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", tree_path(&root, "/other"), "tmpfs", 0, NULL), 0);
        tree_add(&root, &(struct tree_entry){ "/other/file", 0644, "file\n" });

        ck_assert_int_ge(asprintf(&script,
                                  W "cd %s; w srv/a/1; w srv/a/sub/2; w srv/a/locked/3; w other/4; w 5; cat other/file",
                                  root.path),
                         0);
        expect(&box, script, "srv/a/1\nsrv/a/sub/2\n" READ_ONLY "\n" READ_ONLY "\n5\nfile\n");
        ck_assert_int_ne(shell("cd %s && cat srv/a/1 srv/a/sub/2 2>/dev/null", root.path), 0);
}
END_TEST

/* ---- Covers ---------------------------------------------------------------------------------- */

#define DESCRIBE "stat -c '%%a %%u %%g %%Y' . && find . -type f | sort"

/* A cover shows what it covers, whatever it is called, with the directory's own attributes; but its fifos are dead. */
START_TEST(test_covers)
{
        static const char *const names[] = { "plain", "a:b\\c,d=e", "x/" };
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = _i % 2, .manifest = "{'writes':['/declared']}" };
        _cleanup_free_ char *directory = NULL, *before = NULL, *inside = NULL;
        char name[300];

        filesystem_leave_mounts(&root);
        snprintf(name, sizeof(name), "%s%0*d", names[_i / 2], _i / 2 == 2 ? 200 : 1, 0);
        tree_add(&root, &(struct tree_entry){ "/declared", S_IFDIR | 0755, NULL });
        ck_assert_int_ge(asprintf(&directory, "%s/%s/%0*d", root.path, name, _i / 2 == 2 ? 200 : 1, 0), 0);
        ck_assert_int_eq(shell("mkdir -p '%s' && mount -t tmpfs -o mode=751 none '%s' && cd '%s' && chown 7:8 . && "
                               "echo x >file && mkfifo fifo && mkdir sub && touch -d @77 .",
                               directory, directory, directory),
                         0);
        before = shell_output("cd '%s' && " DESCRIBE, directory);
        inside = box_output(&box,
                            "cd '%s' && " DESCRIBE "; exec 2>/dev/null\n"
                            "timeout 5 sh -c ': <>fifo; echo x >fifo & cat fifo'",
                            directory);
        ck_assert_ptr_nonnull(str_startswith(inside, before));
        ck_assert_str_eq(inside + strlen(before), "x\n"); /* between the sandbox's own processes it works */
        ck_assert_int_eq(shell("cd '%s' && timeout 1 cat fifo", directory), 124);
}
END_TEST

/* A file system that can't be a layer, as one on two others: its files are there all the same. */
START_TEST(test_no_layer)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = _i, .manifest = "{'writes':['/declared']}" };
        _cleanup_free_ char *inside = NULL;

        filesystem_leave_mounts(&root);
        ck_assert_int_eq(shell("cd %s && mkdir declared a b c top && echo x >a/file && echo x >single && : >over &&\n"
                               "mount --bind single over &&\n"
                               "mount -t overlay -o lowerdir=a:c none b && mount -t overlay -o lowerdir=b:c none top",
                               root.path),
                         0);
        inside =
                box_output(&box, "cd %s && cat top/file over; (: >top/file) 2>&1 | grep -o '%s'", root.path, READ_ONLY);
        ck_assert_str_eq(inside, "x\nx\n" READ_ONLY "\n");
}
END_TEST

/* Of which overlayfs finds no files in Linux 6.1. */
START_TEST(test_a_file_system_that_can_ignore_case)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = _i, .manifest = "{'writes':['/declared']}" };
        _cleanup_free_ char *inside = NULL;

        filesystem_leave_mounts(&root);
        tree_add(&root, &(struct tree_entry){ "/declared", S_IFDIR | 0755, NULL });
        if (!filesystem_mount_casefold(&root, "/disk")) {
                puts("SKIP: the kernel's ext4 can't ignore case");
                return;
        }
        inside = box_output(&box, "cd %s && cat disk/file; (: >disk/file) 2>&1 | grep -o '%s'", root.path, READ_ONLY);
        ck_assert_str_eq(inside, "x\n" READ_ONLY "\n");
}
END_TEST

/* Even if the system's mounts are shared with all namespaces, as systemd has it. */
START_TEST(test_no_mount_leaks)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = true, .manifest = "{'writes':['/etc/foo','/tmp']}" };
        _cleanup_free_ char *before = NULL, *after = NULL, *output = NULL;

        filesystem_leave_mounts(&root);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_SHARED, NULL), 0);
        before = shell_output("cat /proc/self/mountinfo");
        output = box_output(&box, "true");
        after = shell_output("cat /proc/self/mountinfo");
        ck_assert_str_eq(after, before);
}
END_TEST

static Suite *suite(void)
{
        TCase *check = tcase_create("check"), *migrate = tcase_create("migrate"), *mounts = tcase_create("mounts");
        Suite *s = suite_create("sandbox");

        tcase_set_timeout(check, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(check, trees_setup, trees_teardown);
        tcase_add_loop_test(check, test_check_writes_nothing_on_the_system, 0, (int)suite_repeats(ELEMENTSOF(writes)));
        tcase_add_loop_test(check, test_check_writes_nothing_in_a_root, 0, (int)suite_repeats(ELEMENTSOF(changes)));
        tcase_add_test(check, test_check_reads_and_discards);
        suite_add_tcase(s, check);

        tcase_set_timeout(migrate, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(migrate, trees_setup, trees_teardown);
        tcase_add_loop_test(migrate, test_migrate_writes_what_is_declared, 0, (int)suite_repeats(ELEMENTSOF(cases)));
        tcase_add_loop_test(migrate, test_migrate_outside_of_tmp, 0, (int)suite_repeats(ELEMENTSOF(cases)));
        suite_add_tcase(s, migrate);

        tcase_set_timeout(mounts, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(mounts, trees_setup, trees_teardown);
        tcase_add_test(mounts, test_mounts_within);
        tcase_add_loop_test(mounts, test_covers, 0, 6);
        tcase_add_loop_test(mounts, test_no_layer, 0, 2);
        tcase_add_loop_test(mounts, test_a_file_system_that_can_ignore_case, 0, 2);
        tcase_add_test(mounts, test_no_mount_leaks);
        suite_add_tcase(s, mounts);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
