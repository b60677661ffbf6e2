/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "turn/turn-program.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define GRACE_SEC  2
#define READ_ROUND 16 /* reads at a time, so that one that never ends its output doesn't keep us from the rest */

/* ---- The start ---- */

static void fd_end(int *fd)
{
        fd_closep(fd);
        *fd = -EBADF;
}

/* The program's ends of the pipes that it writes to. */
struct ends {
        int output;
        int errors;
};

static void ends_done(struct ends *ends)
{
        fd_end(&ends->output);
        fd_end(&ends->errors);
}

static int pipe_make(int *ours, int *theirs, bool to_program)
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        *ours = fds[to_program];
        *theirs = fds[!to_program];
        return fcntl(*ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int turn_program_set_actions(const struct turn_program *program, const struct ends *ends,
                                    posix_spawn_file_actions_t *actions)
{
        int r;

        r = posix_spawn_file_actions_adddup2(actions, program->reader, STDIN_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, ends->output, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, ends->errors, STDERR_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
        if (r == 0)
                r = posix_spawn_file_actions_addchdir_np(actions, "/");
        return -r;
}

/* A session of its own, so that Ctrl-C is for us alone, and no signal that we ignore or block. */
static int attributes_set(posix_spawnattr_t *attributes)
{
        sigset_t none, all;
        int r;

        sigemptyset(&none);
        sigfillset(&all);
        r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        if (r == 0)
                r = posix_spawnattr_setsigmask(attributes, &none);
        return r ? -r : -posix_spawnattr_setsigdefault(attributes, &all);
}

static int turn_program_spawn(struct turn_program *program, const struct ends *ends, char *const *argv,
                              char *const *envp)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        int r;

        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return r;
        r = -posix_spawnattr_init(&attributes);
        if (r < 0) {
                posix_spawn_file_actions_destroy(&actions);
                return r;
        }
        r = turn_program_set_actions(program, ends, &actions);
        if (r >= 0)
                r = attributes_set(&attributes);
        if (r >= 0)
                r = -posix_spawn(&program->pid, argv[0], &actions, &attributes, argv, envp);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* If the caller has closed its standard streams, a pipe may have one of their numbers, which dup2(2) would overwrite. */
static int fd_move_above_streams(int *fd)
{
        int moved = *fd > STDERR_FILENO ? *fd : fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

        if (moved < 0)
                return -errno;
        if (moved != *fd)
                fd_end(fd);
        *fd = moved;
        return 0;
}

static int turn_program_make_pipes(struct turn_program *program, struct ends *ends)
{
        int r;

        r = pipe_make(&program->input, &program->reader, true);
        if (r >= 0)
                r = pipe_make(&program->output, &ends->output, false);
        if (r >= 0)
                r = pipe_make(&program->errors, &ends->errors, false);
        if (r >= 0)
                r = fd_move_above_streams(&program->reader);
        if (r >= 0)
                r = fd_move_above_streams(&ends->output);
        return r < 0 ? r : fd_move_above_streams(&ends->errors);
}

int turn_program_start(struct turn_program *program, char *const *argv, char *const *envp)
{
        _cleanup_(ends_done) struct ends ends = { -EBADF, -EBADF };
        int r;

        assert(program && program->pid == 0);
        assert(argv && argv[0]);

        r = turn_program_make_pipes(program, &ends);
        if (r >= 0)
                r = turn_program_spawn(program, &ends, argv, envp);
        if (r < 0) {
                program->pid = 0;
                turn_program_end(program, 0);
                return r;
        }
        program->pidfd = pidfd_open(program->pid, 0);
        if (program->pidfd < 0) {
                r = -errno;
                turn_program_end(program, 0);
        }
        return r;
}

/* ---- While it lives ---- */

/* @options: WNOHANG, or 0 to wait. */
static void turn_program_reap(struct turn_program *program, int options)
{
        siginfo_t info = { 0 };
        int r;

        if (program->pid == 0 || program->code != 0)
                return;
        while ((r = waitid(P_PID, (id_t)program->pid, &info, WEXITED | options)) < 0 && errno == EINTR)
                ;
        if (r < 0) /* the caller ignores SIGCHLD, so that the kernel reaps it */
                info.si_code = CLD_EXITED, info.si_status = EXIT_FAILURE;
        if (r < 0 || info.si_pid != 0) {
                program->code = info.si_code;
                program->status = info.si_status;
        }
}

bool turn_program_lives(struct turn_program *program)
{
        assert(program);

        turn_program_reap(program, WNOHANG);
        return program->pid != 0 && program->code == 0;
}

/* proc_pid_stat(5): the state is the first field after the name, which may have any character. */
bool turn_program_is_stopped(const struct turn_program *program)
{
        char path[64], text[512];
        const char *end;
        ssize_t n = -1;
        int fd;

        assert(program);

        snprintf(path, sizeof(path), "/proc/%d/stat", program->pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
                n = read(fd, text, sizeof(text) - 1);
                close(fd);
        }
        if (n <= 0)
                return false;
        text[n] = '\0';
        end = strrchr(text, ')');
        return end && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}

int turn_program_read(int *fd, void (*feed)(const char *data, size_t size, void *userdata), void *userdata)
{
        char data[4096];
        ssize_t n = -1;

        assert(fd);
        assert(feed);

        for (size_t i = 0; *fd >= 0 && i < READ_ROUND; i++) {
                n = read(*fd, data, sizeof(data));
                if (n > 0)
                        feed(data, (size_t)n, userdata);
                else if (n == 0)
                        fd_end(fd);
                else if (errno != EINTR)
                        return errno == EAGAIN ? 0 : -errno;
        }
        return 0;
}

/* ---- The end ---- */

static bool turn_program_await(struct turn_program *program, unsigned sec)
{
        struct pollfd end = { .fd = program->pidfd, .events = POLLIN };

        return poll(&end, 1, (int)sec * 1000) > 0 && !turn_program_lives(program);
}

void turn_program_end(struct turn_program *program, unsigned patience_sec)
{
        assert(program);
        assert(patience_sec < INT_MAX / 1000);

        fd_end(&program->input);
        if (turn_program_lives(program) && !turn_program_await(program, patience_sec)) {
                (void)kill(-program->pid, SIGTERM);
                (void)kill(-program->pid, SIGCONT); /* one that is stopped can't end */
                (void)turn_program_await(program, GRACE_SEC);
        }
        if (turn_program_lives(program)) {
                (void)kill(-program->pid, SIGKILL);
                turn_program_reap(program, 0);
        }
        fd_end(&program->reader);
        fd_end(&program->output);
        fd_end(&program->errors);
        fd_end(&program->pidfd);
        program->pid = 0;
}
