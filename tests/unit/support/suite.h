/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The main() of every unit test. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * How often a test does the like of what it did already: @n times, or a tenth of that where DEPLOY_MIGRATE_TEST_FEW is set: under valgrind
 * and with sanitizers, which look at each instruction rather than at each answer.
 */
static inline size_t suite_repeats(size_t n)
{
        return getenv("DEPLOY_MIGRATE_TEST_FEW") ? n / 10 : n;
}

/* Runs @suite and frees it. Returns: what main() returns. */
static inline int suite_run(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int n_failed;

        srunner_run_all(runner, CK_NORMAL);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The same for tests that make mounts, give files away, or become other users: without root they are skipped. */
static inline int suite_run_as_root(Suite *suite)
{
        if (geteuid() == 0)
                return suite_run(suite);
        srunner_free(srunner_create(suite));
        puts("1..0 # SKIP must run as root");
        return EXIT_SUCCESS;
}
