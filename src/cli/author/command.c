/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/command.h"

#include "basic/io.h"
#include "basic/strv.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>

static int command_spawn(const char *const *args, int out, pid_t *ret)
{
        _cleanup_strv_ struct strv copy = { 0 };
        posix_spawn_file_actions_t actions;
        int r;

        for (size_t i = 0; args[i]; i++)
                if (strv_add(&copy, args[i]) < 0)
                        return -ENOMEM;
        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawnp(ret, args[0], &actions, NULL, copy.list, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

static int command_wait(pid_t pid, const char *name, struct error *error)
{
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return error_errnof(error, -errno, "can't wait for %s", name);
        if (!WIFEXITED(status))
                return error_setf(error, -EIO, "%s was killed by signal %d", name, WTERMSIG(status));
        return WEXITSTATUS(status);
}

int command_run(const char *const *args, char **ret, struct error *error)
{
        _cleanup_close_ int in = -EBADF, out = -EBADF;
        _cleanup_free_ char *text = NULL;
        int fds[2], r, status;
        size_t size;
        pid_t pid;

        assert(args && args[0]);

        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_errnof(error, -errno, "can't run %s", args[0]);
        in = fds[0];
        out = fds[1];
        r = command_spawn(args, out, &pid);
        if (r < 0)
                return error_errnof(error, r, "can't run %s", args[0]);
        close(TAKE_FD(out));
        r = io_read_all(in, SIZE_MAX / 2, &text, &size);
        status = command_wait(pid, args[0], error);
        if (r < 0)
                return error_errnof(error, r, "can't read what %s prints", args[0]);
        if (ret)
                *ret = TAKE_PTR(text);
        return status;
}

void command_remove(const char *path)
{
        int r;

        assert(path);

        r = command_run((const char *const[]){ "rm", "-rf", "--", path, NULL }, NULL, NULL);
        (void)r; /* it is in a temporary directory */
}
