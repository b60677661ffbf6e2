/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/tail.h"

#include <stdio.h>

static const size_t counts[] = { 0, 1, TAIL_LINES - 1, TAIL_LINES, TAIL_LINES + 1, 3 * TAIL_LINES };

START_TEST(test_tail)
{
        size_t n = counts[_i], kept = n < TAIL_LINES ? n : TAIL_LINES;
        _cleanup_(tail_clear) struct tail tail = { 0 };
        char line[32];

        for (size_t i = 0; i < n; i++) {
                snprintf(line, sizeof(line), "line %zu", i);
                tail_add(&tail, line);
        }
        for (size_t i = 0; i < kept; i++) {
                snprintf(line, sizeof(line), "line %zu", n - kept + i);
                ck_assert_str_eq(tail_get(&tail, i), line);
        }
        ck_assert_ptr_null(tail_get(&tail, kept));

        tail_clear(&tail);
        ck_assert_ptr_null(tail_get(&tail, 0));
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("tail");
        TCase *tcase = tcase_create("tail");

        tcase_add_loop_test(tcase, test_tail, 0, ELEMENTSOF(counts));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
