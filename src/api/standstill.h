/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units that stand still because a run failed. In: a run that has ended and given its lock back. Out, if it failed: a note of the units that wait for
 * it, and a timer if it was postponed. If it succeeded: these units are started, and the timer is gone.
 */

#include "package/report.h"
#include "package/upgrade.h"

/* @code is what the run has returned; what was started is in @report. A failure is logged. */
void standstill_settle(const struct upgrade_request *request, struct dmig_report *report, int code);
