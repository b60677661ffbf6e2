/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Events that become durable together with the next one. */

#include "../support/histories.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <signal.h>
#include <unistd.h>

#define TIMEOUT_SEC 300
#define N_EVENTS    4U

static unsigned n_syncs;
static int sync_errno; /* 0: it works */

/* Takes the place of the C library's. */
int fdatasync(int fd)
{
        n_syncs++;
        errno = sync_errno;
        return sync_errno ? -1 : fsync(fd);
}

static void append_later(struct history *history, size_t i)
{
        struct dmig_event *event = histories_event(i);

        ck_assert_int_eq(history_append_later(history, &event, NULL), 0);
        ck_assert_ptr_null(event);
}

static size_t count_lines(const struct root *root)
{
        _cleanup_free_ char *data = NULL;
        size_t size, n = 0;

        data = histories_read(root, HISTORY_FILE, &size);
        for (size_t i = 0; i < size; i++)
                n += data[i] == '\n';
        return n;
}

static void forget_waiting(struct history *history)
{
        for (size_t i = 0; i < history->n_waiting; i++)
                event_free(history->waiting[i]);
        history->n_waiting = 0;
}

START_TEST(test_later)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND), *again = NULL;

        histories_append(history, N_EVENTS, N_EVENTS + 1); /* makes what was there durable, too */
        n_syncs = 0;
        append_later(history, N_EVENTS + 1);
        ck_assert_uint_eq(n_syncs, 0);
        ck_assert_uint_eq(count_lines(&root), N_EVENTS + 2);
        ck_assert_uint_eq(history->n_waiting, 1);
        histories_expect(history, N_EVENTS + 2);

        histories_append(history, N_EVENTS + 2, N_EVENTS + 3);
        ck_assert_uint_eq(n_syncs, 1);
        ck_assert_int_eq(history_settle(history, NULL), 0);
        ck_assert_uint_eq(n_syncs, 1);
        forget_waiting(history);

        append_later(history, N_EVENTS + 3);
        ck_assert_int_eq(history_settle(history, NULL), 0);
        ck_assert_uint_eq(n_syncs, 2);
        again = histories_open(&root, HISTORY_READ);
        histories_expect(again, N_EVENTS + 4);
        (void)data;
}
END_TEST

/* Lines that aren't durable are never in two blocks, unless it is one line. */
START_TEST(test_later_in_one_block)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND);
        off_t before;

        histories_append(history, 0, 1);
        n_syncs = 0;
        for (size_t i = 1; i < 200; i++) {
                before = history->size;
                append_later(history, i);
                ck_assert(history->durable == before || history->durable / 4096 == (history->size - 1) / 4096);
        }
        ck_assert_uint_ge(n_syncs, (unsigned)(history->durable / 4096));
        ck_assert_uint_lt(n_syncs, 2 * (unsigned)(history->size / 4096) + 1);
        histories_expect(history, 200);
}
END_TEST

/* The lines that weren't durable are gone, so that nothing may follow them. */
START_TEST(test_later_is_lost)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND), *again = NULL;

        append_later(history, N_EVENTS);
        sync_errno = EIO;
        if (_i == 0)
                ck_assert_int_eq(history_settle(history, NULL), -EIO);
        else
                histories_expect_refused(history, N_EVENTS, -EIO);
        sync_errno = 0;
        histories_expect_text(&root, data);
        histories_expect_refused(history, N_EVENTS, -EIO);
        ck_assert_int_eq(history_settle(history, NULL), -EIO);
        histories_expect_text(&root, data);
        ck_assert_uint_eq(history->n_waiting, 1);
        again = histories_open(&root, HISTORY_APPEND);
        histories_append(again, N_EVENTS, N_EVENTS + 2);
        histories_expect(again, N_EVENTS + 2);
}
END_TEST

/* If there is no space for the next line, the one before stays. */
START_TEST(test_later_before_a_failure)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND), *again = NULL;

        ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
        append_later(history, N_EVENTS);
        histories_limit_size((rlim_t)history->size + 20);
        histories_expect_refused(history, N_EVENTS, -EFBIG);
        histories_limit_size(RLIM_INFINITY);
        n_syncs = 0;
        ck_assert_int_eq(history_settle(history, NULL), 0);
        ck_assert_uint_eq(n_syncs, 1);
        again = histories_open(&root, HISTORY_READ);
        histories_expect(again, N_EVENTS + 1);
        (void)data;
}
END_TEST

/* A run that was killed may have left lines that aren't durable; after the end of an upgrade there are none. */
START_TEST(test_inherited)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, _i == 0 ? 1 : N_EVENTS);
        _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND);

        for (unsigned n = 0; n < 2; n++) {
                n_syncs = 0;
                ck_assert_int_eq(history_settle(history, NULL), 0);
                ck_assert_uint_eq(n_syncs, _i > 0 && n == 0);
        }
        (void)data;
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("history-later");
        TCase *tc = trees_case(s, "later", TIMEOUT_SEC);

        tcase_add_test(tc, test_later);
        tcase_add_test(tc, test_later_in_one_block);
        tcase_add_loop_test(tc, test_later_is_lost, 0, 2);
        tcase_add_test(tc, test_later_before_a_failure);
        tcase_add_loop_test(tc, test_inherited, 0, 2);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
