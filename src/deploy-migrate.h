/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * libdeploymigrate: run the migrations that lie between two versions of a package.
 *
 * Every function that can fail returns a negative errno and writes its results only on success.
 * Nothing is printed and nothing is global: two threads may each use a context of their own.
 * Strings that an accessor returns belong to the object and live as long as it does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Context ---------------------------------------------------------------------------- */

/* Where to look, whom to tell, and when to stop. Reference counted. */
struct dmig;

/* Returns: 0, or -ENOMEM. */
int dmig_new(struct dmig **ret);
struct dmig *dmig_ref(struct dmig *ctx);
/* Returns: NULL, always. Takes NULL. */
struct dmig *dmig_unref(struct dmig *ctx);

/*
 * Put @path before every path that the library reads or writes. Symbolic links below it must stay
 * below it. Resets the package database directory to the one below @path.
 * Returns: 0, or the errno of opening @path.
 */
int dmig_set_root(struct dmig *ctx, const char *path);

/* Use @path, as it is, instead of <root>/var/lib/dpkg. Returns: 0 or -ENOMEM. */
int dmig_set_admindir(struct dmig *ctx, const char *path);

/* Where the library's own helpers are, for a tree that isn't installed. Returns: 0 or -ENOMEM. */
int dmig_set_libexecdir(struct dmig *ctx, const char *path);

/* How long to wait for a package's lock; 0 does not wait. Default: 60 s, in microseconds. */
void dmig_set_lock_timeout(struct dmig *ctx, uint64_t usec);

/*
 * A line to log. @priority is one of syslog(3). @package may be NULL. @id is the migration whose
 * output the line is, NULL when the library itself speaks. The text is valid UTF-8 of one line.
 */
typedef void (*dmig_log_fn)(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                            void *userdata);
void dmig_set_log_fn(struct dmig *ctx, dmig_log_fn fn, void *userdata);

/*
 * Something happened: each line that goes into a history, right after it is durable, and these,
 * which are not recorded: "upgrade" {from, to, from_source, pending} before the first migration of a
 * package, "phase" {id, phase, timeout_sec} before a program starts, and "progress" {id, phase,
 * elapsed_ms, timeout_sec} once a second while it runs.
 */
struct dmig_event;
typedef void (*dmig_event_fn)(struct dmig *ctx, const struct dmig_event *event, void *userdata);
void dmig_set_event_fn(struct dmig *ctx, dmig_event_fn fn, void *userdata);

/*
 * Ask the run that uses @ctx to stop: the running migration gets SIGTERM, is recorded as
 * interrupted, and no other starts. Async-signal-safe, and safe from another thread.
 */
void dmig_stop(struct dmig *ctx);

/* What the last function on @ctx that failed has to say, in one line. Never NULL. */
const char *dmig_error_message(struct dmig *ctx);

/* ---- Events ----------------------------------------------------------------------------- */

const char *dmig_event_get_package(const struct dmig_event *event);
/* The kind: "baseline", "started", "applied", ... */
const char *dmig_event_get_name(const struct dmig_event *event);
/* Returns: microseconds since the epoch, UTC. */
uint64_t dmig_event_get_time(const struct dmig_event *event);
/* Returns: the field's text, or NULL where the event has no such field or it is not a string. */
const char *dmig_event_get_string(const struct dmig_event *event, const char *field);
/* Returns: 0, or -ENODATA where the event has no such field or it is not an integer. */
int dmig_event_get_int(const struct dmig_event *event, const char *field, int64_t *ret);
/* Returns: the event as one line of JSON, as the history has it. */
const char *dmig_event_get_json(const struct dmig_event *event);

/* ---- Versions --------------------------------------------------------------------------- */

/*
 * A version of Semantic Versioning 2.0.0 (https://semver.org), with numbers of any length. A leading
 * "v" and surrounding blanks are tolerated, nothing else is.
 */
struct dmig_semver;

/* Returns: 0, -EINVAL where @text is no semantic version, or -ENOMEM. */
int dmig_semver_parse(const char *text, struct dmig_semver **ret);
/* Returns: NULL, always. Takes NULL. */
struct dmig_semver *dmig_semver_free(struct dmig_semver *version);
/* The three numbers as digits, and the text behind '-' and '+', "" where there is none. */
const char *dmig_semver_get_major(const struct dmig_semver *version);
const char *dmig_semver_get_minor(const struct dmig_semver *version);
const char *dmig_semver_get_patch(const struct dmig_semver *version);
const char *dmig_semver_get_prerelease(const struct dmig_semver *version);
const char *dmig_semver_get_build(const struct dmig_semver *version);
/* The version without "v" and blanks. */
const char *dmig_semver_get_text(const struct dmig_semver *version);

/*
 * Precedence as in semver.org section 11: build metadata is ignored.
 * Returns: 0 with -1, 0 or 1 in @ret, or -EINVAL where one is no semantic version, or -ENOMEM.
 */
int dmig_semver_cmp(const char *a, const char *b, int *ret);

/* Returns: 1 when @from < @version <= @to by precedence, else 0; -EINVAL or -ENOMEM. */
int dmig_semver_in_range(const char *version, const char *from, const char *to);

/*
 * The order of deb-version(7), as dpkg --compare-versions has it. Surrounding blanks are tolerated.
 * Returns: 0 with -1, 0 or 1 in @ret, or -EINVAL where one is no package version.
 */
int dmig_deb_version_cmp(const char *a, const char *b, int *ret);

/* Returns: 0, or -EINVAL where dpkg would not accept @version in a package. */
int dmig_deb_version_check(const char *version);

/*
 * Whether the migrations of the semantic version @version belong to an upgrade between two package
 * versions: @from < @version <= @to, where a package version counts by its upstream part, padded to
 * three numbers ("1.2-1" is 1.2.0), and a pre-release "-rc.1" sorts as "~rc.1". Where the epoch of
 * @to is above that of @from there is no lower bound.
 * Returns: 1 or 0, or -EINVAL or -ENOMEM.
 */
int dmig_version_in_range(const char *version, const char *from, const char *to);

/* ---- Reports ---------------------------------------------------------------------------- */

enum dmig_result {
        DMIG_RESULT_COMPLETED,
        DMIG_RESULT_NOTHING_TO_DO,
        DMIG_RESULT_PENDING,
        DMIG_RESULT_FAILED,
        DMIG_RESULT_POSTPONED,
        DMIG_RESULT_DOWNGRADE,
        DMIG_RESULT_NOT_INSTALLED,
        DMIG_RESULT_ERROR,
};

enum dmig_state {
        DMIG_STATE_PENDING,
        DMIG_STATE_APPLIED,
        DMIG_STATE_SATISFIED,
        DMIG_STATE_FAILED,
        DMIG_STATE_POSTPONED,
        DMIG_STATE_GAVE_UP,
        DMIG_STATE_SKIPPED,      /* marked by the administrator, or masked in /etc */
        DMIG_STATE_OUT_OF_ORDER, /* appeared behind the version that the data is at: never runs by itself */
        DMIG_STATE_MISSING,      /* in the history, but no longer in the package */
};

/* Returns: the word that the command line uses: "nothing-to-do", "gave-up". */
const char *dmig_result_to_string(enum dmig_result result);
const char *dmig_state_to_string(enum dmig_state state);

/* One package: where it stood, and what was done or would be done. Reference counted. */
struct dmig_report;
/* One migration of a report, in the order in which they run. Lives as long as the report. */
struct dmig_step;

struct dmig_report *dmig_report_ref(struct dmig_report *report);
/* Returns: NULL, always. Takes NULL. */
struct dmig_report *dmig_report_unref(struct dmig_report *report);
const char *dmig_report_get_package(const struct dmig_report *report);
/* The version that the data is at, and the one to bring it to; NULL where not known. */
const char *dmig_report_get_from(const struct dmig_report *report);
const char *dmig_report_get_to(const struct dmig_report *report);
/* "argument", "history", "config-version", "dpkg-log" or "installed"; NULL where not known. */
const char *dmig_report_get_from_source(const struct dmig_report *report);
enum dmig_result dmig_report_get_result(const struct dmig_report *report);
/* What went wrong and what to do about it, in one line; NULL where nothing did. */
const char *dmig_report_get_error(const struct dmig_report *report);
/*
 * Returns: 0, or why the result is DMIG_RESULT_ERROR as a negative errno: -EBUSY means that another
 * process holds the lock; and -ECANCELED, with any result, that dmig_stop() ended the run.
 */
int dmig_report_get_errno(const struct dmig_report *report);

/*
 * The systemd units that require deploy-migrate@<package>.service, so that they wait for the package's migrations. Known
 * where something is still to be done.
 */
size_t dmig_report_count_units(const struct dmig_report *report);
const char *dmig_report_get_unit(const struct dmig_report *report, size_t i);

size_t dmig_report_count(const struct dmig_report *report);
const struct dmig_step *dmig_report_get_step(const struct dmig_report *report, size_t i);
const char *dmig_step_get_id(const struct dmig_step *step);
/* The manifest's description, NULL where there is none. */
const char *dmig_step_get_description(const struct dmig_step *step);
enum dmig_state dmig_step_get_state(const struct dmig_step *step);
/* Returns: how long it took, or -1 where it was not run. */
int64_t dmig_step_get_duration_ms(const struct dmig_step *step);
/* Returns: how many files it changed, or -1 where that is not known. */
int64_t dmig_step_get_changes(const struct dmig_step *step);
/* Why it failed, with the end of its output; NULL where it did not. */
const char *dmig_step_get_error(const struct dmig_step *step);
/* Whether the file differs from the one that was applied. Known in a report of dmig_status() only. */
bool dmig_step_is_modified(const struct dmig_step *step);
/* Whether it runs directly on the system, in no transaction: its manifest has "writes": "*". */
bool dmig_step_is_direct(const struct dmig_step *step);
/* The files that it changed, would change, or that are put back; NULL where they are not known. */
const struct dmig_files *dmig_step_get_files(const struct dmig_step *step);

/*
 * What can be undone: how many migrations, and how many bytes on the disk that takes, 0 where the caller may not look. Known in a report
 * of dmig_status() only.
 */
size_t dmig_report_count_undoable(const struct dmig_report *report);
uint64_t dmig_report_get_undo_bytes(const struct dmig_report *report);

/* ---- Changed files ---------------------------------------------------------------------- */

/* The files of a transaction. Live as long as what they were got from. */
struct dmig_files;
struct dmig_file;

size_t dmig_files_count(const struct dmig_files *files);
const struct dmig_file *dmig_files_get(const struct dmig_files *files, size_t i);
/* "create", "replace", "remove", "move" or "metadata". */
const char *dmig_file_get_kind(const struct dmig_file *file);
/* The absolute path, any bytes but NUL: where the file is after the change, or was before a removal. */
const char *dmig_file_get_path(const struct dmig_file *file);
/* Of a move, where it was; else NULL. */
const char *dmig_file_get_from(const struct dmig_file *file);
/* Returns: the type and mode of stat(2), 0 where it is not there. */
unsigned dmig_file_get_mode_before(const struct dmig_file *file);
unsigned dmig_file_get_mode_after(const struct dmig_file *file);
/* Returns: bytes, or -1 where it is no regular file, or not there. */
int64_t dmig_file_get_size_before(const struct dmig_file *file);
int64_t dmig_file_get_size_after(const struct dmig_file *file);
/* A unified diff of its text. NULL where it is no text, or not in a report of dmig_preview(). */
const char *dmig_file_get_diff(const struct dmig_file *file);

/* ---- What can be done with a package ---------------------------------------------------- */

enum dmig_flags {
        DMIG_SANDBOX_OFF = 1 << 0, /* run migrations directly on the system */
        DMIG_FORCE = 1 << 1,       /* run them even while a service runs that requires them */
        DMIG_STARTING = 1 << 2,    /* such a service is being started: give the others some seconds to stop */
        DMIG_DRY_RUN = 1 << 3,     /* of dmig_undo(): only look what it would do */
};

/*
 * The packages that ship migrations or have a history, sorted, ended by NULL; free it with
 * dmig_names_free(). Returns: how many, or a negative errno.
 */
int dmig_list_packages(struct dmig *ctx, char ***ret);
/* Returns: NULL, always. Takes NULL. */
char **dmig_names_free(char **names);

/*
 * Run what is pending for @package. While a systemd unit runs that requires deploy-migrate@<package>.service nothing is run, the
 * result is DMIG_RESULT_PENDING and the error names the unit to restart. @from and @to override what the history and the package database
 * say; NULL does not. With @to the package need not be in the package database. What goes wrong with
 * the package is in the report, so that a caller goes on with the next one.
 * Returns: 0, -EINVAL where an argument is no package name or version, or -ENOMEM.
 */
int dmig_run(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
             struct dmig_report **ret);

/* The same, executing nothing, writing nothing and taking no lock. */
int dmig_plan(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
              struct dmig_report **ret);

/*
 * Returns: 1 where dpkg has changed its database since it was last read for @ctx, so that a package may have something new
 * to do; 0 where it hasn't; or a negative errno.
 */
int dmig_is_stale(struct dmig *ctx);

/* Where @package stands, with each migration that its history or its upgrade knows. No lock. */
int dmig_status(struct dmig *ctx, const char *package, unsigned flags, struct dmig_report **ret);

/* All events of @package's history, oldest first. */
struct dmig_history;
/* Returns: 0, -ENOENT where there is none, -EBADMSG where a line can't be read, or another errno. */
int dmig_history_load(struct dmig *ctx, const char *package, unsigned flags, struct dmig_history **ret);
/* Returns: NULL, always. Takes NULL. */
struct dmig_history *dmig_history_free(struct dmig_history *history);
size_t dmig_history_count(const struct dmig_history *history);
const struct dmig_event *dmig_history_get(const struct dmig_history *history, size_t i);
/*
 * The files that the event @i, an "applied", changed. Live as long as @history. Returns: 0, -ENODATA where none were recorded
 * for the event, or another errno.
 */
int dmig_history_get_files(struct dmig_history *history, size_t i, const struct dmig_files **ret);

/*
 * Forget failures: the next run tries again what was given up. Returns: 0, -ENOENT where @package has
 * no history, -EBUSY where its lock is held for too long, or another errno.
 */
int dmig_retry(struct dmig *ctx, const char *package, unsigned flags);

/*
 * Record that @id needs no run: @as is DMIG_STATE_APPLIED or DMIG_STATE_SKIPPED.
 * Returns: 0, -EINVAL where @package has no migration @id, or as dmig_retry().
 */
int dmig_mark(struct dmig *ctx, const char *package, const char *id, enum dmig_state as, const char *reason,
              unsigned flags);

/* Record that the data of @package is at @version. Returns: 0, -EINVAL, or as dmig_retry(). */
int dmig_baseline(struct dmig *ctx, const char *package, const char *version, unsigned flags);

/*
 * Run what is pending in overlays that are stacked on each other, and throw all of it away: the steps of the report have the
 * files that would change, each with a diff of its text. Arguments and errors as of dmig_run(), but nothing is recorded. A step
 * that would be applied is DMIG_STATE_PENDING.
 */
int dmig_preview(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
                 struct dmig_report **ret);

/*
 * Put back what the last upgrade of @package changed, newest migration first. Where a file was changed since, nothing is
 * touched, the result is DMIG_RESULT_FAILED and the error names the file; DMIG_FORCE overrides. The steps are the migrations that are
 * undone; "to" is the version that the data is at afterwards. Returns: as dmig_run().
 */
int dmig_undo(struct dmig *ctx, const char *package, unsigned flags, struct dmig_report **ret);

/*
 * Free what dmig_undo() needs: nothing of @package can be undone any more. Returns: 0 with the bytes that it took in @ret_bytes, which
 * may be NULL; or as dmig_retry().
 */
int dmig_forget(struct dmig *ctx, const char *package, unsigned flags, uint64_t *ret_bytes);

/* ---- For the author of a package -------------------------------------------------------- */

/*
 * Something about the migrations that are checked: @priority is LOG_ERR, with which the package would not run or ship what
 * never runs, LOG_WARNING or LOG_NOTICE; @path begins with the directory that was given.
 */
typedef void (*dmig_lint_fn)(struct dmig *ctx, int priority, const char *path, const char *text, void *userdata);

/*
 * Check the migrations in @directory, which holds the version directories, before they are shipped. It is a path of the
 * caller's, before which no root is put. @version is that of the package, NULL where it isn't known.
 * Returns: how many errors @fn was told of, -EINVAL where @version is none, or the errno of opening @directory.
 */
int dmig_lint(struct dmig *ctx, const char *directory, const char *version, unsigned flags, dmig_lint_fn fn,
              void *userdata);

#ifdef __cplusplus
}
#endif
