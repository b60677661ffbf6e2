/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Unified diffs, by the real diff(1). */

#include "../support/suite.h"
#include "basic/io.h"
#include "fs/diff.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

/* A file with @size bytes of @text; NULL is none. */
static int make_file(const char *text, size_t size)
{
        int fd;

        if (!text)
                return -EBADF;
        fd = memfd_create("test", MFD_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(io_write_all(fd, text, size), 0);
        ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
        return fd;
}

struct text {
        const char *data;
        size_t size;
};

static int compare(const struct text *before, const struct text *after, char **ret)
{
        _cleanup_close_ int a = make_file(before->data, before->size), b = make_file(after->data, after->size);
        _cleanup_close_ int stop = eventfd(0, EFD_CLOEXEC);
        _cleanup_error_ struct error error = { 0 };
        int r;

        r = diff_make(&(const struct diff){ .before = a, .after = b, .path = "/etc/a b", .stop_fd = stop }, ret,
                      &error);
        ck_assert(r == 0 || error.message);
        return r;
}

#define TEXT(literal)                        \
        {                                    \
                literal, sizeof(literal) - 1 \
        }
#define NO_FILE         \
        {               \
                NULL, 0 \
        }

static const struct {
        struct text before, after;
        const char *diff; /* NULL: none */
} cases[] = {
        { TEXT("a\nb\n"), TEXT("a\nc\n"), "--- a/etc/a b\n+++ b/etc/a b\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n" },
        { NO_FILE, TEXT("x\n"), "--- /dev/null\n+++ b/etc/a b\n@@ -0,0 +1 @@\n+x\n" },
        { TEXT("x\n"), NO_FILE, "--- a/etc/a b\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" },
        { TEXT("x\n"), TEXT("x"), "--- a/etc/a b\n+++ b/etc/a b\n@@ -1 +1 @@\n-x\n+x\n\\ No newline at end of file\n" },
        { TEXT("\xe9\x01\n"), TEXT("\xe8\033\n"), "--- a/etc/a b\n+++ b/etc/a b\n@@ -1 +1 @@\n-\xe9\x01\n+\xe8\033\n" },
        { NO_FILE, TEXT(""), "" },
        { TEXT("same\n"), TEXT("same\n"), "" },
        { TEXT("a\0b"), TEXT("x"), NULL },
        { TEXT("x"), TEXT("a\n\0"), NULL },
        { NO_FILE, TEXT("\0"), NULL },
};

START_TEST(test_diff)
{
        _cleanup_free_ char *diff = NULL;

        ck_assert_int_eq(compare(&cases[_i].before, &cases[_i].after, &diff), 0);
        ck_assert_pstr_eq(diff, cases[_i].diff);
}
END_TEST

/* All lines of the largest texts differ: both are in the diff. */
START_TEST(test_size)
{
        const size_t size = 1024 * 1024;
        _cleanup_free_ char *before = malloc(size + 1), *after = malloc(size + 1), *diff = NULL, *none = NULL;

        ck_assert(before && after);
        for (size_t i = 0; i <= size; i++) {
                before[i] = i % 2 ? '\n' : 'a';
                after[i] = i % 2 ? '\n' : 'b';
        }
        ck_assert_int_eq(compare(&(const struct text){ before, size }, &(const struct text){ after, size }, &diff), 0);
        ck_assert_uint_gt(strlen(diff), 3 * size);
        ck_assert_int_eq(compare(&(const struct text){ before, size }, &(const struct text){ after, size + 1 }, &none),
                         0);
        ck_assert_ptr_null(none);
}
END_TEST

START_TEST(test_stop)
{
        _cleanup_close_ int a = make_file("a\n", 2), b = make_file("b\n", 2), stop = eventfd(1, EFD_CLOEXEC);
        _cleanup_error_ struct error error = { 0 };
        char *diff = NULL;

        ck_assert_int_eq(diff_make(&(const struct diff){ .before = a, .after = b, .path = "/a", .stop_fd = stop },
                                   &diff, &error),
                         -ECANCELED);
        ck_assert_ptr_null(diff);
}
END_TEST

START_TEST(test_without_the_program)
{
        static const struct text before = TEXT("a\n"), after = TEXT("b\n");
        _cleanup_free_ char *path = strdup(getenv("PATH"));
        char *diff = NULL;
        int r;

        ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
        r = compare(&before, &after, &diff);
        ck_assert_int_eq(setenv("PATH", path, 1), 0);
        ck_assert_int_eq(r, -ENOENT);
        ck_assert_ptr_null(diff);
}
END_TEST

/* Names are escaped as everywhere else, so that none of their bytes can look like another line of the diff. */
START_TEST(test_name)
{
        _cleanup_close_ int b = make_file("b\n", 2), stop = eventfd(0, EFD_CLOEXEC);
        _cleanup_free_ char *diff = NULL;

        ck_assert_int_eq(diff_make(
                                 &(const struct diff){
                                         .before = -EBADF, .after = b, .path = "/a\n+++ b\033\xff", .stop_fd = stop },
                                 &diff, NULL),
                         0);
        ck_assert_str_eq(diff, "--- /dev/null\n+++ b/a\\x0a+++ b\\x1b\\xff\n@@ -0,0 +1 @@\n+b\n");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("diff");
        TCase *tcase = tcase_create("diff");

        tcase_set_timeout(tcase, 60);
        tcase_add_loop_test(tcase, test_diff, 0, ELEMENTSOF(cases));
        tcase_add_test(tcase, test_size);
        tcase_add_test(tcase, test_stop);
        tcase_add_test(tcase, test_without_the_program);
        tcase_add_test(tcase, test_name);
        suite_add_tcase(suite, tcase);
        return suite_run(suite);
}
