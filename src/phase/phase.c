/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/phase.h"

#include "basic/clock.h"
#include "phase/environment.h"
#include "phase/hint.h"
#include "phase/world.h"
#include "process/process.h"
#include "stage/hard-links.h"
#include "turn/turn.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <syslog.h>

/* How run-python-migration says False. */
#define PYTHON_FALSE 10

void ending_done(struct ending *ending)
{
        free(ending->reason);
        free(ending->output);
}

static void phase_log_line(const char *line, void *userdata)
{
        const struct phase *phase = userdata;

        context_log_output(phase->ctx, phase->package, phase->migration->id, line);
}

static void phase_log_left(const char *names, void *userdata)
{
        const struct phase *phase = userdata;

        context_log(phase->ctx, LOG_WARNING, phase->package,
                    "%s: migrate ended while it still had processes: %s; they have %d s to end", phase->migration->id,
                    names, PROCESS_GRACE_SEC);
}

/* ---- Before the program begins ---- */

static void phase_tell(const struct phase *phase)
{
        emit_unrecorded(phase->ctx, phase->package,
                        &(const struct emission){ "phase",
                                                  { { "id", .text = phase->migration->id },
                                                    { "phase", .text = phase->name },
                                                    { "timeout_sec", .number = (int64_t)phase->timeout_sec } } });
}

static int phase_begin(void *userdata, struct error *error)
{
        struct phase *phase = userdata;

        phase->meanwhile_result = phase->meanwhile ? phase->meanwhile(phase->userdata, error) : 0;
        if (phase->meanwhile_result >= 0)
                phase_tell(phase);
        return phase->meanwhile_result;
}

static int phase_run_in(struct world *world, struct process_request *request, struct process_result *ret,
                        struct error *error)
{
        _cleanup_(environment_done) struct environment environment = { 0 };
        const struct phase *phase = request->userdata;
        int r;

        r = environment_make(&environment, phase);
        if (r < 0)
                return r;
        request->argv = environment.argv.list;
        request->envp = environment.envp.list;
        /* Its own overlays stay as they are, which it can write to. */
        request->sealed = !phase->migrate && world->mounts.writable && world->stage == phase->stage;
        return world_run(world, request, ret, error);
}

/* What migrate has done is seen by other overlays, too. */
static int phase_join_hard_links(struct world *world, struct error *error)
{
        int r = hard_links_are_copied(world->stage);

        if (r > 0)
                world_end_host(world); /* what it has mounted in its overlays is gone then */
        return r < 0 ? error_errnof(error, r, "can't look for files with several names")
                     : hard_links_join(world->stage, &world->mounts, error);
}

static int phase_run_program(struct phase *phase, struct output *output, struct process_result *ret,
                             struct error *error)
{
        _cleanup_(world_done) struct world own = WORLD_NONE;
        struct world *world = world_choose(phase) ?: &own;
        struct process_request request = {
                .timeout_usec = phase->timeout_sec * USEC_PER_SEC,
                .stop_fd = phase->turn ? turn_get_stop_fd(phase->turn) : phase->ctx->stop_fd,
                .output = output,
                .meanwhile = phase_begin,
                .gentle = phase->migrate,
                .tick = phase_progress_tick,
                .progress = phase_progress_line,
                .left_running = phase_log_left,
                .userdata = phase,
        };
        int r;

        if (world == &own && phase->staged)
                world_done(phase->staged); /* two overlays can't have the same layers */
        r = world_prepare(world, phase, error);
        if (r >= 0)
                r = phase_run_in(world, &request, ret, error);
        if (r < 0 || !phase->migrate || !world->stage || ret->end != PROCESS_EXITED || ret->status != 0)
                return r;
        return phase_join_hard_links(world, error);
}

/*
 * The status of a Python module by the contract of a migration. Python exits with 1 also if it can't even start, so False has a status of its
 * own (run-python-migration), and 1 is an error.
 */
static int phase_get_status(const struct phase *phase, const struct process_result *result)
{
        if (!phase->migration->python_module || result->end != PROCESS_EXITED)
                return result->status;
        return result->status == PYTHON_FALSE ? 1 : result->status == 1 ? 2 : result->status;
}

static int ending_judge(struct ending *ending, const struct phase *phase, const struct process_result *result)
{
        int status = phase_get_status(phase, result), n;
        const char *name = phase->name;

        ending->outcome = OUTCOME_FAILED;
        switch (result->end) {
        case PROCESS_STOPPED:
                ending->outcome = OUTCOME_STOPPED;
                return 0;
        case PROCESS_TIMED_OUT:
                ending->field = (struct field){ "timeout", .number = (int64_t)phase->timeout_sec };
                n = asprintf(&ending->reason, "%s was stopped after its limit of %" PRIu64 " s", name,
                             phase->timeout_sec);
                break;
        case PROCESS_SIGNALED:
                ending->field = (struct field){ "signal", .number = status };
                n = asprintf(&ending->reason, "%s was killed by SIG%s", name, sigabbrev_np(status));
                break;
        default:
                if (status == 0)
                        ending->outcome = OUTCOME_TRUE;
                else if (status == 1 && !phase->migrate)
                        ending->outcome = OUTCOME_FALSE;
                else if (status == EX_TEMPFAIL && phase->migrate)
                        ending->outcome = OUTCOME_POSTPONED;
                ending->field = (struct field){ "exit", .number = status };
                n = asprintf(&ending->reason, "%s exited with status %d", name, status);
        }
        if (n < 0) {
                ending->reason = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int ending_add_output(struct ending *ending, const struct phase *phase, const struct output *output)
{
        char space[STAGE_SPACE_MAX] = "", *whole;
        const char *tail, *hint = NULL;
        int r;

        r = output_get_tail(output, &ending->output);
        if (r < 0)
                return r;
        tail = ending->output;
        ending->cause = ending->outcome == OUTCOME_FAILED ? hint_find_cause(0, tail) : NULL;
        if (ending->outcome == OUTCOME_FAILED && phase_is_sandboxed(phase))
                hint = hint_find(tail, phase->migrate);
        if (phase->migrate && phase->stage && ending->outcome == OUTCOME_FAILED) {
                r = ending->cause ? 0 : stage_is_full(phase->stage);
                if (r < 0)
                        return r;
                if (r > 0)
                        ending->cause = "no-space";
                stage_explain_space(phase->stage, space, sizeof(space));
        }
        if (asprintf(&whole, "%s%s%s%s%s%s", ending->reason, tail[0] ? ": " : "", tail, hint ? "; " : "",
                     hint ? hint : "", space) < 0)
                return -ENOMEM;
        free(ending->reason);
        ending->reason = whole;
        return 0;
}

/* Whether dpkg has taken the program away while its phases ran. */
static bool phase_program_is_gone(const struct phase *phase)
{
        _cleanup_close_ int fd = root_open(&phase->ctx->root, phase->migration->path, O_PATH | O_NOFOLLOW);

        return fd == -ENOENT;
}

/* Whether execve(2) has failed because of the program, rather than what has to be there before: name spaces, overlays, memory. */
static bool phase_program_is_at_fault(const struct phase *phase, int code)
{
        return code == -ENOEXEC || code == -EACCES || (code == -ENOENT && !phase_program_is_gone(phase));
}

int phase_execute(struct phase *phase, struct ending *ret, struct error *error)
{
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_error_ struct error reason = { 0 };
        struct process_result result;
        int r;

        assert(phase->ctx);
        assert(phase->migration);
        assert(phase->name);

        r = output_init(&output, phase_log_line, phase);
        if (r < 0)
                return r;
        phase_progress_begin(phase);
        r = phase_run_program(phase, &output, &result, &reason);
        phase_progress_end(phase);
        if (phase->meanwhile_result < 0)
                return error_setf(error, r, "%s", error_text(&reason));
        if (error_is_mute(&reason, r))
                return r;
        if (r < 0) {
                error_complete(&reason, r);
                ret->outcome = OUTCOME_FAILED;
                ret->cause = phase_program_is_at_fault(phase, r) ? NULL : hint_find_cause(r, NULL) ?: "system";
                ret->reason = strdup(error_text(&reason));
                return ret->reason ? 0 : -ENOMEM;
        }
        r = ending_judge(ret, phase, &result);
        return r < 0 || !ret->reason ? r : ending_add_output(ret, phase, &output);
}
