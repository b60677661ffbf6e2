/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the functions of deploy-migrate.h say about one package: made, filled in, and read through accessors. */

#include "basic/error.h"
#include "basic/strv.h"
#include "changes/files.h"
#include "deploy-migrate.h"
#include "history/event.h"

struct dmig_step {
        char *id;
        char *description;
        char *consent; /* what is still to be agreed to; NULL: nothing */
        char *error;
        char *turn; /* why it has no turn; NULL: that isn't why it is postponed */
        enum dmig_state state;
        int64_t duration_ms;
        int64_t changes;
        bool modified;
        bool direct;
        bool reaches_out;
        struct dmig_files *files; /* NULL if not known */
        struct strv notices;
};

struct dmig_report {
        unsigned refs;
        char *package;
        char *from;
        char *to;
        const char *from_source; /* static */
        enum dmig_result result;
        char *error;
        int code; /* a negative errno */
        struct dmig_step *steps;
        size_t n_steps;
        char **units; /* that wait for the package; ends with NULL, or is NULL */
        size_t n_units;
        size_t n_undoable;
        uint64_t undo_bytes;
        struct dmig_files *since;    /* that an undo finds changed; NULL if none was looked for */
        char *overwritten;           /* where an undo keeps what it overwrites; NULL: nowhere */
        struct strv started;         /* units that had stood still because of the migrations */
        struct dmig_event *progress; /* of a run that is going on, NULL if there is none */
};

DEFINE_CLEANUP(struct dmig_report *, dmig_report_unref);

/* Each returns 0 or -ENOMEM, and copies the strings, but for @from_source. */
_must_check_ int report_new(const char *package, struct dmig_report **ret);
_must_check_ int report_set_versions(struct dmig_report *report, const char *from, const char *to,
                                     const char *from_source);
/* A NULL @message: nothing is wrong. */
_must_check_ int report_set_error(struct dmig_report *report, enum dmig_result result, const char *message);
_must_check_ int report_set_errorf(struct dmig_report *report, enum dmig_result result, const char *format, ...)
        _printf_(3, 4);
/* Takes over @units, which ends with NULL, or is NULL. */
void report_take_units(struct dmig_report *report, char **units, size_t n);
/* Returns: its units, separated by blanks, to be freed; NULL if it has none, or if memory ran out. */
char *report_join_units(const struct dmig_report *report);
/* Makes room for @n steps, for the caller to fill in. */
_must_check_ int report_add_steps(struct dmig_report *report, size_t n);
/* The migration @id isn't done after all. */
void report_set_pending(struct dmig_report *report, const char *id);
