/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/pager.h"

#include "basic/macro.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

/* Returns: the pid, or 0 if it can't be started. */
static pid_t pager_spawn(int input, char *const *argv)
{
        posix_spawn_file_actions_t actions;
        pid_t pid = 0;

        if (posix_spawn_file_actions_init(&actions) != 0)
                return 0;
        if (posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) != 0 ||
            posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
                pid = 0;
        posix_spawn_file_actions_destroy(&actions);
        return pid;
}

static pid_t pager_start(int input)
{
        char *chosen = getenv("PAGER");
        pid_t pid;

        /* Quits at once if everything fits on the screen, and passes colours through. */
        setenv("LESS", "FRSXMK", 0);
        /* A user who may run this as root by sudo gets no shell from it. */
        setenv("LESSSECURE", "1", 1);

        if (chosen)
                return pager_spawn(input, (char *const[]){ "sh", "-c", chosen, NULL });
        pid = pager_spawn(input, (char *const[]){ "less", NULL });
        return pid > 0 ? pid : pager_spawn(input, (char *const[]){ "more", NULL });
}

static bool pager_is_wanted(const struct terminal *terminal)
{
        const char *chosen = getenv("PAGER");

        return terminal->cursor && !(chosen && (streq(chosen, "") || streq(chosen, "cat")));
}

/* Ctrl-C is for the pager. */
static void pager_ignore_interrupt(struct sigaction *ret_before)
{
        const struct sigaction ignore = { .sa_handler = SIG_IGN };

        sigaction(SIGINT, &ignore, ret_before);
}

void pager_open(struct pager *pager, struct terminal *terminal)
{
        _cleanup_close_ int input = -EBADF, output = -EBADF;
        FILE *stream;
        int fds[2];

        assert(pager);
        assert(terminal);

        *pager = (struct pager){ .terminal = terminal, .direct = *terminal };
        if (!pager_is_wanted(terminal) || pipe2(fds, O_CLOEXEC) < 0)
                return;
        input = fds[0];
        output = fds[1];
        stream = fdopen(output, "w");
        if (!stream)
                return;
        output = -EBADF;

        fflush(terminal->stream);
        pager->pid = pager_start(input);
        if (pager->pid == 0) {
                fclose(stream);
                return;
        }
        pager_ignore_interrupt(&pager->interrupt);
        terminal->width = terminal_width(terminal);
        terminal->stream = stream;
}

void pager_close(struct pager *pager)
{
        assert(pager);

        if (pager->pid == 0)
                return;
        fclose(pager->terminal->stream);
        *pager->terminal = pager->direct;
        while (waitpid(pager->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        sigaction(SIGINT, &pager->interrupt, NULL);
        pager->pid = 0;
}
