/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real overlays, on trees of a tmpfs, in a mount namespace for each test. */

#include "../support/filesystem.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "stage/overlay.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define TIMEOUT_SEC 60
#define LAYERS_MAX  100

/* Paths of the tree; lower ones are ended by NULL. */
struct layers {
        const char *lower[LAYERS_MAX + 1];
        const char *upper;
        const char *work; /* NULL: /work */
        bool read_only;
};

static int open_layer(const struct root *root, const char *path)
{
        int fd;

        if (!strchr(path + 1, '.'))
                tree_add(root, &(struct tree_entry){ path, S_IFDIR | 0755, NULL });
        fd = root_open(root, path, O_PATH);
        ck_assert_msg(fd >= 0, "can't open %s: %s", path, strerror(-fd));
        return fd;
}

static int try(const struct root *root, const struct layers *layers, struct error *error)
{
        _cleanup_close_ int upper = -EBADF, work = -EBADF;
        int lower[LAYERS_MAX], fd;
        size_t n = 0;

        for (; layers->lower[n]; n++)
                lower[n] = open_layer(root, layers->lower[n]);
        if (layers->upper) {
                upper = open_layer(root, layers->upper);
                work = open_layer(root, layers->work ?: "/work");
        }
        fd = overlay_mount(&(struct overlay){ .lower = lower,
                                              .n_lower = n,
                                              .upper = upper,
                                              .work = work,
                                              .read_only = layers->read_only,
                                              .path = "/srv/x" },
                           error);
        while (n-- > 0)
                close(lower[n]);
        return fd;
}

/* Attaches it at @path, as the sandbox does. */
static void attach(const struct root *root, const struct layers *layers, const char *path)
{
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int fd = try(root, layers, &error);

        ck_assert_msg(fd >= 0, "%s", error_text(&error));
        ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        tree_add(root, &(struct tree_entry){ path, S_IFDIR | 0755, NULL });
        ck_assert_int_eq(move_mount(fd, "", -EBADF, tree_path(root, path), MOVE_MOUNT_F_EMPTY_PATH), 0);
}

/* In the tree. */
static void expect(const struct root *root, const char *script, const char *output)
{
        _cleanup_free_ char *got =
                shell_output("cd %s && { LC_ALL=C; export LC_ALL; %s; true; } 2>&1", root->path, script);

        ck_assert_str_eq(got, output);
}

/* ---- What can be done in it ------------------------------------------------------------------ */

START_TEST(test_changes_land_in_the_upper_layer)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);

        tree_add(&root, &(struct tree_entry){ "/real/old", 0644, "old\n" });
        tree_add(&root, &(struct tree_entry){ "/real/gone", 0644, "gone\n" });
        attach(&root, &(struct layers){ .lower = { "/real" }, .upper = "/upper" }, "/view");
        expect(&root, "echo new >view/new; echo more >>view/old; rm view/gone; ls view; cat view/*; cat real/*",
               "new\nold\nnew\nold\nmore\ngone\nold\n");
        expect(&root, "ls upper; stat -c '%F %t:%T' upper/gone", "gone\nnew\nold\ncharacter special file 0:0\n");
}
END_TEST

/* As /var/lib with a stage in /var/lib/deploy-migrate: the upper layer is inside the lower one. */
START_TEST(test_upper_layer_inside_of_the_lower)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        const struct layers layers = {
                .lower = { "/lib" },
                .upper = "/lib/state/upper",
                .work = "/lib/state/work",
        };

        tree_add(&root, &(struct tree_entry){ "/lib/foo/file", 0644, "old\n" });
        open_layer(&root, "/lib/state/upper");
        attach(&root, &layers, "/lib");
        expect(&root, "echo new >lib/foo/file; cat lib/foo/file; mkdir lib/bar; umount lib; cat lib/foo/file; ls lib",
               "new\nold\nfoo\nstate\n");
        expect(&root, "find lib/state/upper | sort",
               "lib/state/upper\nlib/state/upper/bar\nlib/state/upper/foo\nlib/state/upper/foo/file\n");
}
END_TEST

/* The same read-only, afterwards: nothing can be written, and no further lower layer is needed. */
START_TEST(test_second_look)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        struct layers layers = {
                .lower = { "/lib" },
                .upper = "/lib/state/upper",
                .work = "/lib/state/work",
        };

        tree_add(&root, &(struct tree_entry){ "/lib/foo/file", 0644, "old\n" });
        attach(&root, &layers, "/view");
        expect(&root, "echo new >view/foo/file; mv view/foo view/bar; umount view", "");

        layers.work = "/lib/state/work2";
        layers.read_only = true;
        attach(&root, &layers, "/view");
        expect(&root, "cat view/bar/file; ls view lib; { : >view/new; } 2>&1 | sed 's/.*: //'",
               "new\nlib:\nfoo\nstate\n\nview:\nbar\nstate\nRead-only file system\n");
}
END_TEST

/* Nothing is copied. */
START_TEST(test_rename_of_a_directory)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        char redirect[16] = "";

        tree_add(&root, &(struct tree_entry){ "/real/a/b/file", 0644, "content\n" });
        attach(&root, &(struct layers){ .lower = { "/real" }, .upper = "/upper" }, "/view");
        ck_assert_int_eq(chdir(root.path), 0);
        ck_assert_int_eq(rename("view/a", "view/c"), 0);
        expect(&root, "cat view/c/b/file; ls view; ls upper/c", "content\nc\n");
        ck_assert_int_gt(getxattr("upper/c", "trusted.overlay.redirect", redirect, sizeof(redirect) - 1), 0);
        ck_assert_str_eq(redirect, "a");
        ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* ---- Read-only ------------------------------------------------------------------------------- */

START_TEST(test_no_upper_layer)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);

        tree_add(&root, &(struct tree_entry){ "/one/file", 0644, "one\n" });
        tree_add(&root, &(struct tree_entry){ "/two/file", 0644, "two\n" });
        tree_add(&root, &(struct tree_entry){ "/two/other", 0644, "two\n" });
        attach(&root, &(struct layers){ .lower = { "/one", "/two" } }, "/view");
        expect(&root, "cat view/*; { (: >view/file); rm -f view/other; mkdir view/d; } 2>&1 | sed 's/.*: //'",
               "one\ntwo\nRead-only file system\nRead-only file system\nRead-only file system\n");
}
END_TEST

/* As many as fit with their paths; with their names; and more, which not every kernel takes. */
static const unsigned stacks[] = { 10, 40, LAYERS_MAX };

START_TEST(test_stacked_layers)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        char dirs[LAYERS_MAX][sizeof("/00")], file[sizeof("/00/00")];
        struct layers layers = { .upper = NULL };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *n = NULL;

        for (unsigned i = 0; i < stacks[_i]; i++) {
                snprintf(file, sizeof(file), "/%02u/%02u", i % 100, i % 100);
                tree_add(&root, &(struct tree_entry){ file, 0644, "x" });
                snprintf(dirs[i], sizeof(dirs[i]), "/%02u", i % 100);
                layers.lower[i] = dirs[i];
        }
        fd = try(&root, &layers, &error);
        if (fd < 0) {
                ck_assert_int_eq(fd, -EINVAL);
                ck_assert_msg(stacks[_i] == LAYERS_MAX, "%s", error_text(&error));
                ck_assert_msg(strstr(error_text(&error), "Linux 6.8") != NULL, "%s", error_text(&error));
                puts("SKIP: more layers than this kernel can take one by one");
                return;
        }
        attach(&root, &layers, "/view");
        n = shell_output("ls %s | wc -l", tree_path(&root, "/view"));
        ck_assert_int_eq(atoi(n), stacks[_i]);
}
END_TEST

/* A directory that was moved in one layer is moved again in the next. */
START_TEST(test_stacked_stages)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);

        tree_add(&root, &(struct tree_entry){ "/real/a/file", 0644, "content\n" });
        attach(&root, &(struct layers){ .lower = { "/real" }, .upper = "/1", .work = "/w1" }, "/view");
        expect(&root, "mv view/a view/b; umount view", "");
        attach(&root, &(struct layers){ .lower = { "/1", "/real" }, .upper = "/2", .work = "/w2" }, "/view");
        expect(&root, "ls view; cat view/b/file; mv view/b view/c; umount view", "b\ncontent\n");
        attach(&root, &(struct layers){ .lower = { "/2", "/1", "/real" } }, "/view");
        expect(&root, "ls view; cat view/c/file", "c\ncontent\n");
}
END_TEST

/* ---- Flags of the mount ---------------------------------------------------------------------- */

static const struct {
        unsigned long given;
        unsigned long flags;
} flags[] = {
        { 0, ST_NODEV },
        { MS_NOSUID, ST_NOSUID | ST_NODEV },
        { MS_NODEV, ST_NODEV },
        { MS_NOEXEC, ST_NOEXEC | ST_NODEV },
        { MS_NOSUID | MS_NODEV | MS_NOEXEC, ST_NOSUID | ST_NODEV | ST_NOEXEC },
};

START_TEST(test_flags)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        struct statvfs st;

        tree_add(&root, &(struct tree_entry){ "/real", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(mount("test", tree_path(&root, "/real"), "tmpfs", flags[_i].given, NULL), 0);
        attach(&root, &(struct layers){ .lower = { "/other", "/real" }, .upper = "/upper" }, "/view");
        ck_assert_int_eq(statvfs(tree_path(&root, "/view"), &st), 0);
        ck_assert_uint_eq(st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY), flags[_i].flags);
}
END_TEST

/* ---- What can't be done ---------------------------------------------------------------------- */

static const struct {
        struct layers layers;
        int code;
        const char *message;
} refusals[] = {
        { { .lower = { "/a.file" }, .upper = "/upper" }, -EINVAL, "a.file is not a directory" },
        { { .lower = { "/one" }, .upper = "/a.file" }, -EINVAL, "a.file is not a directory" },
        { { .lower = { "/one" } }, -EINVAL, "dmesg" },
        { { .lower = { "/one/in", "/one" } }, -ELOOP, "dmesg" },
        { { .lower = { "/one" }, .upper = "/upper", .work = "/upper" }, -EINVAL, "/upper: Invalid argument" },
};

START_TEST(test_refusals)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &(struct tree_entry){ "/a.file", 0644, "" });
        ck_assert_int_eq(try(&root, &refusals[_i].layers, &error), refusals[_i].code);
        ck_assert_msg(str_startswith(error_text(&error), "can't mount an overlay over /srv/x") != NULL, "%s",
                      error_text(&error));
        /* Before Linux 6.5 the reason is only in the kernel's log. */
        ck_assert_msg(strstr(error_text(&error), refusals[_i].message) != NULL ||
                              strstr(error_text(&error), "dmesg") != NULL,
                      "%s", error_text(&error));
}
END_TEST

/* An overlay that finds no files, as in Linux 6.1, would make a migration believe that there are none. */
START_TEST(test_a_layer_that_can_ignore_case)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        const struct layers layers = { .lower = { "/disk" }, .upper = "/upper" };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int fd = -EBADF;

        if (!filesystem_mount_casefold(&root, "/disk")) {
                puts("SKIP: the kernel's ext4 can't ignore case");
                return;
        }
        fd = try(&root, &layers, &error);
        if (fd >= 0) {
                attach(&root, &(struct layers){ .lower = { "/disk" }, .upper = "/upper2", .work = "/work2" }, "/view");
                expect(&root, "cat view/file", "x\n");
                return;
        }
        ck_assert_msg(fd == -EREMOTE || fd == -EINVAL, "%s", error_text(&error));
        ck_assert_msg(fd == -EINVAL || strstr(error_text(&error), "that can ignore case") != NULL, "%s",
                      error_text(&error));
}
END_TEST

/* As in a container whose root is an overlayfs. */
START_TEST(test_upper_layer_on_an_overlay)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        const struct layers layers = { .lower = { "/one" }, .upper = "/view/upper", .work = "/view/work" };
        _cleanup_error_ struct error error = { 0 };

        attach(&root, &(struct layers){ .lower = { "/real" }, .upper = "/upper" }, "/view");
        ck_assert_int_eq(try(&root, &layers, &error), -EINVAL);
        ck_assert_msg(strstr(error_text(&error), tree_path(&root, "/view/upper is on an overlayfs")) != NULL, "%s",
                      error_text(&error));
}
END_TEST

/* A lower one can be. */
START_TEST(test_lower_layer_on_an_overlay)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);

        tree_add(&root, &(struct tree_entry){ "/real/dir/file", 0644, "content\n" });
        attach(&root, &(struct layers){ .lower = { "/real" }, .upper = "/upper" }, "/view");
        attach(&root, &(struct layers){ .lower = { "/view/dir" }, .upper = "/upper2", .work = "/work2" }, "/view2");
        expect(&root, "echo more >>view2/file; cat view2/file view/dir/file", "content\nmore\ncontent\n");
}
END_TEST

START_TEST(test_without_privilege)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
        _cleanup_error_ struct error error = { 0 };

        open_layer(&root, "/work");
        ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
        data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
        ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
        ck_assert_int_eq(try(&root, &(struct layers){ .lower = { "/real" }, .upper = "/upper" }, &error), -EPERM);
        ck_assert_msg(strstr(error_text(&error), "CAP_SYS_ADMIN") != NULL, "%s", error_text(&error));

        data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective |= CAP_TO_MASK(CAP_SYS_ADMIN);
        ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}
END_TEST

/* It is attached nowhere and ends with its file descriptor. */
START_TEST(test_leaves_nothing)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        _cleanup_free_ char *before = shell_output("cat /proc/self/mountinfo"), *after = NULL;
        int fd = try(&root, &(struct layers){ .lower = { "/real" }, .upper = "/upper" }, NULL);

        ck_assert_int_ge(fd, 0);
        after = shell_output("cat /proc/self/mountinfo");
        ck_assert_str_eq(after, before);
        close(fd);
        ck_assert_int_eq(umount(root.path), -1); /* the tree is open */
        ck_assert_int_eq(errno, EBUSY);
        root_done(&root);
}
END_TEST

static Suite *suite(void)
{
        TCase *changes = tcase_create("changes"), *refused = tcase_create("refused");
        Suite *s = suite_create("overlay");

        tcase_set_timeout(changes, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(changes, trees_setup, trees_teardown);
        tcase_add_test(changes, test_changes_land_in_the_upper_layer);
        tcase_add_test(changes, test_upper_layer_inside_of_the_lower);
        tcase_add_test(changes, test_second_look);
        tcase_add_test(changes, test_rename_of_a_directory);
        tcase_add_test(changes, test_no_upper_layer);
        tcase_add_loop_test(changes, test_stacked_layers, 0, ELEMENTSOF(stacks));
        tcase_add_test(changes, test_stacked_stages);
        tcase_add_loop_test(changes, test_flags, 0, ELEMENTSOF(flags));
        tcase_add_test(changes, test_lower_layer_on_an_overlay);
        tcase_add_test(changes, test_leaves_nothing);
        suite_add_tcase(s, changes);

        tcase_set_timeout(refused, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(refused, trees_setup, trees_teardown);
        tcase_add_loop_test(refused, test_refusals, 0, ELEMENTSOF(refusals));
        tcase_add_test(refused, test_upper_layer_on_an_overlay);
        tcase_add_test(refused, test_a_layer_that_can_ignore_case);
        tcase_add_test(refused, test_without_privilege);
        suite_add_tcase(s, refused);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
