/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/filesystem.h"
#include "../support/suite.h"
#include "basic/io.h"
#include "fs/beneath.h"
#include "fs/content.h"

#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>

#define KIB 1024LL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* ---- Files with data here and there ---------------------------------------------------------- */

struct piece {
        off_t offset;
        const char *text;
};

struct layout {
        off_t size;
        struct piece pieces[4]; /* ended by one without a text */
};

static void write_layout(int fd, const struct layout *layout)
{
        ck_assert_int_eq(ftruncate(fd, layout->size), 0);
        for (const struct piece *piece = layout->pieces; piece->text; piece++)
                ck_assert_int_eq(pwrite(fd, piece->text, strlen(piece->text), piece->offset), strlen(piece->text));
}

static int new_file(const struct root *root, const char *name, const struct layout *layout)
{
        int fd = openat(root->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        ck_assert_msg(fd >= 0, "can't make %s: %m", name);
        if (layout)
                write_layout(fd, layout);
        return fd;
}

/* Writes zeros where there are holes. */
static void fill_holes(int fd, off_t size)
{
        _cleanup_free_ char *data = malloc((size_t)size);

        ck_assert_ptr_nonnull(data);
        ck_assert_int_eq(pread(fd, data, (size_t)size, 0), size);
        ck_assert_int_eq(pwrite(fd, data, (size_t)size, 0), size);
}

static double now(void)
{
        struct timespec ts;

        ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
        return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static const struct {
        struct layout a, b;
        int equal;
} comparisons[] = {
        { { 0, { { 0, NULL } } }, { 0, { { 0, NULL } } }, 1 },
        { { 1, { { 0, "x" } } }, { 1, { { 0, "x" } } }, 1 },
        { { 1, { { 0, "x" } } }, { 1, { { 0, "y" } } }, 0 },
        { { 1, { { 0, "x" } } }, { 2, { { 0, "x" } } }, 0 },
        { { 0, { { 0, NULL } } }, { MIB, { { 0, NULL } } }, 0 },
        { { MIB, { { 0, NULL } } }, { MIB, { { 0, NULL } } }, 1 },
        /* The first and the last byte of what is read at once, and of the file. */
        { { MIB, { { 256 * KIB - 1, "x" } } }, { MIB, { { 256 * KIB - 1, "x" } } }, 1 },
        { { MIB, { { 256 * KIB - 1, "x" } } }, { MIB, { { 256 * KIB - 1, "y" } } }, 0 },
        { { MIB, { { 256 * KIB - 1, "x" } } }, { MIB, { { 256 * KIB, "x" } } }, 0 },
        { { MIB, { { 0, "x" } } }, { MIB, { { 0, NULL } } }, 0 },
        { { MIB + 3, { { MIB + 2, "x" } } }, { MIB + 3, { { MIB + 2, "y" } } }, 0 },
        { { MIB + 3, { { MIB, "abc" } } }, { MIB + 3, { { MIB, "abc" } } }, 1 },
        /* The data of one are in a hole of the other. */
        { { MIB, { { 0, "a" }, { 512 * KIB, "b" } } }, { MIB, { { 0, "a" } } }, 0 },
        { { MIB, { { 0, "a" } } }, { MIB, { { 0, "a" }, { MIB - 1, "b" } } }, 0 },
        { { MIB, { { 0, "a" }, { 512 * KIB, "b" } } }, { MIB, { { 0, "a" }, { 512 * KIB, "b" } } }, 1 },
};

START_TEST(test_equal)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)(_i % N_FILESYSTEMS));
        size_t i = (size_t)_i / N_FILESYSTEMS;
        _cleanup_close_ int a = new_file(&root, "a", &comparisons[i].a), b = new_file(&root, "b", &comparisons[i].b);

        ck_assert_int_eq(content_equal(a, b), comparisons[i].equal);
        ck_assert_int_eq(content_equal(b, a), comparisons[i].equal);
        ck_assert_int_eq(content_equal(a, a), 1);

        /* Zeros and holes are the same. */
        fill_holes(b, comparisons[i].b.size);
        ck_assert_int_eq(content_equal(a, b), comparisons[i].equal);
        fill_holes(a, comparisons[i].a.size);
        ck_assert_int_eq(content_equal(a, b), comparisons[i].equal);
}
END_TEST

START_TEST(test_equal_sparse)
{
        const struct layout layout = { 4 * GIB, { { GIB, "a" }, { 3 * GIB, "b" } } };
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        _cleanup_close_ int a = new_file(&root, "a", &layout), b = new_file(&root, "b", &layout);
        double begin = now();

        ck_assert_int_eq(content_equal(a, b), 1);
        ck_assert_int_eq(pwrite(b, "c", 1, 4 * GIB - 1), 1);
        ck_assert_int_eq(content_equal(a, b), 0);
        ck_assert(now() - begin < 1);
}
END_TEST

START_TEST(test_equal_failure)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int a = new_file(&root, "a", &(struct layout){ 1, { { 0, "x" } } });
        _cleanup_close_ int b = new_file(&root, "b", &(struct layout){ 1, { { 0, "x" } } });
        _cleanup_close_ int unreadable = openat(root.fd, "b", O_WRONLY | O_CLOEXEC);

        ck_assert_int_ge(b, 0);
        ck_assert_int_eq(content_equal(a, -1), -EBADF);
        ck_assert_int_eq(content_equal(-1, a), -EBADF);
        ck_assert_int_eq(content_equal(a, unreadable), -EBADF);
        ck_assert_int_eq(content_equal(unreadable, a), -EBADF);
}
END_TEST

/* ---- Copying data ---------------------------------------------------------------------------- */

static const struct layout layouts[] = {
        { 0, { { 0, NULL } } },
        { 1, { { 0, "x" } } },
        { 5, { { 0, "hello" } } },
        { 10 * MIB, { { 0, NULL } } },
        { 10 * MIB, { { 0, "x" } } },
        { 10 * MIB, { { 10 * MIB - 1, "x" } } },
        { 10 * MIB + 1, { { MIB - 2, "abcd" }, { 5 * MIB, "y" }, { 5 * MIB + 64 * KIB, "z" } } },
};

/* Returns: where data begin and end, as text. */
static void map_data(int fd, char *text, size_t size)
{
        off_t data, hole = 0;

        text[0] = '\0';
        while ((data = lseek(fd, hole, SEEK_DATA)) >= 0) {
                size_t n = strlen(text);

                hole = lseek(fd, data, SEEK_HOLE);
                ck_assert_int_ge(hole, 0);
                snprintf(text + n, size - n, " %lld-%lld", (long long)data, (long long)hole);
        }
        ck_assert_int_eq(errno, ENXIO);
}

static void check_same_data(int a, int b)
{
        char map_a[200], map_b[200];
        struct stat st_a, st_b;

        ck_assert_int_eq(content_equal(a, b), 1);
        map_data(a, map_a, sizeof(map_a));
        map_data(b, map_b, sizeof(map_b));
        ck_assert_str_eq(map_a, map_b);
        ck_assert_int_eq(fsync(a), 0);
        ck_assert_int_eq(fsync(b), 0);
        ck_assert_int_eq(fstat(a, &st_a), 0);
        ck_assert_int_eq(fstat(b, &st_b), 0);
        ck_assert_int_eq(st_a.st_blocks, st_b.st_blocks);
}

START_TEST(test_copy_data)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)(_i % N_FILESYSTEMS));
        const struct layout *layout = &layouts[_i / N_FILESYSTEMS];
        _cleanup_close_ int a = new_file(&root, "a", layout), b = new_file(&root, "b", NULL);

        ck_assert_int_eq(content_copy(a, b), 0);
        check_same_data(a, b);
}
END_TEST

START_TEST(test_copy_data_elsewhere)
{
        _cleanup_(root_done) struct root disk = filesystem_new(FILESYSTEM_DEFAULT),
                                         memory = filesystem_new(FILESYSTEM_TMPFS);
        const struct layout *layout = &layouts[_i];
        _cleanup_close_ int a = new_file(&disk, "a", layout), b = new_file(&memory, "b", NULL),
                            c = new_file(&disk, "c", NULL);

        ck_assert_int_eq(content_copy(a, b), 0);
        ck_assert_int_eq(content_equal(a, b), 1);
        ck_assert_int_eq(content_copy(b, c), 0);
        check_same_data(a, c);
}
END_TEST

START_TEST(test_copy_data_sparse)
{
        const struct layout layout = { 4 * GIB, { { GIB, "a" }, { 3 * GIB, "b" } } };
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        _cleanup_close_ int a = new_file(&root, "a", &layout), b = new_file(&root, "b", NULL);
        double begin = now();

        ck_assert_int_eq(content_copy(a, b), 0);
        ck_assert(now() - begin < 1);
        check_same_data(a, b);
}
END_TEST

START_TEST(test_copy_data_failure)
{
        _cleanup_(root_done) struct root root = tree_new(), full = filesystem_new_limited(64 * KIB);
        _cleanup_close_ int a = new_file(&root, "a", &(struct layout){ MIB, { { 0, "x" } } }),
                            b = new_file(&full, "b", NULL);

        fill_holes(a, MIB);
        ck_assert_int_eq(content_copy(a, b), -ENOSPC);
        ck_assert_int_eq(content_copy(a, -1), -EBADF);
        ck_assert_int_eq(content_copy(-1, b), -EBADF);
}
END_TEST

/* ---- A tree that has it all ------------------------------------------------------------------ */

static void set_times(const struct root *root, const char *path, time_t sec)
{
        const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { sec, 123456789 } };

        ck_assert_msg(utimensat(AT_FDCWD, tree_path(root, path), times, AT_SYMLINK_NOFOLLOW) == 0, "%s: %m", path);
}

static void set_xattr(const struct root *root, const char *path, const char *name, const void *value, size_t size)
{
        ck_assert_msg(lsetxattr(tree_path(root, path), name, value, size, 0) == 0, "%s: %s: %m", path, name);
}

/* Owner rw-, user 1000 rwx, group r--, mask as given, others ---. */
static void set_acl(const struct root *root, const char *path, const char *name, unsigned char mask)
{
        const unsigned char acl[] = {
                2,    0, 0,    0,                         /* version */
                1,    0, 6,    0, 0xff, 0xff, 0xff, 0xff, /* */
                2,    0, 7,    0, 0xe8, 3,    0,    0,    /* */
                4,    0, 4,    0, 0xff, 0xff, 0xff, 0xff, /* */
                0x10, 0, mask, 0, 0xff, 0xff, 0xff, 0xff, /* */
                0x20, 0, 0,    0, 0xff, 0xff, 0xff, 0xff, /* */
        };

        set_xattr(root, path, name, acl, sizeof(acl));
}

static void set_capability(const struct root *root, const char *path)
{
        const struct vfs_cap_data data = {
                .magic_etc = htole32(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE),
                .data[0].permitted = htole32(1U << CAP_NET_RAW),
        };

        set_xattr(root, path, "security.capability", &data, XATTR_CAPS_SZ_2);
}

static const struct tree_entry entries[] = {
        { "/from/plain", 0644, "plain" },
        { "/from/empty", 0400, NULL },
        { "/from/closed", 0000, "closed" },
        { "/from/set-id", 06755, "set-id" },
        { "/from/capable", 0755, "capable" },
        { "/from/acl", 0640, "acl" },
        { "/from/acl-set-id", 02750, "acl" },
        { "/from/owned", 0644, "owned" },
        { "/from/dir/inner", 0644, "inner" },
        { "/from/dir/empty", S_IFDIR | 01777, NULL },
        { "/from/dir/closed/inner", 0644, "inner" },
        { "/from/group", S_IFDIR | 02775, NULL },
        { "/from/group/inner", 0644, "inner" },
        { "/from/defaults/inner", 0644, "made before there were defaults" },
        { "/from/link", S_IFLNK, "plain" },
        { "/from/dir/dangling", S_IFLNK, "../../\xff no such\nfile" },
        { "/from/fifo", S_IFIFO | 0620, NULL },
        { "/from/ \t\n\\\"'*", 0644, "bytes" },
        { "/from/\xff\xfe\x01", 0644, "bytes" },
        { "/from/-rf", 0644, "bytes" },
};

static void add_attributes(const struct root *root)
{
        set_acl(root, "/from/acl", "system.posix_acl_access", 4);
        set_acl(root, "/from/acl-set-id", "system.posix_acl_access", 7);
        set_acl(root, "/from/defaults", "system.posix_acl_default", 6);
        set_acl(root, "/from/defaults", "system.posix_acl_access", 7);
        set_xattr(root, "/from/plain", "trusted.note", "a\0b", 3);
        set_xattr(root, "/from/dir", "trusted.overlay.opaque", "y", 1);
        set_xattr(root, "/from/dir", "trusted.note", "dir", 3);
        set_xattr(root, "/from/link", "trusted.note", "", 0);
        set_xattr(root, "/from/plain", "trusted.overlay.origin", "x", 1);

        ck_assert_int_eq(fchownat(root->fd, "from/owned", 1000, 4, 0), 0);
        ck_assert_int_eq(fchownat(root->fd, "from/link", 5, 6, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert_int_eq(fchownat(root->fd, "from/group", 0, 4, 0), 0);
        ck_assert_int_eq(fchownat(root->fd, "from/capable", 1000, 1000, 0), 0);
        ck_assert_int_eq(fchownat(root->fd, "from/set-id", 1000, 1000, 0), 0);
        ck_assert_int_eq(fchmodat(root->fd, "from/set-id", 06755, 0), 0);
        ck_assert_int_eq(fchmodat(root->fd, "from/group", 02775, 0), 0);
        ck_assert_int_eq(fchmodat(root->fd, "from/dir/closed", 0, 0), 0);
        set_capability(root, "/from/capable");
}

static void add_nodes(const struct root *root)
{
        char longest[NAME_MAX + 7] = "/from/";

        memset(longest + 6, '\xfc', NAME_MAX);
        tree_add(root, &(struct tree_entry){ longest, 0644, "longest" });
        ck_assert_int_eq(mknodat(root->fd, "from/null", S_IFCHR | 0666, makedev(1, 3)), 0);
        ck_assert_int_eq(mknodat(root->fd, "from/dir/block", S_IFBLK | 0660, makedev(7, 200)), 0);
        ck_assert_int_eq(mknodat(root->fd, "from/socket", S_IFSOCK | 0600, 0), 0);
        ck_assert_int_eq(linkat(root->fd, "from/plain", root->fd, "from/dir/plain-too", 0), 0);
        ck_assert_int_eq(linkat(root->fd, "from/plain", root->fd, "from/group/plain-three", 0), 0);
        ck_assert_int_eq(linkat(root->fd, "from/link", root->fd, "from/dir/link-too", 0), 0);
        ck_assert_int_eq(linkat(root->fd, "from/fifo", root->fd, "from/dir/fifo-too", 0), 0);
        for (size_t i = 0; i < ELEMENTSOF(layouts); i++) {
                char name[32];

                snprintf(name, sizeof(name), "from/data-%zu", i);
                close(new_file(root, name, &layouts[i]));
        }
}

static void add_tree(const struct root *root)
{
        static const char *const dated[] = { "/from/plain",      "/from/link",         "/from/fifo", "/from/null",
                                             "/from/dir/closed", "/from/dir/dangling", "/from/dir",  "/from" };

        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(root, &entries[i]);
        add_nodes(root);
        add_attributes(root);
        for (size_t i = 0; i < ELEMENTSOF(dated); i++)
                set_times(root, dated[i], 1000000000 + (time_t)i);
}

/* ---- Trees that are the same ----------------------------------------------------------------- */

struct pair {
        int a, b;
        size_t n; /* files seen */
};

static int open_at(int dir, const char *path, int flags)
{
        int fd = beneath_open(dir, path, flags, 0);

        ck_assert_msg(fd >= 0, "%s: %s", path, strerror(-fd));
        return fd;
}

static void check_same_links(int a, int b)
{
        char text_a[PATH_MAX] = "", text_b[PATH_MAX] = "";

        ck_assert_int_gt(readlinkat(a, "", text_a, sizeof(text_a) - 1), 0);
        ck_assert_int_gt(readlinkat(b, "", text_b, sizeof(text_b) - 1), 0);
        ck_assert_str_eq(text_a, text_b);
}

static int compare_entry(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        struct pair *pair = userdata;
        _cleanup_close_ int a = open_at(pair->a, entry->path, O_PATH), b = open_at(pair->b, entry->path, O_PATH);
        _cleanup_attributes_ struct attributes x = { 0 }, y = { 0 };

        if (step == BENEATH_LEAVE)
                return 0;
        ck_assert_int_eq(attributes_read(a, &x), 0);
        ck_assert_int_eq(attributes_read(b, &y), 0);
        ck_assert_msg(attributes_equal(&x, &y), "%s: %o and %o", entry->path, x.st.st_mode, y.st.st_mode);
        ck_assert_msg(x.st.st_mtim.tv_sec == y.st.st_mtim.tv_sec && x.st.st_mtim.tv_nsec == y.st.st_mtim.tv_nsec,
                      "%s: other times", entry->path);
        ck_assert_msg(S_ISDIR(x.st.st_mode) || x.st.st_nlink == y.st.st_nlink, "%s: other names", entry->path);
        if (S_ISLNK(x.st.st_mode))
                check_same_links(a, b);
        if (S_ISREG(x.st.st_mode)) {
                _cleanup_close_ int data_a = open_at(pair->a, entry->path, O_RDONLY);
                _cleanup_close_ int data_b = open_at(pair->b, entry->path, O_RDONLY);

                check_same_data(data_a, data_b);
        }
        pair->n++;
        return 0;
}

/* Compares each tree with the other. Returns: the number of files. */
static size_t check_same_trees(int a, int b)
{
        struct pair pair = { .a = a, .b = b }, reverse = { .a = b, .b = a };

        ck_assert_int_eq(
                beneath_walk(&(struct beneath_walk){ .dir = a, .visit = compare_entry, .userdata = &pair, .path = "" },
                             NULL),
                0);
        ck_assert_int_eq(
                beneath_walk(
                        &(struct beneath_walk){ .dir = b, .visit = compare_entry, .userdata = &reverse, .path = "" },
                        NULL),
                0);
        ck_assert_uint_eq(pair.n, reverse.n);
        return pair.n;
}

/* ---- Copying trees --------------------------------------------------------------------------- */

static int try_copy(const struct root *from_root, const char *from, const struct root *to_root, const char *to,
                    struct error *error)
{
        _cleanup_(links_freep) struct links *links = NULL;

        ck_assert_int_eq(links_new(&links), 0);
        return content_copy_tree(
                &(struct copy){
                        .from_dir = from_root->fd, .from = from, .to_dir = to_root->fd, .to = to, .links = links },
                error);
}

static void copy(const struct root *from_root, const char *from, const struct root *to_root, const char *to)
{
        _cleanup_error_ struct error error = { 0 };
        int r = try_copy(from_root, from, to_root, to, &error);

        ck_assert_msg(r == 0, "%s", error_text(&error));
}

START_TEST(test_copy)
{
        _cleanup_(root_done) struct root disk = filesystem_new(FILESYSTEM_DEFAULT),
                                         memory = filesystem_new(FILESYSTEM_TMPFS);
        const struct root *from = _i & 1 ? &memory : &disk, *to = _i & 2 ? &memory : &disk;
        _cleanup_close_ int a = -EBADF, b = -EBADF;
        size_t n;

        add_tree(from);
        umask(077);
        ck_assert_int_eq(mkdirat(to->fd, "slots", 02777), 0);
        copy(from, "from", to, "slots/0 \xff");
        a = open_at(from->fd, "from", O_RDONLY | O_DIRECTORY);
        b = open_at(to->fd, "slots/0 \xff", O_RDONLY | O_DIRECTORY);
        ck_assert_int_eq(removexattr(tree_path(from, "/from/dir"), "trusted.overlay.opaque"), 0);
        n = check_same_trees(a, b);
        ck_assert_uint_ge(n, ELEMENTSOF(entries) + ELEMENTSOF(layouts) + 8);
}
END_TEST

/* Copies a file of each type by itself. */
static const char *const singles[] = { "plain",  "link", "fifo",       "null",   "dir/block",
                                       "socket", "dir",  "dir/closed", "capable" };

START_TEST(test_copy_one)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_attributes_ struct attributes x = { 0 }, y = { 0 };
        _cleanup_close_ int a = -EBADF, b = -EBADF;
        char from[64];

        add_tree(&root);
        snprintf(from, sizeof(from), "from/%s", singles[_i]);
        copy(&root, from, &root, "copy");
        a = open_at(root.fd, from, O_PATH);
        b = open_at(root.fd, "copy", O_PATH);
        ck_assert_int_eq(attributes_read(a, &x), 0);
        ck_assert_int_eq(attributes_read(b, &y), 0);
        ck_assert(attributes_equal(&x, &y));
        ck_assert_int_eq(x.st.st_mtim.tv_sec, y.st.st_mtim.tv_sec);
        if (!S_ISDIR(x.st.st_mode))
                ck_assert_uint_eq(y.st.st_nlink, 1);
}
END_TEST

START_TEST(test_copy_whole)
{
        _cleanup_(root_done) struct root from = tree_new(), to = tree_new();
        _cleanup_close_ int a = -EBADF, b = -EBADF;

        tree_add(&from, &(struct tree_entry){ "/dir/file", 0644, "x" });
        copy(&from, "", &to, "copy");
        a = open_at(from.fd, "", O_RDONLY | O_DIRECTORY);
        b = open_at(to.fd, "copy", O_RDONLY | O_DIRECTORY);
        ck_assert_uint_eq(check_same_trees(a, b), 3);
}
END_TEST

START_TEST(test_copy_links)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(links_freep) struct links *links = NULL;
        static const char *const names[][2] = { { "a", "x" }, { "b", "dir/y" }, { "c", "z" } };
        struct stat st;

        tree_add(&root, &(struct tree_entry){ "/a", 0644, "x" });
        tree_add(&root, &(struct tree_entry){ "/dir", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(linkat(root.fd, "a", root.fd, "b", 0), 0);
        ck_assert_int_eq(linkat(root.fd, "a", root.fd, "c", 0), 0);
        ck_assert_int_eq(links_new(&links), 0);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const struct copy one = { root.fd, names[i][0], root.fd, names[i][1], links };

                ck_assert_int_eq(content_copy_tree(&one, NULL), 0);
                ck_assert_int_eq(fstatat(root.fd, "x", &st, 0), 0);
                ck_assert_uint_eq(st.st_nlink, i + 1);
        }
        ck_assert_int_eq(fstatat(root.fd, "a", &st, 0), 0);
        ck_assert_uint_eq(st.st_nlink, 3);
}
END_TEST

START_TEST(test_copy_whiteouts)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        struct stat st;

        tree_add(&root, &(struct tree_entry){ "/from/file", 0644, "x" });
        ck_assert_int_eq(mknodat(root.fd, "from/gone", S_IFCHR, 0), 0);
        copy(&root, "from", &root, "to");
        ck_assert_int_eq(fstatat(root.fd, "to/file", &st, 0), 0);
        ck_assert_int_eq(fstatat(root.fd, "to/gone", &st, 0), -1);
        copy(&root, "from/gone", &root, "gone");
        ck_assert_int_eq(fstatat(root.fd, "gone", &st, 0), -1);
}
END_TEST

#define DEPTH 2100 /* of two bytes each: longer than PATH_MAX */

START_TEST(test_copy_deep)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        _cleanup_free_ char *path = calloc(DEPTH + 1, 3);
        _cleanup_close_ int deepest = -EBADF;
        struct stat st;

        ck_assert_ptr_nonnull(path);
        strcpy(path, "d");
        for (unsigned i = 1; i < DEPTH; i++)
                strcpy(path + i * 2 - 1, "/d");
        allow_few_files();
        deepest = beneath_make_directories(root.fd, path);
        ck_assert_int_ge(deepest, 0);
        close(open_at(deepest, "file", O_WRONLY | O_CREAT));

        copy(&root, "d", &root, "e");
        path[0] = 'e';
        close(deepest);
        deepest = open_at(root.fd, path, O_PATH | O_DIRECTORY);
        ck_assert_int_eq(fstatat(deepest, "file", &st, 0), 0);
        ck_assert_int_eq(beneath_remove(root.fd, "d"), 0);
        ck_assert_int_eq(beneath_remove(root.fd, "e"), 0);
}
END_TEST

/* ---- What can go wrong ----------------------------------------------------------------------- */

static void expect_failure(int r, int code, const struct error *error, const char *message)
{
        ck_assert_int_eq(r, code);
        ck_assert_int_eq(error->code, code);
        ck_assert_str_eq(error->message, message);
}

START_TEST(test_copy_failure)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &(struct tree_entry){ "/from/dir/file", 0644, "x" });
        tree_add(&root, &(struct tree_entry){ "/to/dir", S_IFDIR | 0755, NULL });
        expect_failure(try_copy(&root, "from/none", &root, "copy", &error), -ENOENT, &error,
                       "can't read from/none: No such file or directory");
        expect_failure(try_copy(&root, "from/dir", &root, "to/none/copy", &error), -ENOENT, &error,
                       "can't copy to to/none/copy: No such file or directory");
        expect_failure(try_copy(&root, "from/dir", &root, "to/dir", &error), -EEXIST, &error,
                       "can't copy from/dir: File exists");
        expect_failure(try_copy(&root, "from/dir/file", &root, "to/dir", &error), -EEXIST, &error,
                       "can't copy from/dir/file: File exists");
        ck_assert_int_eq(try_copy(&root, "from/none", &root, "copy", NULL), -ENOENT);
}
END_TEST

START_TEST(test_copy_no_space)
{
        _cleanup_(root_done) struct root root = tree_new(), full = filesystem_new_limited(64 * KIB);
        _cleanup_error_ struct error error = { 0 };
        int fd;

        tree_add(&root, &(struct tree_entry){ "/from/dir", S_IFDIR | 0755, NULL });
        fd = new_file(&root, "from/dir/big \xff", &(struct layout){ MIB, { { 0, "x" } } });
        fill_holes(fd, MIB);
        close(fd);
        expect_failure(try_copy(&root, "from", &full, "copy", &error), -ENOSPC, &error,
                       "can't copy from/dir/big \\xff: No space left on device");
}
END_TEST

START_TEST(test_copy_mount)
{
        _cleanup_(root_done) struct root root = filesystem_new(FILESYSTEM_TMPFS);
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &(struct tree_entry){ "/from/dir/mounted", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(mount("tmpfs", tree_path(&root, "/from/dir/mounted"), "tmpfs", 0, NULL), 0);
        expect_failure(try_copy(&root, "from", &root, "to", &error), -EXDEV, &error,
                       "can't read from/dir/mounted: Invalid cross-device link");
}
END_TEST

static Suite *suite(void)
{
        TCase *data = tcase_create("data"), *trees = tcase_create("trees");
        Suite *s = suite_create("content");

        tcase_set_timeout(data, 120);
        tcase_add_unchecked_fixture(data, trees_setup, trees_teardown);
        tcase_add_loop_test(data, test_equal, 0, ELEMENTSOF(comparisons) * N_FILESYSTEMS);
        tcase_add_loop_test(data, test_equal_sparse, 0, N_FILESYSTEMS);
        tcase_add_test(data, test_equal_failure);
        tcase_add_loop_test(data, test_copy_data, 0, ELEMENTSOF(layouts) * N_FILESYSTEMS);
        tcase_add_loop_test(data, test_copy_data_elsewhere, 0, ELEMENTSOF(layouts));
        tcase_add_loop_test(data, test_copy_data_sparse, 0, N_FILESYSTEMS);
        tcase_add_test(data, test_copy_data_failure);
        suite_add_tcase(s, data);

        tcase_set_timeout(trees, 120);
        tcase_add_unchecked_fixture(trees, trees_setup, trees_teardown);
        tcase_add_loop_test(trees, test_copy, 0, 4);
        tcase_add_loop_test(trees, test_copy_one, 0, ELEMENTSOF(singles));
        tcase_add_test(trees, test_copy_whole);
        tcase_add_test(trees, test_copy_links);
        tcase_add_loop_test(trees, test_copy_whiteouts, 0, N_FILESYSTEMS);
        tcase_add_loop_test(trees, test_copy_deep, 0, N_FILESYSTEMS);
        tcase_add_test(trees, test_copy_failure);
        tcase_add_test(trees, test_copy_no_space);
        tcase_add_test(trees, test_copy_mount);
        suite_add_tcase(s, trees);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
