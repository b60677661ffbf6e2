/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "turn/turn.h"

#include "basic/clock.h"
#include "basic/io.h"
#include "process/program-environment.h"
#include "turn/turn-find.h"
#include "turn/turn-program.h"
#include "turn/turn-words.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <syslog.h>

#define END_SEC 15 /* it may have to tell other hosts */

struct turn {
        struct dmig *ctx;
        char *package;
        char *once;
        struct turn_program program;
        struct turn_words words;
        enum turn_state state;
        char *reason; /* of the state, NULL if there is none or no memory for it */
        int stop_fd;  /* an epoll(7) of the context's, and the end of the program */
};

/* ---- What has become of it ---- */

static void turn_set_state(struct turn *turn, enum turn_state state, char *reason)
{
        free(turn->reason);
        turn->reason = reason;
        turn->state = state;
}

static int turn_describe_end(const struct turn *turn, char **ret)
{
        const struct turn_program *program = &turn->program;
        const char *path = turn->ctx->root.path, *said = turn->words.said, *colon = said ? ": " : "";

        said = said ?: "";
        if (program->code == CLD_EXITED)
                return asprintf(ret, "%s" TURN_PATH " exited with status %d%s%s; " TURN_REMEDY, path, program->status,
                                colon, said);
        return asprintf(ret, "%s" TURN_PATH " was killed by SIG%s%s%s; " TURN_REMEDY, path,
                        sigabbrev_np(program->status), colon, said);
}

/* It has ended before it was granted. */
static void turn_conclude(struct turn *turn)
{
        const struct turn_program *program = &turn->program;
        char *reason = NULL;

        if (program->code == CLD_EXITED && (program->status == EX_TEMPFAIL || program->status == 1)) {
                turn_set_state(turn, program->status == 1 ? TURN_STOPPED : TURN_NOT_NOW, TAKE_PTR(turn->words.said));
                return;
        }
        if (turn_describe_end(turn, &reason) < 0)
                reason = NULL;
        turn_set_state(turn, TURN_BROKEN, reason);
}

static void turn_lose(struct turn *turn, const char *why)
{
        char *reason;

        if (asprintf(&reason, "the turn was lost: %s", why) < 0)
                reason = NULL;
        turn_set_state(turn, TURN_LOST, reason);
}

/* What it says may be that it has the turn or, later, for how long: without that, the turn isn't held. */
static void turn_fail_to_hear(struct turn *turn, int code)
{
        bool lost = turn->state == TURN_HELD;
        char *reason;

        if (!lost && turn->state != TURN_WAITING)
                return;
        if (asprintf(&reason, "%swhat %s" TURN_PATH " says can't be read: %s", lost ? "the turn was lost: " : "",
                     turn->ctx->root.path, strerror(-code)) < 0)
                reason = NULL;
        turn_set_state(turn, lost ? TURN_LOST : TURN_BROKEN, reason);
}

void turn_listen(struct turn *turn)
{
        struct turn_words *words;
        int q, r;

        if (!turn)
                return;
        words = &turn->words;
        r = turn_program_read(&turn->program.output, turn_words_feed_output, words);
        q = turn_program_read(&turn->program.errors, turn_words_feed_errors, words);
        if (r < 0 || q < 0) {
                turn_fail_to_hear(turn, r < 0 ? r : q);
                return;
        }
        if (turn->state != TURN_WAITING)
                return;
        if (words->granted)
                turn->state = TURN_HELD;
        else if (words->starved)
                turn_fail_to_hear(turn, -ENOMEM);
        else if (words->complained)
                turn_set_state(turn, TURN_BROKEN, TAKE_PTR(words->fault));
}

/* Listens, and finds out whether it still lives. */
static void turn_look_after(struct turn *turn)
{
        bool lives = turn_program_lives(&turn->program);

        turn_listen(turn); /* after that, so that nothing it has said before its end is missed */
        if (lives)
                return;
        turn_words_finish(&turn->words);
        if (turn->state == TURN_WAITING)
                turn_conclude(turn);
        else if (turn->state == TURN_HELD)
                turn_lose(turn, turn->words.said ?: "its program ended");
}

enum turn_state turn_look(struct turn *turn)
{
        assert(turn);

        if (turn->state != TURN_HELD)
                return turn->state;
        turn_look_after(turn);
        if (turn->state == TURN_HELD && turn_program_is_stopped(&turn->program))
                turn_lose(turn, "its program is stopped, and can't renew it");
        if (turn->state == TURN_HELD && now_usec(CLOCK_BOOTTIME) >= turn->words.valid_until)
                turn_lose(turn, "it wasn't renewed in time");
        return turn->state;
}

/* ---- From the question to the answer ---- */

static int turn_watch(struct turn *turn)
{
        const int fds[] = { turn->ctx->stop_fd, turn->program.pidfd };
        struct epoll_event event = { .events = EPOLLIN };

        turn->stop_fd = epoll_create1(EPOLL_CLOEXEC);
        if (turn->stop_fd < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                if (epoll_ctl(turn->stop_fd, EPOLL_CTL_ADD, fds[i], &event) < 0)
                        return -errno;
        return 0;
}

static int turn_start(struct turn *turn, const struct turn_request *request, struct error *error)
{
        const char *root = turn->ctx->root.path;
        _cleanup_strv_ struct strv argv = { 0 }, envp = { 0 };
        int r;

        r = strv_addf(&argv, "%s" TURN_PATH, root);
        if (r >= 0)
                r = strv_add(&argv, request->package);
        if (r >= 0)
                r = strv_add(&argv, request->from);
        if (r >= 0)
                r = strv_add(&argv, request->to);
        if (r >= 0 && request->once)
                r = strv_add(&argv, request->once);
        if (r >= 0)
                r = program_environment_add(&envp, &turn->ctx->root);
        if (r < 0)
                return r;
        r = turn_program_start(&turn->program, argv.list, envp.list);
        if (r < 0)
                return error_errnof(error, r, "can't execute %s" TURN_PATH, root);
        r = turn_watch(turn);
        return r < 0 ? error_errnof(error, r, "can't watch %s" TURN_PATH, root) : 0;
}

static int turn_await(struct turn *turn, const struct turn_request *request, struct error *error)
{
        uint64_t begin = now_usec(CLOCK_MONOTONIC), next = begin + USEC_PER_SEC;

        while (turn->state == TURN_WAITING) {
                struct pollfd fds[] = {
                        { .fd = turn->program.output, .events = POLLIN },
                        { .fd = turn->program.errors, .events = POLLIN },
                        { .fd = turn->program.pidfd, .events = POLLIN },
                        { .fd = turn->ctx->stop_fd, .events = POLLIN },
                };
                uint64_t now = now_usec(CLOCK_MONOTONIC);

                if (now >= next) {
                        next = now + USEC_PER_SEC;
                        request->wait(now - begin, turn->words.said, request->userdata);
                }
                if (poll(fds, ELEMENTSOF(fds), (int)((next - now) / USEC_PER_MSEC) + 1) < 0 && errno != EINTR)
                        return error_errnof(error, -errno, "can't wait for %s" TURN_PATH, turn->ctx->root.path);
                if (fds[3].revents)
                        return -ECANCELED;
                turn_look_after(turn);
        }
        return 0;
}

static int turn_new(const struct turn_request *request, struct turn **ret)
{
        struct turn *turn = calloc(1, sizeof(*turn));

        if (!turn)
                return -ENOMEM;
        *turn = (struct turn){
                .ctx = request->ctx,
                .package = strdup(request->package),
                .once = request->once ? strdup(request->once) : NULL,
                .program = TURN_PROGRAM_NONE,
                .stop_fd = -EBADF,
        };
        *ret = turn;
        if (turn->package)
                turn_words_init(&turn->words, turn->ctx, turn->package);
        return turn->package && (turn->once || !request->once) ? 0 : -ENOMEM;
}

int turn_ask(const struct turn_request *request, struct turn **ret, struct error *error)
{
        struct turn *turn = NULL;
        int r;

        assert(request && request->ctx && request->package && request->from && request->to);
        assert(request->wait);
        assert(ret);

        r = turn_new(request, &turn);
        if (r >= 0)
                r = turn_start(turn, request, error);
        if (r >= 0)
                r = turn_await(turn, request, error);
        if (r < 0) {
                turn_end(turn, NULL);
                return r;
        }
        *ret = turn;
        return 0;
}

/* ---- What is known of it ---- */

const char *turn_get_reason(const struct turn *turn)
{
        assert(turn);

        if (turn->reason)
                return turn->reason;
        return turn->state == TURN_STOPPED ? "the fleet is stopped" : "it isn't the turn of this host";
}

const char *turn_get_token(const struct turn *turn)
{
        assert(turn);

        return turn->words.token ?: "";
}

const char *turn_get_once(const struct turn *turn)
{
        assert(turn);

        return turn->once;
}

int turn_get_stop_fd(const struct turn *turn)
{
        assert(turn);

        return turn->stop_fd;
}

const char *turn_state_to_string(enum turn_state state)
{
        static const char *const names[] = {
                [TURN_WAITING] = "waiting", [TURN_HELD] = "held",    [TURN_NOT_NOW] = "not-now",
                [TURN_STOPPED] = "stopped", [TURN_BROKEN] = "error", [TURN_LOST] = "lost",
        };

        assert((size_t)state < ELEMENTSOF(names));

        return names[state];
}

/* ---- The end ---- */

/* A turn that was lost has nothing to be told. */
static void turn_tell(struct turn *turn, const char *word)
{
        _cleanup_free_ char *line = NULL;

        if (asprintf(&line, "%s\n", word) < 0) {
                line = NULL;
                return;
        }
        if (io_write_all(turn->program.input, line, strlen(line)) < 0)
                context_log(turn->ctx, LOG_WARNING, turn->package, "the turn could not be told: %s", word);
}

struct turn *turn_end(struct turn *turn, const char *word)
{
        if (!turn)
                return NULL;
        if (turn_look(turn) == TURN_HELD && word)
                turn_tell(turn, word);
        /* One that still waits has nothing to give back. */
        turn_program_end(&turn->program, turn->state == TURN_HELD ? END_SEC : 0);
        fd_closep(&turn->stop_fd);
        free(turn->package);
        free(turn->once);
        turn_words_done(&turn->words);
        free(turn->reason);
        free(turn);
        return NULL;
}
