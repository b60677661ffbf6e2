/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "redo/redo-trace.h"

#define RENAME(k, p, s)                                                       \
        {                                                                     \
                .kind = REDO_##k, .path = (char *)(uintptr_t)(p), .slot = (s) \
        }

/* Two directories are swapped, and files in them are replaced. */
static struct redo_rename swap[] = {
        RENAME(DETACH, "t/e", 1),     RENAME(DETACH, "t/a", 3),       RENAME(INSTALL, "done", 0),
        RENAME(INSTALL, "t/a", 1),    RENAME(EXCHANGE, "t/a/a/n", 2), RENAME(INSTALL, "t/e", 3),
        RENAME(EXCHANGE, "t/e/1", 4), RENAME(EXCHANGE, "t/e/a", 5),
};
/* The same, undone. */
static struct redo_rename swap_back[] = {
        RENAME(EXCHANGE, "t/e/a", 5),   RENAME(EXCHANGE, "t/e/1", 4), RENAME(DETACH, "t/e", 3),
        RENAME(EXCHANGE, "t/a/a/n", 2), RENAME(DETACH, "t/a", 1),     RENAME(DETACH, "done", 0),
        RENAME(INSTALL, "t/a", 3),      RENAME(INSTALL, "t/e", 1),
};
/* A directory moves out of one that is removed, and another one moves into it. */
static struct redo_rename nested[] = {
        RENAME(DETACH, "d/sub", 0), RENAME(DETACH, "d", 1),       RENAME(DETACH, "b/c", 2),
        RENAME(INSTALL, "kept", 0), RENAME(INSTALL, "kept/c", 2),
};

static const struct redo swapped = { .renames = swap, .n_renames = ELEMENTSOF(swap) };
static const struct redo swapped_back = { .renames = swap_back, .n_renames = ELEMENTSOF(swap_back) };
static const struct redo moved = { .renames = nested, .n_renames = ELEMENTSOF(nested) };
static const struct redo none = { 0 };

static const struct {
        const struct redo *redo;
        const char *path, *origin;
        bool in_slot;
} traces[] = {
        { &swapped, "t", "t", false },
        { &swapped, "t/a", "t/e", false },
        { &swapped, "t/a/a", "t/e/a", false },
        { &swapped, "t/a/a/n", "2", true },
        { &swapped, "t/e/a", "5", true },
        { &swapped, "t/e/other", "t/a/other", false },
        { &swapped, "done", "0", true },
        { &swapped, "done/x", "0/x", true },
        { &swapped, "done-not", "done-not", false },
        { &swapped_back, "t/e/a", "t/a/a", false },
        { &swapped_back, "t/e/a/n", "2", true },
        { &swapped_back, "t/a/a", "5", true },
        { &swapped_back, "t/a/other", "t/e/other", false },
        { &moved, "kept/c/x", "b/c/x", false },
        { &moved, "kept/x", "d/sub/x", false },
        { &none, "x", "x", false },
};

START_TEST(test_origin)
{
        _cleanup_(redo_trace_freep) struct redo_trace *trace = NULL;
        struct redo_origin origin;

        ck_assert_int_eq(redo_trace_new(traces[_i].redo, &trace), 0);
        ck_assert_int_eq(redo_trace_back(trace, 0, traces[_i].path, &origin), 0);
        ck_assert_str_eq(origin.path, traces[_i].origin);
        ck_assert_int_eq(origin.in_slot, traces[_i].in_slot);
        free(origin.path);
        /* In another area nothing is renamed. */
        ck_assert_int_eq(redo_trace_back(trace, 1, traces[_i].path, &origin), 0);
        ck_assert_str_eq(origin.path, traces[_i].path);
        ck_assert(!origin.in_slot);
        free(origin.path);
}
END_TEST

static Suite *redo_trace_suite(void)
{
        Suite *suite = suite_create("redo-trace");
        TCase *tcase = tcase_create("redo-trace");

        tcase_add_loop_test(tcase, test_origin, 0, ELEMENTSOF(traces));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(redo_trace_suite());
}
