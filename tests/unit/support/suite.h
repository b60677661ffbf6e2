/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The main() of every unit test. */

#include <check.h>
#include <stdlib.h>

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
