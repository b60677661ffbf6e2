/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/process.h"

#include "basic/clock.h"
#include "sandbox/keeper.h"
#include "sandbox/line-reader.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct supervision {
        const struct process_request *request;
        pid_t keeper;
        int control;
        int output;   /* -EBADF after its end */
        int progress; /* the same */
        struct line_reader progress_lines;
        bool stop_seen;
        bool terminated;   /* SIGTERM was sent */
        bool have_message; /* the keeper has reported */
        bool keeper_gone;  /* or about to go: nothing more comes from it */
        enum process_end end;
        struct keeper_message message;
        uint64_t begin;
        uint64_t deadline; /* the time limit, later the end of the grace period */
        uint64_t next_tick;
};

static void supervision_command(const struct supervision *s, enum keeper_command what)
{
        char c = (char)what;

        keeper_pass(s->control, &c, sizeof(c));
}

/* Sends SIGTERM, and SIGKILL after the grace period. */
static void supervision_end_program(struct supervision *s, enum process_end end)
{
        if (s->terminated) {
                supervision_command(s, KEEPER_KILL);
                s->deadline = USEC_INFINITY;
                return;
        }
        s->terminated = true;
        s->end = end;
        s->deadline = now_usec(CLOCK_MONOTONIC) + PROCESS_GRACE_SEC * USEC_PER_SEC;
        supervision_command(s, KEEPER_TERMINATE);
}

static int supervision_read_output(struct supervision *s)
{
        char data[16384];
        ssize_t n = read(s->output, data, sizeof(data));

        if (n > 0)
                return output_feed(s->request->output, data, (size_t)n);
        if (n < 0 && errno != EAGAIN)
                return errno == EINTR ? 0 : -errno;
        close(TAKE_FD(s->output));
        return output_finish(s->request->output);
}

static void supervision_read_progress(struct supervision *s)
{
        char data[4096];
        ssize_t n = read(s->progress, data, sizeof(data));

        if (n > 0)
                line_reader_feed(&s->progress_lines, data, (size_t)n);
        else if (n == 0 || errno != EINTR)
                close(TAKE_FD(s->progress));
}

/* The program has ended well: from now on the keeper has the time limit. */
static void supervision_note_left(struct supervision *s, struct keeper_message *message)
{
        if (!s->terminated)
                s->deadline = USEC_INFINITY;
        message->left[sizeof(message->left) - 1] = '\0';
        if (s->request->left_running)
                s->request->left_running(message->left, s->request->userdata);
}

static void supervision_note_gone(struct supervision *s)
{
        s->keeper_gone = true;
        /* A process that is left may keep them open for ever. */
        (void)fcntl(s->output, F_SETFL, O_NONBLOCK);
        (void)fcntl(s->progress, F_SETFL, O_NONBLOCK);
}

/* Returns: 0 or a negative errno. */
static int supervision_read_message(struct supervision *s)
{
        struct keeper_message message;
        ssize_t n = recv(s->control, &message, sizeof(message), 0);

        /* That the keeper has ended without reading what it was told comes before what it has said, which is read next. */
        if (n < 0)
                return errno == EINTR || errno == ECONNRESET ? 0 : -errno;
        if (n != sizeof(message)) {
                supervision_note_gone(s);
                return 0;
        }
        if (message.kind == KEEPER_LEFT)
                supervision_note_left(s, &message);
        else if (!s->have_message)
                s->message = message; /* the first one is the cause of the others */
        s->have_message |= message.kind != KEEPER_LEFT;
        if (message.kind == KEEPER_ENDED && s->request->early && s->request->sandbox)
                supervision_note_gone(s);
        return 0;
}

static int poll_timeout_until(uint64_t time, uint64_t now)
{
        uint64_t wait;

        if (time == USEC_INFINITY)
                return -1;
        wait = time > now ? (time - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC : 0;
        return wait > INT_MAX ? INT_MAX : (int)wait;
}

static void supervision_handle_time(struct supervision *s)
{
        uint64_t now = now_usec(CLOCK_MONOTONIC);

        if (now >= s->deadline)
                supervision_end_program(s, PROCESS_TIMED_OUT);
        if (now >= s->next_tick) {
                s->next_tick = now + USEC_PER_SEC;
                if (s->request->tick)
                        s->request->tick(now - s->begin, s->request->userdata);
        }
}

/* Reads what is left in the pipes. */
static int supervision_drain(struct supervision *s)
{
        if (s->progress >= 0)
                supervision_read_progress(s);
        return s->output >= 0 ? supervision_read_output(s) : 0;
}

static int supervision_run(struct supervision *s)
{
        int r = 0;

        while (r >= 0 && (!s->keeper_gone || s->output >= 0 || s->progress >= 0)) {
                uint64_t next = s->deadline < s->next_tick ? s->deadline : s->next_tick;
                struct pollfd fds[] = {
                        { .fd = s->control, .events = POLLIN },
                        { .fd = s->output, .events = POLLIN },
                        { .fd = s->progress, .events = POLLIN },
                        { .fd = s->stop_seen ? -1 : s->request->stop_fd, .events = POLLIN },
                };

                if (s->keeper_gone) {
                        r = supervision_drain(s);
                        continue;
                }
                if (poll(fds, ELEMENTSOF(fds), poll_timeout_until(next, now_usec(CLOCK_MONOTONIC))) < 0) {
                        if (errno != EINTR)
                                return -errno;
                        continue;
                }
                if (fds[0].revents)
                        r = supervision_read_message(s);
                if (r >= 0 && fds[1].revents)
                        r = supervision_read_output(s);
                if (fds[2].revents)
                        supervision_read_progress(s);
                if (fds[3].revents) {
                        s->stop_seen = true;
                        supervision_end_program(s, PROCESS_STOPPED);
                }
                supervision_handle_time(s);
        }
        return r;
}

static int supervision_explain(const struct supervision *s, struct error *error)
{
        const struct keeper_message *m = &s->message;

        if (m->kind == KEEPER_SANDBOX_FAILED)
                return sandbox_explain(s->request->sandbox, m->step, m->error, error);
        return error_errnof(error, m->error, "can't execute %s", s->request->argv[0]);
}

static void supervision_conclude(const struct supervision *s, struct process_result *ret)
{
        int status = s->have_message ? s->message.status
                                     : SIGKILL; /* without a report it was killed, and the program with it */
        bool exited = WIFEXITED(status);

        *ret = (struct process_result){
                .end = s->terminated ? s->end
                       : exited      ? PROCESS_EXITED
                                     : PROCESS_SIGNALED,
                .status = exited ? WEXITSTATUS(status) : WTERMSIG(status),
                .duration_usec = now_usec(CLOCK_MONOTONIC) - s->begin,
        };
}

/* As fork(2) without its handlers and locks, which other threads may hold: the child makes only system calls. */
static pid_t supervision_clone_keeper(const struct process_request *request)
{
        int flags = request->sandbox ? SANDBOX_CLONE_FLAGS : 0;

        return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static int supervision_start(struct supervision *s)
{
        _cleanup_close_ int control = -EBADF, output = -EBADF, progress = -EBADF;
        struct keeper keeper = { .request = s->request };
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        s->control = fds[0];
        control = keeper.control = fds[1];
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        s->output = fds[0];
        output = keeper.output = fds[1];
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        s->progress = fds[0];
        progress = keeper.progress = fds[1];

        s->keeper = supervision_clone_keeper(s->request);
        if (s->keeper == 0)
                keeper_main(&keeper);
        return s->keeper < 0 ? -errno : 0;
}

/* A keeper that is still there ends everything when the control socket is closed. */
static void supervision_done(struct supervision *s)
{
        fd_closep(&s->control);
        fd_closep(&s->output);
        fd_closep(&s->progress);
        if (s->request->early) {
                process_reap(s->request->keeper);
                *s->request->keeper = s->keeper;
        } else {
                process_reap(&s->keeper);
        }
}

/* What has to be done before the program begins takes time, and so does the sandbox. */
static int supervision_begin_program(struct supervision *s, struct error *error)
{
        int r = s->request->meanwhile ? s->request->meanwhile(s->request->userdata, error) : 0;

        if (s->request->keeper)
                process_reap(s->request->keeper);
        if (r >= 0 && s->request->meanwhile)
                supervision_command(s, KEEPER_BEGIN);
        s->begin = now_usec(CLOCK_MONOTONIC);
        if (s->request->timeout_usec)
                s->deadline = usec_add(s->begin, s->request->timeout_usec);
        s->next_tick = s->begin + USEC_PER_SEC;
        return r;
}

void process_reap(pid_t *keeper)
{
        while (*keeper > 0 && waitpid(*keeper, NULL, 0) < 0 && errno == EINTR)
                ;
        *keeper = 0;
}

int process_run(const struct process_request *request, struct process_result *ret, struct error *error)
{
        _cleanup_(supervision_done) struct supervision s = {
                .request = request,
                .control = -EBADF,
                .output = -EBADF,
                .progress = -EBADF,
                .progress_lines = { .fn = request->progress, .userdata = request->userdata },
                .deadline = USEC_INFINITY,
        };
        int r;

        assert(request->argv && request->argv[0]);
        assert(request->envp);
        assert(request->output);
        assert(request->keeper || !request->early);
        assert(ret);

        r = supervision_start(&s);
        if (r < 0)
                return error_errnof(error, r, "can't start a process");
        r = supervision_begin_program(&s, error);
        if (r < 0)
                return r;
        r = supervision_run(&s);
        if (r < 0)
                return error_errnof(error, r, "can't supervise %s", request->argv[0]);
        if (s.have_message && s.message.kind != KEEPER_ENDED)
                return supervision_explain(&s, error);
        supervision_conclude(&s, ret);
        return 0;
}
