/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/closest.h"

static const char *const words[] = { "run", "status", "history", "retry", "undo", "mark" };

static const struct {
        const char *word, *found;
} cases[] = {
        { "stauts", "status" },
        { "statsu", "status" },
        { "stat", "status" },
        { "stats", "status" },
        { "histroy", "history" },
        { "hist", "history" },
        { "retyr", "retry" },
        { "udno", "undo" },
        { "unod", "undo" },
        { "rnu", "run" },
        { "runn", "run" },
        { "marc", "mark" },
        { "frobnicate", NULL },
        { "r", NULL },
        { "x", NULL },
        { "", NULL },
        { "abc", NULL },
        { "a-word-that-is-longer-than-any-of-those-that-there-are", NULL },
};

START_TEST(test_closest)
{
        struct closest closest = { .word = cases[_i].word };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                closest_consider(&closest, words[i]);
        ck_assert_pstr_eq(closest.found, cases[_i].found);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("closest");
        TCase *tcase = tcase_create("closest");

        tcase_add_loop_test(tcase, test_closest, 0, ELEMENTSOF(cases));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
