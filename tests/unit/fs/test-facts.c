/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Also covers fs/fd-attribute.c: whatever a descriptor is open for, it says and does the same. */

#include "fs/facts.h"

#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/io.h"
#include "fs/attributes.h"
#include "fs/beneath.h"
#include "fs/fd-attribute.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

static const struct tree_entry entries[] = { { "/file", 04640, "text" },
                                             { "/dir", S_IFDIR | 01777, NULL },
                                             { "/link", S_IFLNK, "file" },
                                             { "/fifo", S_IFIFO | 0600, NULL } };

static void check_time(const struct timespec *a, const struct timespec *b)
{
        ck_assert_int_eq(a->tv_sec, b->tv_sec);
        ck_assert_int_eq(a->tv_nsec, b->tv_nsec);
}

static void check_stat(const struct stat *a, const struct stat *b)
{
        ck_assert_uint_eq(a->st_dev, b->st_dev);
        ck_assert_uint_eq(a->st_ino, b->st_ino);
        ck_assert_uint_eq(a->st_mode, b->st_mode);
        ck_assert_uint_eq(a->st_nlink, b->st_nlink);
        ck_assert_uint_eq(a->st_uid, b->st_uid);
        ck_assert_uint_eq(a->st_gid, b->st_gid);
        ck_assert_uint_eq(a->st_rdev, b->st_rdev);
        ck_assert_int_eq(a->st_size, b->st_size);
        ck_assert_int_eq(a->st_blksize, b->st_blksize);
        ck_assert_int_eq(a->st_blocks, b->st_blocks);
        check_time(&a->st_atim, &b->st_atim);
        check_time(&a->st_mtim, &b->st_mtim);
        check_time(&a->st_ctim, &b->st_ctim);
}

START_TEST(test_as_fstat)
{
        const struct tree_entry *entry = &entries[_i];
        struct root root = tree_new();
        _cleanup_close_ int fd = -EBADF;
        struct facts facts;
        struct stat st;
        int64_t born;

        tree_add(&root, entry);
        fd = openat(root.fd, entry->path + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fchownat(fd, "", 12, 345, AT_EMPTY_PATH), 0);
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert_int_eq(facts_read(fd, &facts), 0);
        check_stat(&facts.st, &st);
        ck_assert_int_eq(attributes_read_birth(fd, &born), 0);
        ck_assert_int_eq(facts.born, born);
        ck_assert(!facts.fixed);
        root_done(&root);
}
END_TEST

START_TEST(test_device)
{
        struct root root = tree_new();
        _cleanup_close_ int fd = -EBADF;
        struct facts facts;

        ck_assert_int_eq(mknodat(root.fd, "null", S_IFCHR | 0600, makedev(1, 3)), 0);
        fd = openat(root.fd, "null", O_PATH | O_CLOEXEC);
        ck_assert_int_eq(facts_read(fd, &facts), 0);
        ck_assert_uint_eq(facts.st.st_rdev, makedev(1, 3));
        root_done(&root);
}
END_TEST

/* The number of the request says that it takes a long; it takes an int, and valgrind doesn't know. */
static void set_flags(int fd, int flags)
{
        int wide[2] = { flags };

        ck_assert_msg(ioctl(fd, FS_IOC_SETFLAGS, wide) == 0, "can't set the attributes of a file: %m");
}

START_TEST(test_fixed)
{
        static const int flags[] = { FS_IMMUTABLE_FL, FS_APPEND_FL };
        struct root root = tree_new();
        _cleanup_close_ int fd = -EBADF;

        tree_add(&root, &entries[0]);
        fd = openat(root.fd, "file", O_RDONLY | O_CLOEXEC);
        for (size_t i = 0; i < ELEMENTSOF(flags); i++) {
                struct facts facts;
                int fixed;

                set_flags(fd, flags[i]);
                ck_assert_int_eq(facts_read(fd, &facts), 0);
                fixed = beneath_is_fixed(root.fd, "file");
                set_flags(fd, 0);
                ck_assert(facts.fixed);
                ck_assert_int_eq(fixed, 1);
        }
        root_done(&root);
}
END_TEST

START_TEST(test_no_file)
{
        struct facts facts;

        ck_assert_int_eq(facts_read(1000, &facts), -EBADF);
}
END_TEST

/* ---- Attributes by any descriptor ---- */

static const int modes[] = { O_RDONLY, O_PATH };

START_TEST(test_attributes)
{
        struct root root = tree_new();
        _cleanup_close_ int fd = -EBADF;
        char value[8], names[256];
        struct stat st;
        ssize_t n;

        tree_add(&root, &entries[0]);
        fd = openat(root.fd, "file", modes[_i] | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fd_set_xattr(fd, "trusted.a", "1", 1), 0);
        ck_assert_int_eq(fd_set_xattr(fd, "trusted.empty", NULL, 0), 0);
        ck_assert_int_eq(fd_get_xattr(fd, "trusted.a", value, sizeof(value)), 1);
        ck_assert_int_eq(value[0], '1');
        ck_assert_int_eq(fd_get_xattr(fd, "trusted.empty", value, sizeof(value)), 0);
        n = fd_list_xattrs(fd, names, sizeof(names));
        ck_assert_int_gt(n, 0);
        ck_assert_ptr_nonnull(memmem(names, (size_t)n, "trusted.empty", sizeof("trusted.empty")));

        ck_assert_int_eq(fd_remove_xattr(fd, "trusted.a"), 0);
        ck_assert_int_eq(fd_remove_xattr(fd, "trusted.a"), 0);
        ck_assert_int_eq(fd_get_xattr(fd, "trusted.a", value, sizeof(value)), -1);
        ck_assert_int_eq(errno, ENODATA);

        ck_assert_int_eq(fd_set_mode(fd, 02711), 0);
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFREG | 02711);
        root_done(&root);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("facts");
        TCase *tcase = trees_case(s, "facts", 60);

        tcase_add_loop_test(tcase, test_as_fstat, 0, ELEMENTSOF(entries));
        tcase_add_test(tcase, test_device);
        tcase_add_test(tcase, test_fixed);
        tcase_add_test(tcase, test_no_file);
        tcase_add_loop_test(tcase, test_attributes, 0, ELEMENTSOF(modes));
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
