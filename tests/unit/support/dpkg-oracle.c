/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg-oracle.h"
#include "basic/macro.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

static const struct {
        const char *name;
        const char *symbol;
        int order;
} relations[] = {
        { "lt", "<<", -1 },
        { "eq", "=", 0 },
        { "gt", ">>", 1 },
};

/* Returns: the exit status of this command. */
static int run(const char *const *argv, const char *output)
{
        char locale[] = "LC_ALL=C", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        char *env[] = { locale, path, NULL };
        posix_spawn_file_actions_t actions;
        int r, status;
        pid_t pid;

        ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        /* posix_spawn() doesn't write to them, although its type isn't const. */
        r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, env);
        posix_spawn_file_actions_destroy(&actions);
        ck_assert_msg(r == 0, "can't start %s: %s", argv[0], strerror(r));
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void read_numbers(const char *path, size_t n, int *ret)
{
        FILE *f = fopen(path, "re");
        int more;

        ck_assert_msg(f != NULL, "can't read %s: %m", path);
        for (size_t i = 0; i < n; i++)
                ck_assert_msg(fscanf(f, "%d", &ret[i]) == 1, "there are only %zu answers", i);
        ck_assert_int_eq(fscanf(f, "%d", &more), EOF);
        fclose(f);
}

/*
 * Passes words, from the fifth of @argv on, to a script that prints @n numbers. It starts dpkg for each, which takes much longer from here,
 * under valgrind. Its dpkg gets a blank, which it drops, before each version, since it would take "-1" for an option.
 */
static void ask(const char *script, const char **argv, size_t n, int *ret)
{
        const char *tmp = getenv("TMPDIR");
        char output[PATH_MAX];
        int fd;

        snprintf(output, sizeof(output), "%s/dpkg-oracle.XXXXXX", tmp ? tmp : "/tmp");
        fd = mkstemp(output);
        ck_assert_msg(fd >= 0, "can't make %s: %m", output);
        close(fd);
        argv[0] = "sh";
        argv[1] = "-c";
        argv[2] = script;
        argv[3] = "sh";
        ck_assert_int_eq(run(argv, output), 0);
        read_numbers(output, n, ret);
        unlink(output);
}

void dpkg_confirm_all(const struct version_question *questions, size_t n_questions, bool *ret)
{
        _cleanup_free_ const char **argv = calloc(4 + 3 * n_questions + 1, sizeof(*argv));
        _cleanup_free_ int *statuses = calloc(n_questions, sizeof(*statuses));

        ck_assert(argv && statuses);
        for (size_t i = 0; i < n_questions; i++) {
                const char **words = argv + 4 + 3 * i;

                words[0] = questions[i].pair.a;
                words[1] = questions[i].relation;
                words[2] = questions[i].pair.b;
        }
        ask("while [ $# -gt 0 ]; do dpkg --compare-versions \" $1\" \"$2\" \" $3\"; echo $?; shift 3; done", argv,
            n_questions, statuses);
        for (size_t i = 0; i < n_questions; i++)
                ret[i] = statuses[i] == 0;
}

void dpkg_validate_all(const char *const *versions, size_t n_versions, int *ret)
{
        _cleanup_free_ const char **argv = calloc(4 + n_versions + 1, sizeof(*argv));

        ck_assert_ptr_nonnull(argv);
        memcpy(argv + 4, versions, n_versions * sizeof(*versions));
        ask("for version; do dpkg --validate-version \" $version\"; echo $?; done", argv, n_versions, ret);
}

static void write_stanza(FILE *f, const char *name, size_t i, const char *state, const char *version)
{
        fprintf(f, "\nPackage: %s%zu\nStatus: install ok %s\nVersion: %s\n", name, i, state, version);
        fprintf(f, "Architecture: all\nMaintainer: none\nDescription: none\n");
}

/*
 * A package database in which each pair is an installed package of version a, and three unpacked packages that depend on it, one for each
 * relation to b. dpkg configures those whose dependency is satisfied, and prints their names.
 */
static void write_database(const char *directory, const struct version_pair *pairs, size_t n_pairs)
{
        char path[PATH_MAX];
        FILE *f;

        snprintf(path, sizeof(path), "%s/status", directory);
        f = fopen(path, "we");
        ck_assert_msg(f != NULL, "can't write %s: %m", path);
        for (size_t i = 0; i < n_pairs; i++) {
                write_stanza(f, "pair", i, "installed", pairs[i].a);
                for (size_t j = 0; j < ELEMENTSOF(relations); j++) {
                        write_stanza(f, relations[j].name, i, "unpacked", "1");
                        fprintf(f, "Depends: pair%zu (%s %s)\n", i, relations[j].symbol, pairs[i].b);
                }
        }
        ck_assert_int_eq(fclose(f), 0);
}

static void read_answer(const char *line, size_t n_pairs, int *ret, size_t *n_answers)
{
        char name[3];
        size_t i;

        if (sscanf(line, "Setting up %2[a-z]%zu ", name, &i) != 2)
                return;
        ck_assert_uint_lt(i, n_pairs);
        for (size_t j = 0; j < ELEMENTSOF(relations); j++)
                if (streq(name, relations[j].name)) {
                        ret[i] = relations[j].order;
                        (*n_answers)++;
                }
}

static void read_answers(const char *path, size_t n_pairs, int *ret)
{
        const int none = 2;
        size_t n_answers = 0;
        char line[256];
        FILE *f;

        for (size_t i = 0; i < n_pairs; i++)
                ret[i] = none;

        f = fopen(path, "re");
        ck_assert_msg(f != NULL, "can't read %s: %m", path);
        while (fgets(line, sizeof(line), f))
                read_answer(line, n_pairs, ret, &n_answers);
        fclose(f);

        for (size_t i = 0; i < n_pairs; i++)
                ck_assert_msg(ret[i] != none, "dpkg gave no answer for pair %zu", i);
        ck_assert_uint_eq(n_answers, n_pairs);
}

void dpkg_compare_all(const struct version_pair *pairs, size_t n_pairs, int *ret)
{
        const char *tmp = getenv("TMPDIR");
        char directory[PATH_MAX / 2], status[PATH_MAX], output[PATH_MAX];
        const char *argv[] = { "dpkg",        "--admindir",
                               directory,     "--log=/dev/null",
                               "--no-act",    "--force-not-root",
                               "--configure", "--abort-after=1000000",
                               "--pending",   NULL };

        snprintf(directory, sizeof(directory), "%s/dpkg-oracle.XXXXXX", tmp ? tmp : "/tmp");
        ck_assert_msg(mkdtemp(directory) != NULL, "can't make %s: %m", directory);
        snprintf(status, sizeof(status), "%s/status", directory);
        snprintf(output, sizeof(output), "%s/output", directory);

        write_database(directory, pairs, n_pairs);
        run(argv, output);
        read_answers(output, n_pairs, ret);

        unlink(status);
        unlink(output);
        ck_assert_msg(rmdir(directory) == 0, "can't remove %s: %m", directory);
}
