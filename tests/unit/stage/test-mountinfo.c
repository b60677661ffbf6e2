/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/mountinfo.h"

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

/* ---- The text -------------------------------------------------------------------------------- */

#define ROOT "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"

/* "<path>=<type>", ",ro" if it is read-only, ",user" if a user mounted it, and a blank. */
static char *describe(const struct mountinfo *mounts)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; i < mounts->n; i++)
                fprintf(stream, "%s=%s%s%s ", mounts->points[i].path, mounts->points[i].type,
                        mounts->points[i].read_only ? ",ro" : "", mounts->points[i].user != 0 ? ",user" : "");
        fclose(stream);
        return text;
}

static const struct {
        const char *text;
        const char *mounts;
} texts[] = {
        { "", "" },
        { ROOT, "/=ext4 " },
        /* A mount of a user. */
        { "22 1 0:9 / / rw - fuse.sshfs a rw,user_id=1000,group_id=100\n", "/=fuse.sshfs,user " },
        { "22 1 0:9 / / rw - fuse.sshfs a rw,user_id=0,group_id=0\n", "/=fuse.sshfs " },
        { "22 1 0:9 / / rw - overlay a rw,user_id=7\n", "/=overlay " },
        /* Any number of optional fields. */
        { "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "/=ext4 " },
        { "22 1 8:1 / / rw shared:1 master:7 propagate_from:2 - ext4 /dev/sda1 rw\n", "/=ext4 " },
        /* Without a newline at the end, without a source. */
        { "22 1 0:1 / / rw -  tmpfs  rw", "/= " },
        { "22 1 0:1 / / rw - tmpfs  rw", "/=tmpfs " },
        /* The mount or the file system is read-only; other words only begin like that. */
        { ROOT "23 22 8:2 / /a ro,relatime - ext4 /dev/sdb rw\n", "/=ext4 /a=ext4,ro " },
        { ROOT "23 22 8:2 / /a rw,relatime - ext4 /dev/sdb ro\n", "/=ext4 /a=ext4,ro " },
        { ROOT "23 22 8:2 / /a rw,ro - ext4 /dev/sdb rotten\n", "/=ext4 /a=ext4 " },
        /* Names. */
        { ROOT "23 22 8:2 / /with\\040blank\\012\\134 rw - fuse.sshfs me@there:/x\\040y rw\n",
          "/=ext4 /with blank\n\\=fuse.sshfs " },
        { ROOT "23 22 8:2 / /- rw - ext4 - rw\n", "/=ext4 /-=ext4 " },
        /* One covers the other, at the same path. */
        { ROOT "23 22 8:2 / /a rw - ext4 x rw\n24 23 0:2 / /a rw - tmpfs x ro\n", "/=ext4 /a=tmpfs,ro " },
        /* Hidden by a later mount, at a parent directory or over the mount that it is attached to. */
        { ROOT "23 22 8:2 / /a/b rw - ext4 x rw\n24 22 0:2 / /a rw - tmpfs x rw\n", "/=ext4 /a=tmpfs " },
        { ROOT "23 22 8:2 / /a rw - ext4 x rw\n24 23 8:2 / /a/b rw - ext4 x rw\n25 23 0:2 / /a rw - tmpfs x rw\n"
               "26 25 0:3 / /a/b rw - proc x rw\n",
          "/=ext4 /a=tmpfs /a/b=proc " },
        { ROOT "23 22 8:2 / /a/b rw - ext4 x rw\n24 23 8:2 / /a/b/c rw - ext4 x rw\n25 22 0:2 / /a rw - tmpfs x rw\n",
          "/=ext4 /a=tmpfs " },
        /* That is another name. */
        { ROOT "23 22 8:2 / /ab rw - ext4 x rw\n24 22 0:2 / /a rw - tmpfs x rw\n", "/=ext4 /ab=ext4 /a=tmpfs " },
        /* In a chroot: mounts outside of it aren't listed. */
        { "23 22 8:2 / /a rw - ext4 x rw\n24 22 0:2 / /b rw - tmpfs x rw\n", "/a=ext4 /b=tmpfs " },
};

START_TEST(test_parse)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        _cleanup_free_ char *got = NULL;

        ck_assert_int_eq(mountinfo_parse(texts[_i].text, &mounts), 0);
        got = describe(mounts);
        ck_assert_str_eq(got, texts[_i].mounts);
}
END_TEST

static const char *const bad_texts[] = {
        "x\n",
        "22 1 8:1 / / rw\n",
        "22 1 8:1 / / rw shared:1 ext4 x rw\n",
        "22 1 8:1 / / rw - ext4 x\n",
        "22 1 8:1 / /a\\04 rw - ext4 x rw\n",
        ROOT "23 22 8:1\n",
};

START_TEST(test_parse_bad)
{
        struct mountinfo *mounts = NULL;

        ck_assert_int_eq(mountinfo_parse(bad_texts[_i], &mounts), -EBADMSG);
        ck_assert_ptr_null(mounts);
}
END_TEST

/* ---- Finding --------------------------------------------------------------------------------- */

static const struct {
        const char *path;
        const char *mount;
} finds[] = {
        { "/", "/" },       { "/srv", "/" },    { "/a", "/a" },       { "/ab", "/" },
        { "/a/x/y", "/a" }, { "/a/b", "/a/b" }, { "/a/b/c", "/a/b" },
};

START_TEST(test_find)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;

        ck_assert_int_eq(
                mountinfo_parse("24 23 0:2 / /a/b rw - tmpfs x rw\n23 22 8:2 / /a rw - ext4 x rw\n" ROOT, &mounts), 0);
        ck_assert_str_eq(mountinfo_find(mounts, finds[_i].path)->path, finds[_i].mount);
}
END_TEST

START_TEST(test_find_none)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;

        ck_assert_int_eq(mountinfo_parse("23 22 8:2 / /a rw - ext4 x rw\n", &mounts), 0);
        ck_assert_ptr_null(mountinfo_find(mounts, "/srv"));
}
END_TEST

/* ---- This system ----------------------------------------------------------------------------- */

static const struct mount_point *find_exact(const struct mountinfo *mounts, const char *path)
{
        const struct mount_point *point = mountinfo_find(mounts, path);

        return point && streq(point->path, path) ? point : NULL;
}

/* The kernel's own table. */
START_TEST(test_read)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        _cleanup_(root_done) struct root root = tree_new();
        const char *path;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        tree_add(&root, &(struct tree_entry){ "/a/with blank\n", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/b/c", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/file", 0644, NULL });
        ck_assert_int_eq(mount("x", tree_path(&root, "/a/with blank\n"), "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(mount("x", tree_path(&root, "/b/c"), "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(mount("x", tree_path(&root, "/b"), "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(mount("x", tree_path(&root, "/b"), "proc", MS_RDONLY, NULL), 0);
        ck_assert_int_eq(mount("/proc/version", tree_path(&root, "/file"), "", MS_BIND, NULL), 0);

        ck_assert_int_eq(mountinfo_read(&mounts), 0);
        path = tree_path(&root, "/a/with blank\n");
        ck_assert_str_eq(find_exact(mounts, path)->type, "tmpfs");
        ck_assert(!find_exact(mounts, path)->read_only);
        ck_assert_str_eq(find_exact(mounts, tree_path(&root, "/b"))->type, "proc");
        ck_assert(find_exact(mounts, tree_path(&root, "/b"))->read_only);
        ck_assert_ptr_null(find_exact(mounts, tree_path(&root, "/b/c")));
        ck_assert_str_eq(find_exact(mounts, tree_path(&root, "/file"))->type, "proc");
}
END_TEST

/* A table is kept for as long as it says what the system's says. */
START_TEST(test_renew)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        _cleanup_(root_done) struct root root = tree_new();
        const struct mountinfo *before;
        const char *path = tree_path(&root, "/a");

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        tree_add(&root, &(struct tree_entry){ "/a", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(mountinfo_renew(&mounts, NULL), 0);
        ck_assert_ptr_null(find_exact(mounts, path));
        ck_assert_int_eq(mount("x", path, "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(mountinfo_renew(&mounts, NULL), 0);
        ck_assert(!find_exact(mounts, path)->read_only);
        ck_assert_int_eq(mount("x", path, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
        ck_assert_int_eq(mountinfo_renew(&mounts, NULL), 0);
        ck_assert(find_exact(mounts, path)->read_only);
        before = mounts;
        ck_assert_int_eq(mountinfo_renew(&mounts, NULL), 0);
        ck_assert_ptr_eq(mounts, before);
        ck_assert_int_eq(umount(path), 0);
        ck_assert_int_eq(mountinfo_renew(&mounts, NULL), 0);
        ck_assert_ptr_null(find_exact(mounts, path));
}
END_TEST

/* We find the same mount as findmnt. */
START_TEST(test_all_of_them)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;

        if (shell("command -v findmnt >/dev/null") != 0) {
                puts("SKIP: findmnt (package util-linux) isn't there");
                return;
        }
        ck_assert_int_eq(mountinfo_read(&mounts), 0);
        ck_assert_uint_gt(mounts->n, 0);
        for (size_t i = 0; i < mounts->n; i++) {
                _cleanup_free_ char *type = NULL;

                if (strchr(mounts->points[i].path, '\'') || streq(mounts->points[i].type, "autofs"))
                        continue;
                type = shell_output("stat -c '' '%s' && findmnt -n -o FSTYPE -T '%s' | tail -n 1 | tr -d '\\n'",
                                    mounts->points[i].path, mounts->points[i].path);
                ck_assert_msg(strstr(type, mounts->points[i].type) != NULL, "%s: %s, not %s", mounts->points[i].path,
                              type, mounts->points[i].type);
        }
}
END_TEST

static Suite *suite(void)
{
        TCase *pure = tcase_create("text"), *system = tcase_create("system");
        Suite *s = suite_create("mounts");

        tcase_add_loop_test(pure, test_parse, 0, ELEMENTSOF(texts));
        tcase_add_loop_test(pure, test_parse_bad, 0, ELEMENTSOF(bad_texts));
        tcase_add_loop_test(pure, test_find, 0, ELEMENTSOF(finds));
        tcase_add_test(pure, test_find_none);
        suite_add_tcase(s, pure);

        tcase_set_timeout(system, 60);
        tcase_add_unchecked_fixture(system, trees_setup, trees_teardown);
        tcase_add_test(system, test_renew);
        tcase_add_test(system, test_read);
        tcase_add_test(system, test_all_of_them);
        suite_add_tcase(s, system);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
