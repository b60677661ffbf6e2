/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/diff.h"

#include "basic/io.h"
#include "basic/utf8.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define TEXT_SIZE_MAX   (1024U * 1024U)
#define OUTPUT_SIZE_MAX (8U * TEXT_SIZE_MAX) /* holds two texts of short lines, with a mark before each line */
#define NOTHING         "/dev/null"

/* One side, as diff(1) gets it on its command line. */
struct diff_side {
        char file[32];
        char *label;
};

static void diff_side_done(struct diff_side *side)
{
        free(side->label);
}

/* Returns: 1, 0 if it isn't text, or a negative errno. A missing file is text. */
static int diff_is_text(int fd)
{
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        if (fd < 0)
                return 1;
        r = io_read_all(fd, TEXT_SIZE_MAX, &data, &size);
        if (r < 0)
                return r == -EFBIG ? 0 : r;
        return !memchr(data, '\0', size);
}

static int diff_side_init(struct diff_side *side, char mark, int fd, const char *path)
{
        _cleanup_free_ char *clean = NULL;

        if (fd < 0) {
                strcpy(side->file, NOTHING);
                side->label = strdup(NOTHING);
                return side->label ? 0 : -ENOMEM;
        }
        beneath_fd_path(fd, side->file);
        clean = utf8_sanitize(path, strlen(path));
        if (!clean || asprintf(&side->label, "%c%s", mark, clean) < 0) {
                side->label = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* Keeps @fd open in the program, under the same number. */
static int diff_pass_fd(posix_spawn_file_actions_t *actions, int fd)
{
        return fd < 0 ? 0 : posix_spawn_file_actions_adddup2(actions, fd, fd);
}

static int diff_set_streams(posix_spawn_file_actions_t *actions, const struct diff *diff, int output)
{
        int r;

        r = diff_pass_fd(actions, diff->before);
        if (r == 0)
                r = diff_pass_fd(actions, diff->after);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, NOTHING, O_RDONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, NOTHING, O_WRONLY, 0);
        return -r;
}

static int diff_spawn(const struct diff *diff, char *const *argv, int output, pid_t *ret)
{
        char *const envp[] = { "LC_ALL=C", NULL };
        posix_spawn_file_actions_t actions;
        int r;

        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return r;
        r = diff_set_streams(&actions, diff, output);
        if (r >= 0)
                r = -posix_spawnp(ret, argv[0], &actions, NULL, argv, envp);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* Returns: the status of waitpid(2), -ECANCELED because of @stop_fd, or another negative errno. */
static int diff_await(pid_t pid, int stop_fd)
{
        _cleanup_close_ int pidfd = pidfd_open(pid, 0);
        struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN }, { .fd = stop_fd, .events = POLLIN } };
        bool stopped = false;
        int status;

        if (pidfd >= 0) {
                while (poll(fds, ELEMENTSOF(fds), -1) < 0 && errno == EINTR)
                        ;
                stopped = fds[1].revents != 0;
        }
        if (stopped)
                kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return stopped ? -ECANCELED : status;
}

static int diff_run(const struct diff *diff, char *const *argv, int output)
{
        pid_t pid;
        int r;

        r = diff_spawn(diff, argv, output, &pid);
        if (r >= 0)
                r = diff_await(pid, diff->stop_fd);
        if (r < 0)
                return r;
        if (WIFEXITED(r) && WEXITSTATUS(r) == 127)
                return -ENOENT; /* posix_spawn(3) can't always report it */
        return WIFEXITED(r) && WEXITSTATUS(r) <= 1 ? 0 : -EIO;
}

static int diff_compare(const struct diff *diff, char **ret)
{
        _cleanup_(diff_side_done) struct diff_side before = { 0 }, after = { 0 };
        _cleanup_close_ int output = -EBADF;
        size_t size;
        int r;

        r = diff_side_init(&before, 'a', diff->before, diff->path);
        if (r >= 0)
                r = diff_side_init(&after, 'b', diff->after, diff->path);
        if (r < 0)
                return r;
        output = memfd_create("diff", MFD_CLOEXEC);
        if (output < 0)
                return -errno;

        /* --text, since text in a single-byte encoding counts as text here. */
        r = diff_run(diff,
                     (char *const[]){ "diff", "-u", "--text", "--label", before.label, "--label", after.label,
                                      before.file, after.file, NULL },
                     output);
        if (r < 0)
                return r;
        return lseek(output, 0, SEEK_SET) < 0 ? -errno : io_read_all(output, OUTPUT_SIZE_MAX, ret, &size);
}

int diff_make(const struct diff *diff, char **ret, struct error *error)
{
        char *text = NULL;
        int r;

        assert(diff);
        assert(ret);

        r = diff_is_text(diff->before);
        if (r > 0)
                r = diff_is_text(diff->after);
        if (r < 0)
                return error_errnof(error, r, "can't read %s", diff->path);
        if (r > 0)
                r = diff_compare(diff, &text);
        if (r == -ENOENT)
                return error_setf(error, r, "can't compare %s: diff(1) is missing; install diffutils", diff->path);
        if (r < 0)
                return error_errnof(error, r, "can't compare %s with diff(1)", diff->path);
        *ret = text;
        return 0;
}
