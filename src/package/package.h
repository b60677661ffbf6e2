/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Everything that is known of a package before anything is done to it: its history, the way from one version to the other, its
 * migrations, and the plan made of them. Run, plan and status each start from one of these.
 */

#include "history/history.h"
#include "package/context.h"
#include "package/plan.h"
#include "package/report.h"
#include "package/upgrade.h"

struct package {
        struct upgrade_request request;
        struct history *history;
        struct upgrade upgrade;
        struct catalog *catalog; /* NULL unless there is a way between the versions */
        struct version_range range;
        struct plan plan;
};

/*
 * The first step of each public function that acts on a package; clears the context's error. Returns: 0, -EINVAL if @ctx is NULL, a flag
 * isn't accepted, or the package or a version isn't valid, or -ENOMEM; the context's error is set.
 */
int package_check_request(struct dmig *ctx, const struct upgrade_request *request) _must_check_;
/* The same for a function that returns a report through @place, with an empty report of the package in @ret. */
int package_new_report(struct dmig *ctx, const struct upgrade_request *request, struct dmig_report **place,
                       struct dmig_report **ret) _must_check_;
/*
 * The last step of such a function: passes @report on to the caller, with the context's error in it if @code is negative. Returns: 0, or
 * -ENOMEM, the one failure without a report.
 */
int package_conclude_report(struct dmig *ctx, struct dmig_report **report, int code,
                            struct dmig_report **place) _must_check_;
/* First half: the history. Returns: 0, or a negative errno with @error set. */
int package_open_history(struct package *pkg, struct dmig *ctx, enum history_mode mode, struct error *error);
/* Second half: all else, from what the history says now. */
int package_make_plan(struct package *pkg, struct dmig *ctx, struct error *error);
void package_done(struct package *pkg);

/* The package as it stands, in one word. */
enum dmig_result package_get_result(const struct package *pkg);

enum package_scope {
        PACKAGE_UPGRADE, /* the steps of this upgrade, and those that are out of order */
        PACKAGE_ALL,     /* whatever the history or the upgrade knows */
};

/* For the migration and the package. */
#define PACKAGE_GAVE_UP "%s was given up after repeated failures: repair the cause, then run deploy-migrate retry %s"

/*
 * Looks which services wait for the package, where something is due on this machine itself, and puts them into @report.
 * Returns: 0 with the name of one that runs in @ret, NULL where none does; or a negative errno with @error set.
 */
int package_look_at_gate(const struct package *pkg, const struct dmig *ctx, struct dmig_report *report, char **ret,
                         struct error *error);
/* Says in @report which unit to restart. Returns: 0 or -ENOMEM. */
int package_explain_gate(struct dmig_report *report, const char *running);

/* Whether a report of this scope shows @step. */
bool package_shows(enum package_scope scope, const struct plan_step *step);
/* Whether @step has still to be done in this upgrade. */
bool package_is_due(const struct plan_step *step);
/* Puts versions, steps and result into @report. Returns: 0 or -ENOMEM. */
int package_report(const struct package *pkg, enum package_scope scope, struct dmig_report *report);
