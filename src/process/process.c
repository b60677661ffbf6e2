/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/process.h"

#include "basic/clock.h"
#include "process/keeper.h"
#include "process/line-reader.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct supervision {
        const struct process_request *request;
        struct host *host;
        struct line_reader progress_lines;
        bool stop_seen;
        bool terminated;   /* SIGTERM was sent */
        bool have_message; /* the keeper has reported */
        bool ended;        /* all processes of the program, or the keeper with them */
        bool reusable;     /* the host */
        enum process_end end;
        struct keeper_message message;
        uint64_t begin;
        uint64_t deadline; /* the time limit, later the end of the grace period */
        uint64_t next_tick;
};

static void supervision_command(const struct supervision *s, enum keeper_command what)
{
        char c = (char)what;

        keeper_pass(s->host->control, &c, sizeof(c));
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

/* Returns: 1 if there may be more, 0 if there isn't for now, or a negative errno. */
static int supervision_read_output(struct supervision *s)
{
        char data[16384];
        ssize_t n = read(s->host->output, data, sizeof(data));
        int r;

        if (n < 0)
                return errno == EINTR ? 1 : errno == EAGAIN ? 0 : -errno;
        r = output_feed(s->request->output, data, (size_t)n);
        return r < 0 ? r : n > 0;
}

/* The same; a line that can't be read is lost. */
static int supervision_read_progress(struct supervision *s)
{
        char data[4096];
        ssize_t n = read(s->host->progress, data, sizeof(data));

        if (n > 0)
                line_reader_feed(&s->progress_lines, data, (size_t)n);
        return n > 0 || (n < 0 && errno == EINTR);
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

/* Returns: 0 or a negative errno. */
static int supervision_read_message(struct supervision *s)
{
        struct keeper_message message;
        ssize_t n = recv(s->host->control, &message, sizeof(message), 0);

        /* That the keeper has ended without reading what it was told comes before what it has said, which is read next. */
        if (n < 0)
                return errno == EINTR || errno == ECONNRESET ? 0 : -errno;
        if (n != sizeof(message)) {
                s->ended = true;
                return 0;
        }
        if (message.kind == KEEPER_LEFT)
                supervision_note_left(s, &message);
        else if (!s->have_message)
                s->message = message; /* the first one is the cause of the others */
        s->have_message |= message.kind != KEEPER_LEFT;
        s->ended |= message.kind == KEEPER_ENDED;
        s->reusable |= message.kind == KEEPER_ENDED && message.reusable;
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
        int r;

        while (supervision_read_progress(s))
                ;
        while ((r = supervision_read_output(s)) > 0)
                ;
        return r < 0 ? r : output_finish(s->request->output);
}

static int supervision_handle_events(struct supervision *s, const struct pollfd *fds)
{
        int r = fds[0].revents ? supervision_read_message(s) : 0;

        if (r >= 0 && fds[1].revents)
                r = supervision_read_output(s);
        if (fds[2].revents)
                (void)supervision_read_progress(s);
        if (fds[3].revents) {
                s->stop_seen = true;
                supervision_end_program(s, PROCESS_STOPPED);
        }
        supervision_handle_time(s);
        return r < 0 ? r : 0;
}

static int supervision_run(struct supervision *s)
{
        int r = 0;

        while (r >= 0 && !s->ended) {
                uint64_t next = s->deadline < s->next_tick ? s->deadline : s->next_tick;
                struct pollfd fds[] = {
                        { .fd = s->host->control, .events = POLLIN },
                        { .fd = s->host->output, .events = POLLIN },
                        { .fd = s->host->progress, .events = POLLIN },
                        { .fd = s->stop_seen ? -1 : s->request->stop_fd, .events = POLLIN },
                };

                if (poll(fds, ELEMENTSOF(fds), poll_timeout_until(next, now_usec(CLOCK_MONOTONIC))) >= 0)
                        r = supervision_handle_events(s, fds);
                else if (errno != EINTR)
                        r = -errno;
        }
        return r < 0 ? r : supervision_drain(s);
}

static int supervision_explain(const struct supervision *s, struct error *error)
{
        const struct keeper_message *m = &s->message;

        if (m->kind == KEEPER_SANDBOX_FAILED)
                return sandbox_explain(s->host->sandbox, m->step, m->error, error);
        if (m->kind == KEEPER_EXTEND_FAILED)
                return error_errnof(error, m->error, "the sandbox could not attach the overlays of %s",
                                    s->request->argv[0]);
        if (m->kind == KEEPER_DROP_FAILED)
                return error_errnof(error, m->error, "the sandbox could not drop capabilities");
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

/* ---- The beginning ---- */

static int order_add_words(struct keeper_order *order, char *const *words, size_t *size, unsigned char *ret)
{
        for (*ret = 0; words[*ret]; ++*ret) {
                size_t n = strlen(words[*ret]) + 1;

                if (*ret == KEEPER_WORDS_MAX || n > sizeof(order->text) - *size)
                        return -E2BIG;
                memcpy(order->text + *size, words[*ret], n);
                *size += n;
        }
        return 0;
}

/* Returns: 0, or -E2BIG if there is no room for it. */
static int order_add_extension(struct keeper_order *order, const struct extension *extension, size_t *size)
{
        order->extension_size = 0;
        if (!extension)
                return 0;
        if (extension->size > sizeof(order->text) - *size)
                return -E2BIG;
        memcpy(order->text + *size, extension->text, extension->size);
        *size += extension->size;
        order->extension_size = (unsigned short)extension->size;
        return 0;
}

static int supervision_order_program(const struct supervision *s)
{
        const struct extension *extension = s->request->extension;
        struct keeper_order *order = s->host->order;
        size_t size = 0;
        int r;

        memset(order, 0, offsetof(struct keeper_order, text)); /* it is sent with what lies between its fields */
        order->command = KEEPER_RUN;
        order->sealed = s->request->sealed;
        order->retract = s->request->retract;
        order->gentle = s->request->gentle;
        order->renew = s->request->renew;
        r = order_add_words(order, s->request->argv, &size, &order->n_argv);
        if (r >= 0)
                r = order_add_words(order, s->request->envp, &size, &order->n_envp);
        if (r < 0 || order->n_argv + order->n_envp > KEEPER_WORDS_MAX)
                return -E2BIG;
        r = order_add_extension(order, extension, &size);
        if (r >= 0)
                keeper_pass_order(s->host->control, order, offsetof(struct keeper_order, text) + size, extension);
        return r;
}

/* What has to be done before the program begins takes time, and so does the sandbox. */
static int supervision_begin_program(struct supervision *s, struct error *error)
{
        int r;

        r = host_start(s->host);
        if (r < 0)
                return error_errnof(error, r, "can't start a process");
        r = s->request->meanwhile ? s->request->meanwhile(s->request->userdata, error) : 0;
        host_reap(s->host);
        if (r < 0)
                return r;
        r = supervision_order_program(s);
        if (r < 0)
                return error_errnof(error, r, "can't execute %s", s->request->argv[0]);
        s->begin = now_usec(CLOCK_MONOTONIC);
        if (s->request->timeout_usec)
                s->deadline = usec_add(s->begin, s->request->timeout_usec);
        s->next_tick = s->begin + USEC_PER_SEC;
        return 0;
}

static int supervision_supervise(struct supervision *s, struct error *error)
{
        int r;

        r = supervision_begin_program(s, error);
        if (r < 0)
                return r;
        r = supervision_run(s);
        if (r < 0)
                return error_errnof(error, r, "can't supervise %s", s->request->argv[0]);
        return s->have_message && s->message.kind != KEEPER_ENDED ? supervision_explain(s, error) : 0;
}

/* A keeper that is still there ends everything when it is dismissed. */
static void supervision_done(struct supervision *s)
{
        s->host->reusable = s->reusable && s->ended;
        if (s->host->reusable)
                return;
        if (s->have_message && s->ended)
                host_dismiss(s->host);
        else
                host_end(s->host);
}

int process_run(const struct process_request *request, struct process_result *ret, struct error *error)
{
        struct supervision s = {
                .request = request,
                .host = request->host,
                .progress_lines = { .fn = request->progress, .userdata = request->userdata },
                .deadline = USEC_INFINITY,
        };
        int r;

        assert(request->argv && request->argv[0]);
        assert(request->envp);
        assert(request->output);
        assert(request->host);
        assert(ret);

        r = supervision_supervise(&s, error);
        if (r >= 0)
                supervision_conclude(&s, ret);
        supervision_done(&s);
        return r;
}
