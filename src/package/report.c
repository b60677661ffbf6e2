/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/report.h"

#include "basic/memstream.h"
#include "basic/strv.h"

#include <stdarg.h>
#include <stdio.h>

int report_new(const char *package, struct dmig_report **ret)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;

        report = calloc(1, sizeof(*report));
        if (!report)
                return -ENOMEM;
        report->refs = 1;
        report->package = strdup(package);
        if (!report->package)
                return -ENOMEM;
        *ret = TAKE_PTR(report);
        return 0;
}

struct dmig_report *dmig_report_ref(struct dmig_report *report)
{
        if (report)
                report->refs++;
        return report;
}

struct dmig_report *dmig_report_unref(struct dmig_report *report)
{
        if (!report || --report->refs > 0)
                return NULL;

        for (size_t i = 0; i < report->n_steps; i++) {
                free(report->steps[i].id);
                free(report->steps[i].description);
                free(report->steps[i].consent);
                free(report->steps[i].error);
                free(report->steps[i].turn);
                files_free(report->steps[i].files);
                strv_done(&report->steps[i].notices);
        }
        free(report->steps);
        strv_free(report->units);
        strv_done(&report->started);
        event_free(report->progress);
        files_free(report->since);
        free(report->overwritten);
        free(report->package);
        free(report->from);
        free(report->to);
        free(report->error);
        free(report);
        return NULL;
}

int report_set_versions(struct dmig_report *report, const char *from, const char *to, const char *from_source)
{
        report->from_source = from_source;
        return str_set(&report->from, from) < 0 || str_set(&report->to, to) < 0 ? -ENOMEM : 0;
}

int report_set_error(struct dmig_report *report, enum dmig_result result, const char *message)
{
        report->result = result;
        return str_set(&report->error, message);
}

int report_set_errorf(struct dmig_report *report, enum dmig_result result, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&message, format, args);
        va_end(args);
        if (r < 0) {
                message = NULL;
                return -ENOMEM;
        }
        return report_set_error(report, result, message);
}

void report_take_units(struct dmig_report *report, char **units, size_t n)
{
        strv_free(report->units);
        report->units = units;
        report->n_units = n;
}

char *report_join_units(const struct dmig_report *report)
{
        char *joined = NULL;
        size_t size;
        FILE *stream = report->n_units > 0 ? open_memstream(&joined, &size) : NULL;

        for (size_t i = 0; stream && i < report->n_units; i++)
                fprintf(stream, "%s%s", i > 0 ? " " : "", report->units[i]);
        return stream && memstream_close(stream, &joined) < 0 ? NULL : joined;
}

void report_set_pending(struct dmig_report *report, const char *id)
{
        assert(report && id);

        for (size_t i = 0; i < report->n_steps; i++)
                if (streq(report->steps[i].id, id))
                        report->steps[i].state = DMIG_STATE_PENDING;
}

int report_add_steps(struct dmig_report *report, size_t n)
{
        report->steps = calloc(n ? n : 1, sizeof(*report->steps));
        if (!report->steps)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                report->steps[i].duration_ms = report->steps[i].changes = -1;
        report->n_steps = n;
        return 0;
}

const char *dmig_result_to_string(enum dmig_result result)
{
        static const char *const names[] = {
                [DMIG_RESULT_COMPLETED] = "completed",
                [DMIG_RESULT_NOTHING_TO_DO] = "nothing-to-do",
                [DMIG_RESULT_PENDING] = "pending",
                [DMIG_RESULT_FAILED] = "failed",
                [DMIG_RESULT_POSTPONED] = "postponed",
                [DMIG_RESULT_DOWNGRADE] = "downgrade",
                [DMIG_RESULT_NOT_INSTALLED] = "not-installed",
                [DMIG_RESULT_ERROR] = "error",
                [DMIG_RESULT_RUNNING] = "running",
        };

        return (size_t)result < ELEMENTSOF(names) ? names[result] : "unknown";
}

const char *dmig_state_to_string(enum dmig_state state)
{
        static const char *const names[] = {
                [DMIG_STATE_PENDING] = "pending",     [DMIG_STATE_APPLIED] = "applied",
                [DMIG_STATE_SATISFIED] = "satisfied", [DMIG_STATE_FAILED] = "failed",
                [DMIG_STATE_POSTPONED] = "postponed", [DMIG_STATE_GAVE_UP] = "gave-up",
                [DMIG_STATE_SKIPPED] = "skipped",     [DMIG_STATE_OUT_OF_ORDER] = "out-of-order",
                [DMIG_STATE_MISSING] = "missing",     [DMIG_STATE_RUNNING] = "running",
        };

        return (size_t)state < ELEMENTSOF(names) ? names[state] : "unknown";
}

const char *dmig_report_get_package(const struct dmig_report *report)
{
        return report ? report->package : NULL;
}

const char *dmig_report_get_from(const struct dmig_report *report)
{
        return report ? report->from : NULL;
}

const char *dmig_report_get_to(const struct dmig_report *report)
{
        return report ? report->to : NULL;
}

const char *dmig_report_get_from_source(const struct dmig_report *report)
{
        return report ? report->from_source : NULL;
}

enum dmig_result dmig_report_get_result(const struct dmig_report *report)
{
        return report ? report->result : DMIG_RESULT_ERROR;
}

const char *dmig_report_get_error(const struct dmig_report *report)
{
        return report ? report->error : NULL;
}

int dmig_report_get_errno(const struct dmig_report *report)
{
        return report ? report->code : -EINVAL;
}

size_t dmig_report_count_units(const struct dmig_report *report)
{
        return report ? report->n_units : 0;
}

const char *dmig_report_get_unit(const struct dmig_report *report, size_t i)
{
        return report && i < report->n_units ? report->units[i] : NULL;
}

size_t dmig_report_count_undoable(const struct dmig_report *report)
{
        return report ? report->n_undoable : 0;
}

uint64_t dmig_report_get_undo_bytes(const struct dmig_report *report)
{
        return report ? report->undo_bytes : 0;
}

const struct dmig_files *dmig_report_get_since(const struct dmig_report *report)
{
        return report ? report->since : NULL;
}

const char *dmig_report_get_overwritten(const struct dmig_report *report)
{
        return report ? report->overwritten : NULL;
}

size_t dmig_report_count_started(const struct dmig_report *report)
{
        return report ? report->started.n : 0;
}

const char *dmig_report_get_started(const struct dmig_report *report, size_t i)
{
        return report && i < report->started.n ? report->started.list[i] : NULL;
}

const struct dmig_event *dmig_report_get_progress(const struct dmig_report *report)
{
        return report ? report->progress : NULL;
}

size_t dmig_report_count(const struct dmig_report *report)
{
        return report ? report->n_steps : 0;
}

const struct dmig_step *dmig_report_get_step(const struct dmig_report *report, size_t i)
{
        return report && i < report->n_steps ? &report->steps[i] : NULL;
}

const char *dmig_step_get_id(const struct dmig_step *step)
{
        return step ? step->id : NULL;
}

const char *dmig_step_get_description(const struct dmig_step *step)
{
        return step ? step->description : NULL;
}

const char *dmig_step_get_turn(const struct dmig_step *step)
{
        return step ? step->turn : NULL;
}

const char *dmig_step_get_consent(const struct dmig_step *step)
{
        return step ? step->consent : NULL;
}

enum dmig_state dmig_step_get_state(const struct dmig_step *step)
{
        return step ? step->state : DMIG_STATE_MISSING;
}

int64_t dmig_step_get_duration_ms(const struct dmig_step *step)
{
        return step ? step->duration_ms : -1;
}

int64_t dmig_step_get_changes(const struct dmig_step *step)
{
        return step ? step->changes : -1;
}

const char *dmig_step_get_error(const struct dmig_step *step)
{
        return step ? step->error : NULL;
}

bool dmig_step_is_modified(const struct dmig_step *step)
{
        return step && step->modified;
}

bool dmig_step_is_direct(const struct dmig_step *step)
{
        return step && step->direct;
}

bool dmig_step_reaches_out(const struct dmig_step *step)
{
        return step && step->reaches_out;
}

size_t dmig_step_count_notices(const struct dmig_step *step)
{
        return step ? step->notices.n : 0;
}

const char *dmig_step_get_notice(const struct dmig_step *step, size_t i)
{
        return step && i < step->notices.n ? step->notices.list[i] : NULL;
}

const struct dmig_files *dmig_step_get_files(const struct dmig_step *step)
{
        return step ? step->files : NULL;
}
