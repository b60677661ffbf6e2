/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All unit tests in one program, each in a process of its own: valgrind takes most of a second to start, and nothing for a fork. Each main()
 * has a number in here, by tests/valgrind/run, which writes the list.
 *
 * together [NAME]: NAME is as in tests/unit/fs/test-diff. Speaks TAP.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_TESTS (sizeof(tests) / sizeof(tests[0]))

#define TEST(number, name) int main_##number(void);
#include "list.h"
#undef TEST

static const struct test {
        const char *name;
        int (*run)(void);
} tests[] = {
#define TEST(number, name) { name, main_##number },
#include "list.h"
};

static void test_run(const struct test *test)
{
        pid_t child;
        int status;

        printf("# %s\n", test->name);
        fflush(stdout);
        child = fork();
        if (child == 0)
                exit(test->run());
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
                printf("not ok - %s doesn't end with 0\n", test->name);
}

int main(int argc, char **argv)
{
        for (const struct test *test = tests; test < tests + N_TESTS; test++)
                if (argc < 2 || strcmp(argv[1], test->name) == 0)
                        test_run(test);
}
