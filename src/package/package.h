/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Everything that is known of a package before anything is done to it: its history, the way from one version to the other, its
 * migrations, and the plan made of them. Run, plan and status start from one survey each.
 */

#include "history/history.h"
#include "package/context.h"
#include "package/plan.h"
#include "package/report.h"
#include "package/upgrade.h"

struct survey {
        struct upgrade_request request;
        struct history *history;
        struct upgrade upgrade;
        struct catalog *catalog; /* NULL unless there is a way between the versions */
        struct range range;
        struct plan plan;
};

/* Returns: 0, -EINVAL where the request names no package or version, or another errno; @error is set. */
int survey_check_request(const struct upgrade_request *request, struct error *error);
/* The same, with an empty report of the package. */
int survey_new_report(const struct upgrade_request *request, struct dmig_report **ret, struct error *error);
/* First half: the history. Returns: 0, or a negative errno with @error set. */
int survey_open_history(struct survey *survey, struct dmig *ctx, enum history_mode mode, struct error *error);
/* Second half: all else, from what the history says now. */
int survey_make_plan(struct survey *survey, struct dmig *ctx, struct error *error);
void survey_done(struct survey *survey);

/* The package as it stands, in one word. */
enum dmig_result survey_get_result(const struct survey *survey);

enum survey_scope {
        SURVEY_UPGRADE, /* the steps of this upgrade, and those that are out of order */
        SURVEY_ALL,     /* whatever the history or the upgrade knows */
};

/* For the migration and the package. */
#define SURVEY_GAVE_UP "%s was given up after repeated failures: repair the cause, then run deploy-migrate retry %s"

/*
 * Looks which services wait for the package, where something is due on this machine itself, and puts them into @report.
 * Returns: 0 with the name of one that runs in @ret, NULL where none does; or a negative errno with @error set.
 */
int survey_look_at_gate(const struct survey *survey, const struct dmig *ctx, struct dmig_report *report, char **ret,
                        struct error *error);
/* Says in @report which unit to restart. Returns: 0 or -ENOMEM. */
int survey_explain_gate(struct dmig_report *report, const char *running);

/* Whether a report of this scope shows @step. */
bool survey_shows(enum survey_scope scope, const struct plan_step *step);
/* Whether @step has still to be done in this upgrade. */
bool survey_is_due(const struct plan_step *step);
/* Puts versions, steps and result into @report. Returns: 0 or -ENOMEM. */
int survey_report(const struct survey *survey, enum survey_scope scope, struct dmig_report *report);
