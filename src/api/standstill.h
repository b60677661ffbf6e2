/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What stands still because a run didn't succeed. In: a run that has ended, without its lock. Out, if it didn't succeed: a note of the units that
 * wait for it, and a timer if it was postponed; if it did: these units started again, and no timer.
 */

#include "package/report.h"
#include "package/upgrade.h"

/* @code is what the run has returned; what was started is in @report. A failure is logged. */
void standstill_settle(const struct upgrade_request *request, struct dmig_report *report, int code);
