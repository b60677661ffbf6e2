/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All that is known of a package before anything is done with it. In: the caller's request. Out: its history, the upgrade, its migrations,
 * and the plan made of them, from which run, plan, preview and status go on; and the report that they begin with.
 */

#include "history/history.h"
#include "package/context.h"
#include "package/plan.h"
#include "package/report.h"
#include "package/upgrade.h"
#include "units/gate.h"

struct package {
        struct upgrade_request request;
        struct history *history;
        struct upgrade upgrade;
        struct catalog *catalog; /* NULL unless the upgrade's result is PENDING */
        struct version_range range;
        struct consents consents; /* given beforehand */
        struct plan plan;
};

/*
 * The first step of each public function that acts on a package; clears the context's error. Returns: 0; -EINVAL if the context is NULL, a
 * flag isn't accepted, or the package or a version isn't valid; or -ENOMEM; the context's error is set.
 */
_must_check_ int package_check_request(const struct upgrade_request *request);
/* The same for a function that returns a report through @place, with an empty report of the package in @ret. */
_must_check_ int package_new_report(const struct upgrade_request *request, struct dmig_report **place,
                                    struct dmig_report **ret);
/*
 * The last step of such a function: passes @report on to the caller, with the context's error in it if @code is negative. Returns: 0, or
 * -ENOMEM if there is no memory for the report itself.
 */
_must_check_ int package_conclude_report(struct dmig *ctx, struct dmig_report **report, int code,
                                         struct dmig_report **place);

/* First half: the history. Returns: 0, or a negative errno with @error set. */
_must_check_ int package_open_history(struct package *pkg, enum history_mode mode, struct error *error);
/* Second half: all else, from what the history says now. Returns: 0, or a negative errno with @error set. */
_must_check_ int package_make_plan(struct package *pkg, struct error *error);
void package_done(struct package *pkg);

enum package_scope {
        PACKAGE_UPGRADE, /* the steps of this upgrade, and those that are out of order */
        PACKAGE_ALL,     /* all that the history or the upgrade knows */
};

/* For the migration and the package. */
#define PACKAGE_GAVE_UP "%s was given up after repeated failures; fix the cause, then run 'deploy-migrate retry %s'"

/* Whether a report of this scope shows @step. */
bool package_shows(enum package_scope scope, const struct plan_step *step);
/* Whether @step has still to be done in this upgrade. */
bool package_is_due(const struct plan_step *step);
/* Puts versions, steps and result into @report. Returns: 0 or -ENOMEM. */
_must_check_ int package_report(const struct package *pkg, enum package_scope scope, struct dmig_report *report);

/*
 * Puts the services that wait for the package into @report, if something is due on the running system. Returns: 0 with which of them run in
 * @ret, to be freed with gate_done(); or a negative errno with @error set.
 */
_must_check_ int package_look_at_gate(const struct package *pkg, struct dmig_report *report, struct gate *ret,
                                      struct error *error);
/* Says in @report what to do about what runs. Returns: 0 or -ENOMEM. */
_must_check_ int package_explain_gate(struct dmig_report *report, const struct gate *gate);
