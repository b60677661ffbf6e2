/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A history that can't be written or opened, and its last line alone. */

#include "../support/histories.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/io.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>

#define TIMEOUT_SEC 300
#define N_EVENTS    4U

/* ---- Failures to append ---------------------------------------------------------------------- */

/* The line is cut short at each of its bytes, then there is room again. */
START_TEST(test_short_write)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND), *again = NULL;
        const size_t size = strlen(data);

        ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
        for (size_t room = 0; room < 150; room++) {
                histories_limit_size(size + room);
                histories_expect_refused(history, N_EVENTS, -EFBIG);
                histories_limit_size(RLIM_INFINITY);
                histories_expect_text(&root, data);
                histories_expect(history, N_EVENTS);
        }
        histories_append(history, N_EVENTS, N_EVENTS + 3);
        again = histories_open(&root, HISTORY_READ);
        histories_expect(again, N_EVENTS + 3);
}
END_TEST

/* A file system of the test's own, of that size. */
static struct root small_root(const char *options)
{
        struct root tree = tree_new(), root;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", tree.path, "tmpfs", 0, options), 0);
        ck_assert_int_eq(root_init(&root, tree.path), 0);
        root_done(&tree);
        return root;
}

static void fill(const struct root *root)
{
        static const char block[4096];
        _cleanup_close_ int fd = open(tree_path(root, "/filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        int r;

        ck_assert_int_ge(fd, 0);
        do
                r = io_write_all(fd, block, sizeof(block));
        while (r == 0);
        ck_assert_int_eq(r, -ENOSPC);
}

/* Appends until the last page of the file is full, too. Returns: how many events there are. */
static size_t append_until_full(struct history *history, const struct root *root, size_t n)
{
        for (;; n++) {
                _cleanup_(event_freep) struct dmig_event *event = histories_event(n);
                _cleanup_free_ char *before = NULL;
                size_t size;
                int r;

                before = histories_read(root, HISTORY_FILE, &size);
                r = history_append(history, event, NULL);
                if (r == 0)
                        continue;
                ck_assert_int_eq(r, -ENOSPC);
                histories_expect_text(root, before);
                return n;
        }
}

START_TEST(test_no_space)
{
        _cleanup_(root_done) struct root root = small_root("size=256k");
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND), *again = NULL;
        size_t n;

        fill(&root);
        n = append_until_full(history, &root, N_EVENTS);
        histories_expect(history, n);
        again = histories_open(&root, HISTORY_APPEND);
        histories_expect(again, n);
        ck_assert_ptr_null(again->torn);

        ck_assert_int_eq(unlink(tree_path(&root, "/filler")), 0);
        histories_append(history, n, n + 20);
        histories_expect(history, n + 20);
        (void)data;
}
END_TEST

/* At first neither the directories nor the file can be created, step by step; then they can. */
START_TEST(test_no_inodes)
{
        _cleanup_(root_done) struct root root = { .fd = -EBADF };
        _cleanup_(history_freep) struct history *history = NULL;
        char options[32];

        snprintf(options, sizeof(options), "nr_inodes=%d", 1 + _i);
        root = small_root(options);
        history = histories_open(&root, HISTORY_APPEND);
        histories_expect_refused(history, N_EVENTS, -ENOSPC);
        histories_expect_refused(history, N_EVENTS, -ENOSPC);

        ck_assert_int_eq(mount("none", root.path, "none", MS_REMOUNT, "nr_inodes=100"), 0);
        histories_append(history, 0, N_EVENTS);
        histories_expect(history, N_EVENTS);
}
END_TEST

START_TEST(test_read_only)
{
        _cleanup_(root_done) struct root root = small_root("size=256k");
        _cleanup_(history_freep) struct history *none = histories_open(&root, HISTORY_APPEND), *reader = NULL;
        _cleanup_error_ struct error error = { 0 };
        struct history *writer = NULL;
        _cleanup_free_ char *data = NULL;

        ck_assert_int_eq(mount("none", root.path, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
        histories_expect_refused(none, N_EVENTS, -EROFS);
        ck_assert_int_eq(mount("none", root.path, "none", MS_REMOUNT, NULL), 0);
        data = histories_make(&root, N_EVENTS);

        ck_assert_int_eq(mount("none", root.path, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
        ck_assert_int_eq(
                history_open(&(struct history_request){ &root, "foo", .mode = HISTORY_APPEND }, &writer, &error),
                -EROFS);
        ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, HISTORY_FILE)));
        reader = histories_open(&root, HISTORY_READ);
        histories_expect(reader, N_EVENTS);
}
END_TEST

/* ---- What isn't a history -------------------------------------------------------------------- */

static const struct {
        struct tree_entry entry;
        int code;
} others[] = {
        { { HISTORY_FILE, S_IFDIR | 0755, NULL }, -EISDIR },
        { { HISTORY_FILE, S_IFIFO | 0644, NULL }, -EINVAL },
        { { HISTORY_FILE, S_IFLNK, "/etc/passwd" }, -ELOOP },
        { { HISTORY_FILE, S_IFLNK, "other" }, -ELOOP },
        { { HISTORY_DIR, S_IFLNK, "bar" }, -ENOTDIR },
        { { HISTORY_DIR, 0644, "" }, -ENOTDIR },
        { { STATE_DIR, 0644, "" }, -ENOTDIR },
        { { STATE_DIR, S_IFLNK, "/tmp" }, -ENOLINK }, /* there is none in the tree */
};

/* For reading, for appending, and for the last line alone. */
START_TEST(test_not_a_history)
{
        _cleanup_(root_done) struct root root = tree_new();
        struct dmig_event *event = NULL;

        tree_add(&root, &others[_i].entry);
        for (enum history_mode mode = HISTORY_READ; mode <= HISTORY_APPEND; mode++) {
                _cleanup_error_ struct error error = { 0 };
                struct history *history = NULL;

                ck_assert_int_eq(
                        history_open(&(struct history_request){ &root, "foo", .mode = mode }, &history, &error),
                        others[_i].code);
                ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, HISTORY_FILE)));
                ck_assert_ptr_null(history);
        }
        ck_assert_int_eq(history_peek(&root, "foo", &event), others[_i].code);
        ck_assert_ptr_null(event);
}
END_TEST

/* ---- The last line alone --------------------------------------------------------------------- */

START_TEST(test_peek)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND);
        struct dmig_event *none = NULL;

        ck_assert_int_eq(history_peek(&root, "foo", &none), 0);
        for (size_t i = 0; i < 50; i++) {
                _cleanup_(event_freep) struct dmig_event *last = NULL, *event = histories_event(i);

                histories_append(history, i, i + 1);
                ck_assert_int_eq(history_peek(&root, "foo", &last), 1);
                ck_assert_str_eq(dmig_event_get_package(last), "foo");
                ck_assert_str_eq(dmig_event_get_name(last), dmig_event_get_name(event));
                ck_assert_pstr_eq(dmig_event_get_string(last, "id"), dmig_event_get_string(event, "id"));
        }
        ck_assert_int_eq(history_peek(&root, "bar", &none), 0);
        ck_assert_ptr_null(none);
}
END_TEST

/* Appends a line with a note of @size bytes. Returns: the length of the line. */
static size_t append_note(const struct root *root, size_t size)
{
        _cleanup_(history_freep) struct history *history = histories_open(root, HISTORY_APPEND);
        _cleanup_(event_freep) struct dmig_event *event = histories_event(0);
        _cleanup_free_ char *note = calloc(1, size + 1);
        off_t before = history->size;

        memset(note, 'x', size);
        ck_assert_int_eq(event_set_string(event, "note", note), 0);
        ck_assert_int_eq(history_append(history, event, NULL), 0);
        return (size_t)(history->size - before);
}

/* A line that is too long for history_peek() must not be taken for another one. */
START_TEST(test_peek_long_line)
{
        _cleanup_(root_done) struct root root = tree_new();
        unsigned n_seen = 0;

        for (size_t size = 3700; size < 4300; size += 3) {
                _cleanup_(event_freep) struct dmig_event *last = NULL;
                size_t line;
                int r;

                ck_assert_int_eq(beneath_remove(root.fd, &STATE_DIR[1]), 0);
                if (_i > 0)
                        (void)append_note(&root, 0);
                line = append_note(&root, size);
                r = history_peek(&root, "foo", &last);
                ck_assert_int_ge(r, 0);
                ck_assert_msg(line > 4096 || r == 1, "a line of %zu bytes isn't seen", line);
                if (r > 0)
                        ck_assert_uint_eq(strlen(dmig_event_get_string(last, "note")), size);
                n_seen += r > 0;
        }
        ck_assert_uint_ge(n_seen, 10);
        ck_assert_uint_lt(n_seen, 200);
}
END_TEST

static const char *const unclear[] = { "", "\n", "text\n", "{}", "{\"event\":\"completed\"}", "[1]\n" };

START_TEST(test_peek_unclear)
{
        _cleanup_(root_done) struct root root = tree_new();
        struct dmig_event *event = NULL;

        tree_add(&root, &(struct tree_entry){ HISTORY_FILE, 0640, unclear[_i] });
        ck_assert_int_eq(history_peek(&root, "foo", &event), 0);
        ck_assert_ptr_null(event);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("history-write");
        TCase *append = trees_case(s, "append", TIMEOUT_SEC), *other = trees_case(s, "other", TIMEOUT_SEC),
              *peek = trees_case(s, "peek", TIMEOUT_SEC);

        tcase_add_test(append, test_short_write);
        tcase_add_test(append, test_no_space);
        tcase_add_loop_test(append, test_no_inodes, 0, 5);
        tcase_add_test(append, test_read_only);

        tcase_add_loop_test(other, test_not_a_history, 0, ELEMENTSOF(others));

        tcase_add_test(peek, test_peek);
        tcase_add_loop_test(peek, test_peek_long_line, 0, 2);
        tcase_add_loop_test(peek, test_peek_unclear, 0, ELEMENTSOF(unclear));
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
