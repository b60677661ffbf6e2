/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A migration that tries to get out: "check" and "migrate" make all attempts of the table, each in a process of its own, and say how many
 * gave the answer that is expected. If one did not, the phase fails.
 *
 *     outside     what the system has, in /etc/outside
 *     done        what migrate makes in /srv/data
 */

#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MAX 10
#define WRONG       3 /* the exit status */

static const char *root = "";
static unsigned n_right, n_wrong;

const char *outside_get(const char *key, unsigned n)
{
        static char line[LENGTH_MAX];
        char *value = NULL;
        FILE *file = fopen(OUTSIDE, "re");

        while (file && !value && fgets(line, sizeof(line), file)) {
                line[strcspn(line, "\n")] = '\0';
                if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ' ' && n-- == 0)
                        value = line + strlen(key) + 1;
        }
        if (file)
                fclose(file);
        return value;
}

/* ---- One attempt ---- */

/* Returns: its answer, or -1 if it was killed. */
static int attempt_make(const struct attempt *attempt, const char *argument)
{
        int status;
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == 0) {
                alarm(SECONDS_MAX);
                status = attempt->run(argument);
                fflush(stdout);
                _exit(status);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                return -1;
        return WEXITSTATUS(status);
}

static bool attempt_expects(const struct attempt *attempt, int answer)
{
        if (answer == attempt->answers[0] || (answer == ENOSYS && attempt->answers[0] != 0))
                return true;
        for (size_t i = 1; i < ANSWERS_MAX; i++)
                if (attempt->answers[i] && answer == attempt->answers[i])
                        return true;
        return false;
}

static const char *answer_name(int answer)
{
        return answer < 0 ? "it was killed" : answer == 0 ? "it works" : strerror(answer);
}

static void attempt_try(const struct attempt *attempt, const char *prefix)
{
        char path[LENGTH_MAX];
        int answer;

        if (prefix[0])
                snprintf(path, sizeof(path), "%s%s", prefix, attempt->argument);
        answer = attempt_make(attempt, prefix[0] ? path : attempt->argument);
        if (attempt_expects(attempt, answer)) {
                n_right++;
                return;
        }
        n_wrong++;
        printf("WRONG: %s (%s%s): %s", attempt->name, prefix, attempt->argument ? attempt->argument : "",
               answer_name(answer));
        printf(", instead of: %s (%s)\n", answer_name(attempt->answers[0]), attempt->why);
}

/* ---- All of them ---- */

static void attempts_try(int phase, int kind)
{
        for (const struct attempt *attempt = attempts; attempt->name; attempt++) {
                if (!(attempt->when & phase) || (attempt->when & (CONNECTS | NETWORK)) != kind)
                        continue;
                if (!(attempt->when & ONLY_TREE) || !root[0])
                        attempt_try(attempt, "");
                if (root[0] &&
                    (attempt->when & (TREE | ONLY_TREE) || (attempt->when & TREE_IN_CHECK && phase == CHECK)))
                        attempt_try(attempt, root);
        }
        printf("%u attempts were answered as expected\n", n_right);
        fflush(stdout);
}

static int kind_of(const char *id)
{
        return strstr(id, "connect") ? CONNECTS : strstr(id, "network") ? NETWORK : 0;
}

int main(int argc, char **argv)
{
        const char *id = getenv("DEPLOY_MIGRATE_ID"), *tree = getenv("DPKG_ROOT");
        int phase = argc == 2 && !strcmp(argv[1], "migrate") ? MIGRATE : CHECK;
        char done[LENGTH_MAX];

        if (!id || argc != 2)
                return EXIT_FAILURE;
        root = tree ? tree : "";
        attempts_try(phase, kind_of(id));
        if (n_wrong)
                return WRONG;
        snprintf(done, sizeof(done), "%s/srv/data/%s", root, strrchr(id, '/') + 1);
        if (phase == CHECK)
                return access(done, F_OK) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        return open(done, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0 ? WRONG : EXIT_SUCCESS;
}
