/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/filesystem.h"
#include "../support/suite.h"
#include "basic/io.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

static const struct tree_entry entries[] = {
        { "/top/dir/file", 0644, "inside" },       { "/top/dir/sub", S_IFDIR | 0755, NULL },
        { "/top/link", S_IFLNK, "dir" },           { "/top/dir/up", S_IFLNK, "../../outside" },
        { "/top/file-link", S_IFLNK, "dir/file" }, { "/outside", 0644, "outside" },
};

static struct root tree_with_entries(enum filesystem filesystem)
{
        struct root root = filesystem_new(filesystem);

        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&root, &entries[i]);
        return root;
}

static int open_directory(const struct root *root, const char *path)
{
        int fd = open(tree_path(root, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_msg(fd >= 0, "can't open %s: %m", path);
        return fd;
}

static bool exists(int dir, const char *path)
{
        _cleanup_close_ int fd = beneath_open(dir, path, O_PATH, 0);

        ck_assert(fd >= 0 || fd == -ENOENT);
        return fd >= 0;
}

/* Mounts a tmpfs with a file in it, visible only to this test, through files that it opens afterwards. */
static void mount_with_file(const char *path)
{
        char file[PATH_MAX];
        int fd;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
        snprintf(file, sizeof(file), "%s/precious", path);
        fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        ck_assert_int_ge(fd, 0);
        close(fd);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static const struct {
        const char *path;
        int flags;
        int code; /* 0: it is opened */
} opens[] = {
        { "", O_RDONLY | O_DIRECTORY, 0 },
        { "dir/file", O_RDONLY, 0 },
        { "dir", O_PATH, 0 },
        { "file-link", O_PATH, 0 },
        { "dir/none", O_PATH, -ENOENT },
        { "none/file", O_PATH, -ENOENT },
        { "dir/file/x", O_PATH, -ENOTDIR },
        { "dir/file", O_RDONLY | O_DIRECTORY, -ENOTDIR },
        /* Links, at the end and on the way. */
        { "file-link", O_RDONLY, -ELOOP },
        { "file-link", O_WRONLY | O_CREAT, -ELOOP },
        { "link/file", O_RDONLY, -ELOOP },
        { "link/file", O_PATH, -ELOOP },
        { "link", O_PATH | O_DIRECTORY, -ENOTDIR },
        { "dir/up", O_RDONLY, -ELOOP },
        /* Ways out. */
        { "..", O_PATH, -EXDEV },
        { "dir/../../outside", O_RDONLY, -EXDEV },
        { "/etc/passwd", O_RDONLY, -EXDEV },
        { "dir/file", O_RDWR | O_CREAT | O_EXCL, -EEXIST },
};

START_TEST(test_open)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top"), fd = -EBADF;

        fd = beneath_open(dir, opens[_i].path, opens[_i].flags, opens[_i].flags & O_CREAT ? 0600 : 0);
        if (opens[_i].code == 0) {
                ck_assert_msg(fd >= 0, "%s: %s", opens[_i].path, strerror(-fd));
                ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        } else
                ck_assert_int_eq(fd, opens[_i].code);
}
END_TEST

START_TEST(test_open_link)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top"), fd = beneath_open(dir, "file-link", O_PATH, 0);
        struct stat st;

        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(test_create)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top"), fd = -EBADF;
        struct stat st;

        fd = beneath_open(dir, "dir/new\n\xff", O_WRONLY | O_CREAT | O_EXCL, 0640);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(stat(tree_path(&root, "/top/dir/new\n\xff"), &st), 0);
        ck_assert_int_eq(st.st_mode, S_IFREG | 0640);
}
END_TEST

START_TEST(test_open_mount)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = -EBADF;

        mount_with_file(tree_path(&root, "/top/dir/sub"));
        dir = open_directory(&root, "/top");
        ck_assert_int_eq(beneath_open(dir, "dir/sub", O_PATH, 0), -EXDEV);
        ck_assert_int_eq(beneath_open(dir, "dir/sub/precious", O_RDONLY, 0), -EXDEV);
}
END_TEST

static const struct {
        const char *path;
        const char *parent;
        const char *name;
} parents[] = {
        { "dir/file", "/top/dir", "file" },
        { "dir/none", "/top/dir", "none" },
        { "dir", "/top", "dir" },
        { "", "/top", "" },
};

START_TEST(test_open_parent)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top"), fd = -EBADF;
        struct stat st, wanted;
        const char *name;

        fd = beneath_open_parent(dir, parents[_i].path, &name);
        ck_assert_int_ge(fd, 0);
        ck_assert_str_eq(name, parents[_i].name);
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert_int_eq(stat(tree_path(&root, parents[_i].parent), &wanted), 0);
        ck_assert_uint_eq(st.st_ino, wanted.st_ino);
}
END_TEST

START_TEST(test_open_parent_failure)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top");
        const char *untouched = "untouched", *name = untouched;

        ck_assert_int_eq(beneath_open_parent(dir, "link/file", &name), -ENOTDIR);
        ck_assert_int_eq(beneath_open_parent(dir, "none/file", &name), -ENOENT);
        ck_assert_int_eq(beneath_open_parent(dir, "dir/file/x", &name), -ENOTDIR);
        ck_assert_int_eq(beneath_open_parent(dir, "../outside", &name), -EXDEV);
        ck_assert_ptr_eq(name, untouched);
}
END_TEST

/* ---- Making directories ---------------------------------------------------------------------- */

START_TEST(test_make_directories)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top"), fd = -EBADF, again = -EBADF, same = -EBADF;
        struct stat st, other;

        umask(077);
        fd = beneath_make_directories(dir, "dir/a/b");
        ck_assert_int_ge(fd, 0);
        again = beneath_make_directories(dir, "dir/a/b");
        ck_assert_int_ge(again, 0);
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert_int_eq(fstat(again, &other), 0);
        ck_assert_uint_eq(st.st_ino, other.st_ino);
        ck_assert_int_eq(st.st_mode, S_IFDIR | 0750);
        ck_assert_int_eq(stat(tree_path(&root, "/top/dir/a"), &st), 0);
        ck_assert_int_eq(st.st_mode, S_IFDIR | 0750);
        ck_assert_int_eq(stat(tree_path(&root, "/top/dir"), &st), 0);
        ck_assert_int_eq(st.st_mode, S_IFDIR | 0755);
        ck_assert_int_eq(fsync(fd), 0); /* fails for an O_PATH descriptor */

        same = beneath_make_directories(dir, "");
        ck_assert_int_ge(same, 0);
}
END_TEST

START_TEST(test_is_empty)
{
        _cleanup_(root_done) struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ "/empty", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/full/.hidden", 0644, NULL });
        ck_assert_int_eq(beneath_is_empty(root.fd, "empty"), 1);
        ck_assert_int_eq(beneath_is_empty(root.fd, "full"), 0);
        ck_assert_int_eq(beneath_is_empty(root.fd, ""), 0);
        ck_assert_int_eq(beneath_is_empty(root.fd, "missing"), -ENOENT);
        ck_assert_int_eq(beneath_is_empty(root.fd, "full/.hidden"), -ENOTDIR);
}
END_TEST

START_TEST(test_make_directories_failure)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top");
        char name[NAME_MAX + 2];

        ck_assert_int_eq(beneath_make_directories(dir, "dir/file"), -ENOTDIR);
        ck_assert_int_eq(beneath_make_directories(dir, "dir/file/x"), -ENOTDIR);
        ck_assert_int_eq(beneath_make_directories(dir, "link"), -ENOTDIR);
        ck_assert_int_eq(beneath_make_directories(dir, "link/new"), -ENOTDIR);
        ck_assert_int_eq(beneath_make_directories(dir, "../new"), -EXDEV);
        memset(name, 'x', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        ck_assert_int_eq(beneath_make_directories(dir, name), -ENAMETOOLONG);
        ck_assert(!exists(dir, "dir/new"));
}
END_TEST

/* ---- Removing -------------------------------------------------------------------------------- */

START_TEST(test_remove)
{
        _cleanup_(root_done) struct root root = tree_with_entries((enum filesystem)_i);
        _cleanup_close_ int dir = open_directory(&root, "/top");
        char longest[NAME_MAX + 10] = "/top/dir/";

        memset(longest + 9, 'n', NAME_MAX);
        tree_add(&root, &(struct tree_entry){ "/top/dir/closed/in/side", 0000, "x" });
        tree_add(&root, &(struct tree_entry){ "/top/dir/fifo", S_IFIFO | 0600, NULL });
        tree_add(&root, &(struct tree_entry){ "/top/dir/ \n\\\xff", 0644, "x" });
        tree_add(&root, &(struct tree_entry){ longest, 0644, "x" });
        ck_assert_int_eq(mknod(tree_path(&root, "/top/dir/whiteout"), S_IFCHR, 0), 0);
        ck_assert_int_eq(chmod(tree_path(&root, "/top/dir/closed/in"), 0), 0);
        ck_assert_int_eq(chmod(tree_path(&root, "/top/dir/closed"), 0), 0);

        ck_assert_int_eq(beneath_remove(dir, "dir"), 0);
        ck_assert(!exists(dir, "dir"));
        ck_assert_int_eq(access(tree_path(&root, "/outside"), F_OK), 0);
}
END_TEST

START_TEST(test_remove_one)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top");

        ck_assert_int_eq(beneath_remove(dir, "link"), 0);
        ck_assert(!exists(dir, "link"));
        ck_assert_int_eq(beneath_remove(dir, "dir/up"), 0);
        ck_assert_int_eq(beneath_remove(dir, "dir/file"), 0);
        ck_assert(!exists(dir, "dir/file"));
        ck_assert(exists(dir, "dir/sub"));
        ck_assert_int_eq(access(tree_path(&root, "/outside"), F_OK), 0);

        /* A missing path counts as removed. */
        ck_assert_int_eq(beneath_remove(dir, "dir/file"), 0);
        ck_assert_int_eq(beneath_remove(dir, "none/file"), 0);
}
END_TEST

START_TEST(test_remove_failure)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = open_directory(&root, "/top");

        ck_assert_int_eq(beneath_remove(dir, ""), -EINVAL);
        ck_assert_int_eq(beneath_remove(dir, "../outside"), -EXDEV);
        ck_assert_int_eq(beneath_remove(dir, "dir/file/x"), -ENOTDIR);
        ck_assert(exists(dir, "dir/file"));
}
END_TEST

START_TEST(test_remove_mount)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        _cleanup_close_ int dir = -EBADF;

        mount_with_file(tree_path(&root, "/top/dir/sub"));
        dir = open_directory(&root, "/top");
        ck_assert_int_eq(beneath_remove(dir, "dir"), -EXDEV);
        ck_assert_int_eq(access(tree_path(&root, "/top/dir/sub/precious"), F_OK), 0);
}
END_TEST

/* Many entries in one directory: each is listed once. */
START_TEST(test_remove_wide)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);

        ck_assert_int_eq(mkdirat(root.fd, "wide", 0755), 0);
        for (unsigned i = 0; i < 5000; i++) {
                char name[32];

                snprintf(name, sizeof(name), "wide/%u", i);
                ck_assert_int_eq(mkdirat(root.fd, name, 0755), 0);
        }
        ck_assert_int_eq(beneath_remove(root.fd, "wide"), 0);
        ck_assert(!exists(root.fd, "wide"));
}
END_TEST

#define DEPTH 1400 /* of three bytes each: longer than PATH_MAX */

/* Makes nested directories with names of two bytes. Returns: their path, longer than PATH_MAX. */
static char *make_deep(int dir)
{
        char *path = malloc(DEPTH * 3 + 1);
        int fd = dir;

        ck_assert_ptr_nonnull(path);
        for (unsigned i = 0; i < DEPTH; i++) {
                int next;

                ck_assert_int_eq(mkdirat(fd, "dd", 0755), 0);
                next = openat(fd, "dd", O_PATH | O_DIRECTORY | O_CLOEXEC);
                ck_assert_int_ge(next, 0);
                if (fd != dir)
                        close(fd);
                fd = next;
                strcpy(path + i * 3, "dd/");
        }
        close(fd);
        path[DEPTH * 3 - 1] = '\0';
        return path;
}

START_TEST(test_deep)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        _cleanup_free_ char *path = make_deep(root.fd);
        _cleanup_close_ int fd = -EBADF, parent = -EBADF, made = -EBADF;
        const char *name;
        uint64_t size;

        allow_few_files();
        fd = beneath_open(root.fd, path, O_RDONLY | O_DIRECTORY, 0);
        ck_assert_int_ge(fd, 0);
        parent = beneath_open_parent(root.fd, path, &name);
        ck_assert_int_ge(parent, 0);
        ck_assert_str_eq(name, "dd");
        made = beneath_make_directories(root.fd, path);
        ck_assert_int_ge(made, 0);
        ck_assert_int_eq(beneath_measure(root.fd, "", &size), 0);
        ck_assert_int_eq(beneath_remove(root.fd, "dd"), 0);
        ck_assert(!exists(root.fd, "dd"));
}
END_TEST

/* ---- Measuring and syncing ------------------------------------------------------------------- */

static void add_data(const struct root *root, const char *path, size_t size)
{
        _cleanup_free_ char *data = calloc(size, 1);
        _cleanup_close_ int fd = open(tree_path(root, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        ck_assert_ptr_nonnull(data);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(io_write_all(fd, data, size), 0);
        ck_assert_int_eq(fsync(fd), 0);
}

START_TEST(test_measure)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        uint64_t empty, size, file;

        tree_add(&root, &(struct tree_entry){ "/d/sub", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(beneath_measure(root.fd, "d", &empty), 0);

        add_data(&root, "/d/sub/a", 1 << 20);
        ck_assert_int_eq(beneath_measure(root.fd, "d/sub/a", &file), 0);
        ck_assert_uint_ge(file, 1 << 20);
        ck_assert_int_eq(beneath_measure(root.fd, "d", &size), 0);
        ck_assert_uint_eq(size, empty + file);
        ck_assert_int_eq(beneath_measure(root.fd, "", &size), 0);
        ck_assert_uint_ge(size, empty + file);

        /* Neither holes nor a further hard link take space. */
        ck_assert_int_eq(truncate(tree_path(&root, "/d/sub/a"), 1LL << 30), 0);
        ck_assert_int_eq(linkat(root.fd, "d/sub/a", root.fd, "d/b", 0), 0);
        ck_assert_int_eq(beneath_measure(root.fd, "d", &size), 0);
        ck_assert_uint_eq(size, empty + file);
        ck_assert_int_eq(beneath_measure(root.fd, "d/b", &size), 0);
        ck_assert_uint_eq(size, file / 2);
}
END_TEST

START_TEST(test_measure_failure)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);
        uint64_t size = 77;

        ck_assert_int_eq(beneath_measure(root.fd, "none", &size), -ENOENT);
        ck_assert_int_eq(beneath_measure(root.fd, "top/link/file", &size), -ENOTDIR);
        ck_assert_uint_eq(size, 77);
}
END_TEST

START_TEST(test_sync)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        _cleanup_close_ int dir = open_directory(&root, "/");

        add_data(&root, "/a", 4096);
        ck_assert_int_eq(beneath_sync(dir), 0);
        ck_assert_int_eq(beneath_sync(-1), -EBADF);
        ck_assert_int_eq(beneath_sync(root.fd), -EBADF); /* O_PATH */
}
END_TEST

/* ---- Walking --------------------------------------------------------------------------------- */

struct diary {
        char *text;
        FILE *stream;
        const char *stop; /* at this path, with -ECANCELED */
        const char *pass; /* a directory that isn't entered */
        int root;
        const char *move; /* when stop is visited, this directory is moved to "moved" */
        const char *moved;
};

static int note(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        static const char marks[] = { [BENEATH_FILE] = ' ', [BENEATH_ENTER] = '>', [BENEATH_LEAVE] = '<' };
        struct diary *diary = userdata;
        struct stat st;

        fprintf(diary->stream, "%c%s|", marks[step], entry->path);
        ck_assert_int_eq(fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH), 0);
        ck_assert_int_eq(S_ISDIR(st.st_mode), step != BENEATH_FILE);
        if (diary->move && streq(diary->move, entry->path))
                ck_assert_int_eq(renameat(diary->root, diary->moved, diary->root, "moved"), 0);
        if (diary->stop && streq(diary->stop, entry->path))
                return -ECANCELED;
        return diary->pass && streq(diary->pass, entry->path);
}

static int walk(struct diary *diary, const char *path, struct error *error)
{
        const struct beneath_walk walk = { .dir = diary->root, .path = path, .visit = note, .userdata = diary };
        size_t size;
        int r;

        diary->stream = open_memstream(&diary->text, &size);
        ck_assert_ptr_nonnull(diary->stream);
        r = beneath_walk(&walk, error);
        ck_assert_int_eq(fclose(diary->stream), 0);
        return r;
}

static const struct {
        const char *path;
        const char *stop;
        int code;
        const char *text;
        const char *pass;
} walks[] = {
        { "a", NULL, 0, ">a|>a/b|>a/b/c| a/b/c/file|<a/b/c|<a/b|<a|", NULL },
        { "a/b", NULL, 0, ">a/b|>a/b/c| a/b/c/file|<a/b/c|<a/b|", NULL },
        { "", NULL, 0, ">|>a|>a/b|>a/b/c| a/b/c/file|<a/b/c|<a/b|<a|<|", NULL },
        { "a/b/c/file", NULL, 0, " a/b/c/file|", NULL },
        { "a", "a/b/c/file", -ECANCELED, ">a|>a/b|>a/b/c| a/b/c/file|", NULL },
        { "a", "a/b", -ECANCELED, ">a|>a/b|", NULL },
        { "a", NULL, 0, ">a|>a/b|>a/b/c|<a/b|<a|", "a/b/c" },
        { "a", NULL, 0, ">a|", "a" },
};

START_TEST(test_walk)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct diary diary = { .root = root.fd, .stop = walks[_i].stop, .pass = walks[_i].pass };

        tree_add(&root, &(struct tree_entry){ "/a/b/c/file", 0644, "x" });
        ck_assert_int_eq(walk(&diary, walks[_i].path, &error), walks[_i].code);
        ck_assert_str_eq(diary.text, walks[_i].text);
        ck_assert_ptr_null(error.message);
        free(diary.text);
}
END_TEST

START_TEST(test_walk_order)
{
        _cleanup_(root_done) struct root root = tree_new();
        struct diary diary = { .root = root.fd };

        for (char name[] = "/a/0/f"; name[3] <= '9'; name[3]++)
                tree_add(&root, &(struct tree_entry){ name, 0644, "x" });
        ck_assert_int_eq(walk(&diary, "a", NULL), 0);
        for (char text[] = ">a/0| a/0/f|<a/0|"; text[3] <= '9'; text[3]++, text[8]++, text[15]++)
                ck_assert_msg(strstr(diary.text, text) != NULL, "no %s in %s", text, diary.text);
        free(diary.text);
}
END_TEST

START_TEST(test_walk_failure)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int dir = -EBADF;
        struct diary diary = { .root = root.fd };

        tree_add(&root, &(struct tree_entry){ "/a/b", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(walk(&diary, "a/none", &error), -ENOENT);
        ck_assert_str_eq(error.message, "can't read a/none: No such file or directory");
        free(diary.text);

        mount_with_file(tree_path(&root, "/a/b"));
        diary.root = dir = open_directory(&root, "/");
        ck_assert_int_eq(walk(&diary, "a", &error), -EXDEV);
        ck_assert_str_eq(error.message, "can't read a/b: Invalid cross-device link");
        ck_assert_str_eq(diary.text, ">a|>a/b|");
        free(diary.text);
}
END_TEST

/* A walk whose current directory is moved doesn't go on elsewhere. */
START_TEST(test_walk_moved)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        struct diary diary = { .root = root.fd, .move = "a/b/c/file", .moved = "a/b/c" };

        tree_add(&root, &(struct tree_entry){ "/a/b/c/file", 0644, "x" });
        ck_assert_int_eq(walk(&diary, "a", &error), -ESTALE);
        ck_assert_str_eq(error.message, "can't read a/b/c: Stale file handle");
        free(diary.text);
}
END_TEST

/* What can't be looked at has no answer. */
START_TEST(test_fixed)
{
        _cleanup_(root_done) struct root root = tree_with_entries(FILESYSTEM_DEFAULT);

        ck_assert_int_eq(beneath_is_fixed(root.fd, "top/dir/file"), 0);
        ck_assert_int_eq(beneath_is_fixed(root.fd, "top/missing"), 0);
        ck_assert_int_eq(beneath_is_fixed(root.fd, "top/dir/file/below"), 0);
        ck_assert_int_eq(beneath_is_fixed(1000, "top"), -EBADF);
}
END_TEST

static Suite *suite(void)
{
        TCase *paths = tcase_create("paths"), *remove = tcase_create("remove"), *walk = tcase_create("walk");
        Suite *s = suite_create("below");

        tcase_add_unchecked_fixture(paths, trees_setup, trees_teardown);
        tcase_add_test(paths, test_fixed);
        tcase_add_loop_test(paths, test_open, 0, ELEMENTSOF(opens));
        tcase_add_test(paths, test_open_link);
        tcase_add_test(paths, test_create);
        tcase_add_test(paths, test_open_mount);
        tcase_add_loop_test(paths, test_open_parent, 0, ELEMENTSOF(parents));
        tcase_add_test(paths, test_open_parent_failure);
        tcase_add_test(paths, test_is_empty);
        tcase_add_test(paths, test_make_directories);
        tcase_add_test(paths, test_make_directories_failure);
        suite_add_tcase(s, paths);

        tcase_set_timeout(remove, 120);
        tcase_add_unchecked_fixture(remove, trees_setup, trees_teardown);
        tcase_add_loop_test(remove, test_remove, 0, N_FILESYSTEMS);
        tcase_add_test(remove, test_remove_one);
        tcase_add_test(remove, test_remove_failure);
        tcase_add_test(remove, test_remove_mount);
        tcase_add_loop_test(remove, test_remove_wide, 0, N_FILESYSTEMS);
        tcase_add_loop_test(remove, test_deep, 0, N_FILESYSTEMS);
        tcase_add_loop_test(remove, test_measure, 0, N_FILESYSTEMS);
        tcase_add_test(remove, test_measure_failure);
        tcase_add_loop_test(remove, test_sync, 0, N_FILESYSTEMS);
        suite_add_tcase(s, remove);

        tcase_add_unchecked_fixture(walk, trees_setup, trees_teardown);
        tcase_add_loop_test(walk, test_walk, 0, ELEMENTSOF(walks));
        tcase_add_test(walk, test_walk_order);
        tcase_add_test(walk, test_walk_failure);
        tcase_add_test(walk, test_walk_moved);
        suite_add_tcase(s, walk);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
