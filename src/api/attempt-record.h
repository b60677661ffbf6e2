/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How one attempt at a migration began and ended, recorded in the history and in the step of the report. In: the attempt, and what was found
 * out. Each function returns 0, or a negative errno with @error set.
 */

#include "api/attempt.h"
#include "phase/phase.h"

_must_check_ int attempt_record_start(struct attempt *a, struct error *error);
/* @changes: how many files were changed, or FIELD_UNKNOWN. */
_must_check_ int attempt_record_applied(struct attempt *a, int64_t changes, struct error *error);
_must_check_ int attempt_record_satisfied(struct attempt *a, struct error *error);
/* Whatever fails after the context was stopped may have failed because of that. */
_must_check_ int attempt_record_failure(struct attempt *a, const struct ending *ending, struct error *error);
/* How the last phase ended, which the migration ends with. */
_must_check_ int attempt_record_ending(struct attempt *a, const struct ending *ending, struct error *error);
/* The context was stopped, which gives -ECANCELED, or the turn was lost. */
_must_check_ int attempt_record_stop(struct attempt *a, struct error *error);
/* Without this, the next run would take an end that couldn't be recorded, because of @r, for a crash. */
void attempt_record_unrecorded(struct attempt *a, int r);

/* Records that it can't run now; that is no attempt. */
_must_check_ int attempt_postpone(struct attempt *a, const char *reason, struct error *error);
/* The same because the attempt's turn isn't held, for the turn's own reason. */
_must_check_ int attempt_postpone_for_turn(struct attempt *a, struct error *error);
/* The same because a turn can't be asked for. */
_must_check_ int attempt_postpone_without_turn(struct attempt *a, const char *reason, struct error *error);
