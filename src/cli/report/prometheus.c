/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/prometheus.h"

#include "basic/clock.h"
#include "basic/macro.h"
#include "cli/report/event-field.h"
#include "cli/report/report-text.h"
#include "cli/terminal/printable.h"

#include <inttypes.h>

/* A metric with a sample for each package. */
struct family {
        const char *name, *help;
        void (*print)(FILE *stream, const char *name, const struct prometheus_sample *sample);
};

static void prometheus_print_label(FILE *stream, const char *name, const char *value)
{
        _cleanup_free_ char *text = printable_utf8(value);

        fprintf(stream, "%s=\"", name);
        for (const char *p = text; p && *p; p++)
                if (*p == '\n')
                        fputs("\\n", stream);
                else
                        fprintf(stream, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
        fputc('"', stream);
}

static void sample_begin(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        fprintf(stream, "%s{", name);
        prometheus_print_label(stream, "package", dmig_report_get_package(sample->report));
}

/* One sample for each result, so that the series of each exists for alerting rules. */
static void sample_print_result(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        static const enum dmig_result results[] = {
                DMIG_RESULT_NOTHING_TO_DO, DMIG_RESULT_PENDING,       DMIG_RESULT_FAILED, DMIG_RESULT_POSTPONED,
                DMIG_RESULT_DOWNGRADE,     DMIG_RESULT_NOT_INSTALLED, DMIG_RESULT_ERROR,  DMIG_RESULT_RUNNING,
        };

        for (size_t i = 0; i < ELEMENTSOF(results); i++) {
                sample_begin(stream, name, sample);
                fputc(',', stream);
                prometheus_print_label(stream, "result", dmig_result_to_string(results[i]));
                fprintf(stream, "} %d\n", dmig_report_get_result(sample->report) == results[i]);
        }
}

static void sample_print_pending(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        if (!dmig_report_get_to(sample->report)) /* the number isn't known */
                return;
        sample_begin(stream, name, sample);
        fprintf(stream, "} %zu\n", report_count_states(sample->report, STATES_OPEN));
}

/* Of a run that has ended or that was cut short; one that goes on has metrics of its own. */
static void sample_print_duration(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        if (sample->past.ended_usec == 0)
                return;
        sample_begin(stream, name, sample);
        fprintf(stream, "} %" PRIu64 ".%03" PRIu64 "\n", sample->past.duration_usec / USEC_PER_SEC,
                sample->past.duration_usec % USEC_PER_SEC / USEC_PER_MSEC);
}

static void sample_print_gave_up(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        if (!dmig_report_get_to(sample->report))
                return;
        sample_begin(stream, name, sample);
        fprintf(stream, "} %zu\n", report_count_states(sample->report, STATE_BIT(DMIG_STATE_GAVE_UP)));
}

static void sample_print_consents(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        size_t n = 0;

        if (!dmig_report_get_to(sample->report))
                return;
        for (size_t i = 0; i < dmig_report_count(sample->report); i++)
                n += dmig_step_get_consent(dmig_report_get_step(sample->report, i)) != NULL;
        sample_begin(stream, name, sample);
        fprintf(stream, "} %zu\n", n);
}

static void sample_print_completed(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        if (sample->past.completed_usec == 0)
                return;
        sample_begin(stream, name, sample);
        fprintf(stream, "} %" PRIu64 "\n", sample->past.completed_usec / USEC_PER_SEC);
}

/* Only of packages that have been refused a turn, or have lost it. */
static void sample_print_turn(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        for (size_t i = 0; i < dmig_report_count(sample->report); i++) {
                const char *turn = dmig_step_get_turn(dmig_report_get_step(sample->report, i));

                if (!turn)
                        continue;
                sample_begin(stream, name, sample);
                fputc(',', stream);
                prometheus_print_label(stream, "state", turn);
                fputs("} 1\n", stream);
                return; /* the package stops at the first one */
        }
}

static void sample_print_turn_wait(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        const struct dmig_event *event = dmig_report_get_progress(sample->report);

        if (!event || !event_is_waiting(event))
                return;
        sample_begin(stream, name, sample);
        fprintf(stream, "} %" PRId64 "\n", event_field_int(event, "elapsed_ms") / 1000);
}

/* While a migration runs. */
static void sample_print_progress_field(FILE *stream, const char *name, const struct prometheus_sample *sample,
                                        const char *field)
{
        const struct dmig_event *event = dmig_report_get_progress(sample->report);
        const char *command;
        int64_t value;

        if (!event || event_is_waiting(event) || dmig_event_get_int(event, field, &value) < 0)
                return;
        command = event_field_text(event, "command");
        sample_begin(stream, name, sample);
        if (!streq(command, "run"))
                fprintf(stream, ",command=\"%s\"", command);
        fprintf(stream, "} %" PRId64 "\n", streq(field, "elapsed_ms") ? value / 1000 : value);
}

static void sample_print_seconds(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        sample_print_progress_field(stream, name, sample, "elapsed_ms");
}

static void sample_print_percent(FILE *stream, const char *name, const struct prometheus_sample *sample)
{
        sample_print_progress_field(stream, name, sample, "percent");
}

static void family_print_header(FILE *stream, const char *name, const char *help)
{
        fprintf(stream, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void prometheus_print(FILE *stream, const struct prometheus_sample *samples, size_t n)
{
        static const struct family families[] = {
                { "deploy_migrate_package_result", "The result of the package: 1 for the result that it has, else 0.",
                  sample_print_result },
                { "deploy_migrate_pending_migrations",
                  "Migrations that still have to run, including those that failed or were given up.",
                  sample_print_pending },
                { "deploy_migrate_given_up_migrations",
                  "Migrations that were given up after repeated failures, and wait for a person.",
                  sample_print_gave_up },
                { "deploy_migrate_unconsented_migrations", "Migrations that wait for the consent of a person.",
                  sample_print_consents },
                { "deploy_migrate_last_completed_timestamp_seconds",
                  "When an upgrade of the package's data was last completed.", sample_print_completed },
                { "deploy_migrate_last_run_duration_seconds",
                  "How long the last run of the package's migrations took, however it ended.", sample_print_duration },
                { "deploy_migrate_running_seconds",
                  "For how long a migration of the package has been running, in a run or what command names.",
                  sample_print_seconds },
                { "deploy_migrate_turn_wait_seconds",
                  "For how long a migration of the package has been waiting for its turn among other hosts.",
                  sample_print_turn_wait },
                { "deploy_migrate_turn_denied",
                  "Why the package has no turn, and is postponed: not-now, stopped, lost or error.",
                  sample_print_turn },
                { "deploy_migrate_running_percent", "How much of it the running migration says that it has done.",
                  sample_print_percent },
        };

        assert(stream);
        assert(n == 0 || samples);

        family_print_header(stream, "deploy_migrate_info", "The version of deploy-migrate.");
        fputs("deploy_migrate_info{version=\"" PACKAGE_VERSION "\"} 1\n", stream);
        for (size_t i = 0; n > 0 && i < ELEMENTSOF(families); i++) {
                family_print_header(stream, families[i].name, families[i].help);
                for (size_t k = 0; k < n; k++)
                        families[i].print(stream, families[i].name, &samples[k]);
        }
}

/* The names of events that a run of migrations ends with. */
static bool event_ends_run(const struct dmig_event *event)
{
        static const char *const names[] = { "completed", "failed", "gave-up", "postponed", "interrupted" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(names[i], dmig_event_get_name(event)))
                        return true;
        return false;
}

static bool event_is_of_run(const struct dmig_event *event, const char *run)
{
        const char *of = dmig_event_get_string(event, "run");

        return run && of && streq(of, run);
}

/* @i: the end of a run. Times of a clock that was set meanwhile give no duration. */
static uint64_t history_measure_run(const struct dmig_history *history, size_t i)
{
        const struct dmig_event *end = dmig_history_get(history, i);
        const char *run = dmig_event_get_string(end, "run");
        uint64_t begin;

        while (i > 0 && event_is_of_run(dmig_history_get(history, i - 1), run))
                i--;
        begin = dmig_event_get_time(dmig_history_get(history, i));
        return begin && begin < dmig_event_get_time(end) ? dmig_event_get_time(end) - begin : 0;
}

struct prometheus_past prometheus_look_back(const struct dmig_history *history)
{
        struct prometheus_past past = { 0 };

        for (size_t i = history ? dmig_history_count(history) : 0; i-- > 0 && past.completed_usec == 0;) {
                const struct dmig_event *event = dmig_history_get(history, i);
                const char *name = dmig_event_get_name(event);

                if (streq(name, "purged"))
                        break;
                if (past.ended_usec == 0 && event_ends_run(event)) {
                        past.ended_usec = dmig_event_get_time(event);
                        past.duration_usec = history_measure_run(history, i);
                }
                if (streq(name, "completed"))
                        past.completed_usec = dmig_event_get_time(event);
        }
        return past;
}
