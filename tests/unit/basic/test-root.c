/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/io.h"
#include "basic/root.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

/* ---- Taking a directory as root -------------------------------------------------------------- */

/* Appended to the path of a tree. */
static const char *const spellings[] = { "", "/", "//.", "/dir/..", "/link" };

START_TEST(test_init)
{
        _cleanup_(root_done) struct root tree = tree_new(), root = { .fd = -EBADF };

        tree_add(&tree, &(struct tree_entry){ "/dir", S_IFDIR | 0755, NULL });
        tree_add(&tree, &(struct tree_entry){ "/link", S_IFLNK, "." });
        ck_assert_int_eq(root_init(&root, tree_path(&tree, spellings[_i])), 0);
        ck_assert_str_eq(root.path, tree.path);
}
END_TEST

START_TEST(test_init_relative)
{
        _cleanup_(root_done) struct root tree = tree_new(), root = { .fd = -EBADF };

        tree_add(&tree, &(struct tree_entry){ "/dir", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(chdir(tree.path), 0);
        ck_assert_int_eq(root_init(&root, "dir"), 0);
        ck_assert_str_eq(root.path, tree_path(&tree, "/dir"));
}
END_TEST

START_TEST(test_init_slash)
{
        _cleanup_(root_done) struct root root = { .fd = -EBADF };

        ck_assert_int_eq(root_init(&root, "//"), 0);
        ck_assert_str_eq(root.path, "");
}
END_TEST

START_TEST(test_init_failure)
{
        _cleanup_(root_done) struct root tree = tree_new();
        struct root root = { .fd = -77 };

        tree_add(&tree, &(struct tree_entry){ "/file", 0644, "" });
        ck_assert_int_eq(root_init(&root, tree_path(&tree, "/file")), -ENOTDIR);
        ck_assert_int_eq(root_init(&root, tree_path(&tree, "/none")), -ENOENT);
        ck_assert_int_eq(root_init(&root, ""), -ENOENT);
        ck_assert_int_eq(root.fd, -77);
}
END_TEST

/* Its path would be "/", which is another directory here. */
START_TEST(test_init_in_another_namespace)
{
        struct root root;
        char path[64];
        int fds[2], r;
        pid_t pid;

        ck_assert_int_eq(pipe(fds), 0);
        pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWNS) == 0)
                        (void)!write(fds[1], "", 1);
                for (;;)
                        pause();
        }
        ck_assert_int_gt(pid, 0);
        ck_assert_int_eq(read(fds[0], path, 1), 1);
        snprintf(path, sizeof(path), "/proc/%d/root", pid);
        /* In a chroot the kernel has no name for it at all. */
        r = root_init(&root, path);
        ck_assert(r == -EXDEV || r == -ENOENT);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        ck_assert_int_eq(root_init(&root, "/proc/self/root"), 0);
        ck_assert_str_eq(root.path, "");
        root_done(&root);
}
END_TEST

/* ---- Opening below it ------------------------------------------------------------------------ */

static const struct tree_entry entries[] = {
        { "/etc/file", 0644, "inside" },
        { "/etc/relative", S_IFLNK, "file" },
        { "/etc/up", S_IFLNK, "../etc/file" },
        { "/etc/absolute", S_IFLNK, "/etc/file" },
        { "/etc/out", S_IFLNK, "../../../../../../../../etc/passwd" },
        { "/etc/loop", S_IFLNK, "loop" },
        { "/etc/dangling", S_IFLNK, "nothing" },
        { "/srv", S_IFLNK, "etc" },
        { "/elsewhere", S_IFLNK, "/tmp" },
};

static const struct {
        const char *path;
        int code; /* 0: the file is opened */
} opens[] = {
        { "/etc/file", 0 },
        { "//etc//file", 0 },
        { "/etc/../etc/./file", 0 },
        { "/etc/relative", 0 },
        { "/etc/up", 0 },
        { "/srv/file", 0 },
        { "/srv/relative", 0 },
        { "/etc/absolute", -EXDEV },
        { "/etc/out", -EXDEV },
        { "/../etc/passwd", -EXDEV },
        { "/etc/../../etc/passwd", -EXDEV },
        { "/elsewhere/x", -EXDEV },
        { "/etc/loop", -ELOOP },
        { "/etc/dangling", -ENOENT },
        { "/etc/none", -ENOENT },
        { "/none/file", -ENOENT },
        { "/etc/file/x", -ENOTDIR },
};

START_TEST(test_open)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = NULL;
        size_t size;
        int fd;

        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&root, &entries[i]);
        fd = root_open(&root, opens[_i].path, O_RDONLY);
        if (opens[_i].code < 0) {
                ck_assert_int_eq(fd, opens[_i].code);
                return;
        }
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        ck_assert_int_eq(io_read_all(fd, 100, &data, &size), 0);
        ck_assert_str_eq(data, "inside");
        close(fd);
}
END_TEST

START_TEST(test_open_the_root_itself)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = root_open(&root, "/", O_RDONLY | O_DIRECTORY);
        _cleanup_free_ char *path = NULL;

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fd_get_path(fd, &path), 0);
        ck_assert_str_eq(path, root.path);
}
END_TEST

/* On the system itself every link is followed. */
START_TEST(test_open_on_the_system)
{
        _cleanup_(root_done) struct root tree = tree_new(), root = { .fd = -EBADF };
        _cleanup_close_ int fd = -EBADF;

        tree_add(&tree, &(struct tree_entry){ "/link", S_IFLNK, "/etc/passwd" });
        ck_assert_int_eq(root_init(&root, "/"), 0);
        fd = root_open(&root, tree_path(&tree, "/link"), O_RDONLY);
        ck_assert_int_ge(fd, 0);
}
END_TEST

/* ---- Making directories ---------------------------------------------------------------------- */

static const struct {
        const char *path;
        int code;
        const char *made;
} makes[] = {
        { "/", 0, NULL },
        { "/etc", 0, NULL },
        { "/var/lib/deploy-migrate", 0, "/var/lib/deploy-migrate" },
        { "//a///b/", 0, "/a/b" },
        { "/srv/new/er", 0, "/etc/new/er" },
        { "/etc/file", -ENOTDIR, NULL },
        { "/etc/file/x", -ENOTDIR, NULL },
        { "/etc/absolute", -EXDEV, NULL },
        { "/elsewhere/deploy-migrate-test", -EXDEV, NULL },
        { "/etc/dangling/x", -ENOENT, NULL },
        { "/etc/loop/x", -ELOOP, NULL },
};

START_TEST(test_open_mkdirs)
{
        _cleanup_(root_done) struct root root = tree_new();
        struct stat st;
        int fd;

        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&root, &entries[i]);
        fd = root_open_mkdirs(&root, makes[_i].path);
        if (makes[_i].code < 0) {
                ck_assert_int_eq(fd, makes[_i].code);
                return;
        }
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        ck_assert_int_eq(fsync(fd), 0); /* not O_PATH */
        close(fd);
        if (makes[_i].made) {
                ck_assert_int_eq(stat(tree_path(&root, makes[_i].made), &st), 0);
                ck_assert_uint_eq(st.st_mode, S_IFDIR | 0755);
        }
}
END_TEST

/* Other users must be able to reach their files through it, whatever the caller's umask is. */
START_TEST(test_mkdirs_mode)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        umask(077);
        fd = root_open_mkdirs(&root, "/run/deploy-migrate");
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0755);
}
END_TEST

START_TEST(test_mkdirs_too_long)
{
        _cleanup_(root_done) struct root root = tree_new();
        char name[NAME_MAX + 3] = "/", path[PATH_MAX + 1] = "";

        memset(name + 1, 'x', NAME_MAX + 1);
        ck_assert_int_eq(root_open_mkdirs(&root, name), -ENAMETOOLONG);
        for (size_t i = 0; i < PATH_MAX; i++)
                path[i] = i % 2 ? 'x' : '/';
        ck_assert_int_eq(root_open_mkdirs(&root, path), -ENAMETOOLONG);
}
END_TEST

START_TEST(test_fd_get_path)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = -EBADF;
        char *path = NULL;

        tree_add(&root, &(struct tree_entry){ "/dir/file", 0644, "" });
        tree_add(&root, &(struct tree_entry){ "/link", S_IFLNK, "dir" });
        fd = root_open(&root, "/link/file", O_PATH);
        ck_assert_int_eq(fd_get_path(fd, &path), 0);
        ck_assert_str_eq(path, tree_path(&root, "/dir/file"));
        free(TAKE_PTR(path));
        ck_assert_int_eq(fd_get_path(12345, &path), -ENOENT);
        ck_assert_ptr_null(path);
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("root");
        Suite *s = suite_create("root");

        tcase_set_timeout(tc, 60);
        tcase_add_unchecked_fixture(tc, trees_setup, trees_teardown);
        tcase_add_loop_test(tc, test_init, 0, ELEMENTSOF(spellings));
        if (geteuid() == 0)
                tcase_add_test(tc, test_init_in_another_namespace);
        tcase_add_test(tc, test_init_relative);
        tcase_add_test(tc, test_init_slash);
        tcase_add_test(tc, test_init_failure);
        tcase_add_loop_test(tc, test_open, 0, ELEMENTSOF(opens));
        tcase_add_test(tc, test_open_the_root_itself);
        tcase_add_test(tc, test_open_on_the_system);
        tcase_add_loop_test(tc, test_open_mkdirs, 0, ELEMENTSOF(makes));
        tcase_add_test(tc, test_mkdirs_mode);
        tcase_add_test(tc, test_mkdirs_too_long);
        tcase_add_test(tc, test_fd_get_path);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
