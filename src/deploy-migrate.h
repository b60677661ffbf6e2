/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * libdeploymigrate: run the migrations between two versions of a package.
 *
 * A program makes a context, says in it where to look and whom to tell, and calls one function for
 * each package; doc/example.c is a complete program. The library prints nothing, never exits and
 * has no global state: it logs only through the log callback. Link with `pkg-config --libs
 * libdeploymigrate`.
 *
 * Errors: a function that can fail returns an int, negative errno on failure, and writes its
 * results only on success. NULL for the context or for a required argument is -EINVAL. If the
 * function takes a context, dmig_error_message() explains the failure.
 *
 * NULL: an argument must not be NULL unless its comment says that it may. Setters and functions
 * that take or drop a reference do nothing with a NULL object, and accessors return for it what
 * they return if nothing is known: NULL, 0, -1 or false.
 *
 * Lifetimes: whatever an accessor returns belongs to the object that it was asked of, must not be
 * freed, and lives as long as the object, unless the comment says otherwise. Objects that a
 * function returns through @ret belong to the caller: contexts and reports are reference counted,
 * the others have a function to free them.
 *
 * Threads: a context and the objects made with it must be used by one thread at a time; dmig_stop()
 * is the exception. Two threads may each use a context of their own, also for the same package.
 *
 * Compatibility: enums may grow, always at their end, so a switch over one needs a default branch.
 * The same goes for flags, for kinds of events and for their fields. A function returns -EINVAL for
 * a flag that it doesn't accept, so a program that runs with an older library than it was written
 * for notices. All symbols have the version LIBDEPLOYMIGRATE_0 until 1.0; from the second release
 * on, "Since:" in the comment of what is new names the first version that has it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Arguments, counted from 1, that the compiler may assume not to be NULL; not while the library
 * itself is built, which checks them.
 */
#if defined(__GNUC__) && !defined(DMIG_BUILDING)
#define DMIG_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#else
#define DMIG_NONNULL(...)
#endif

/* The compiler warns if the result is ignored. */
#ifdef __GNUC__
#define DMIG_MUST_CHECK __attribute__((warn_unused_result))
#else
#define DMIG_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The library is compiled with hidden visibility: it exports what is declared here. */
#ifdef DMIG_BUILDING
#pragma GCC visibility push(default)
#endif

/* ---- Context ---------------------------------------------------------------------------- */

/*
 * Where to look, whom to tell, and when to stop. Reference counted. It keeps what it has read of
 * the package database from one call to the next, so a program that handles many packages should
 * use one context for all of them.
 */
struct dmig;

/*
 * Makes a context for the running system: its root is "/", and it has no callbacks. Drop it with
 * dmig_unref().
 * Returns: 0, -ENOMEM, or another errno if the system is out of file descriptors.
 */
int dmig_new(struct dmig **ret) DMIG_NONNULL(1) DMIG_MUST_CHECK;

/* Takes a reference. Returns: @ctx. */
struct dmig *dmig_ref(struct dmig *ctx);

/*
 * Drops a reference; the last one frees the context. Reports and histories made with it stay valid.
 * Returns: NULL, always.
 */
struct dmig *dmig_unref(struct dmig *ctx);

/*
 * Prepends @path, a directory, to every path that the library reads or writes. Symbolic links below
 * it can't lead out of it. Migrations get it as DPKG_ROOT in their environment. Resets the package
 * database directory to <path>/var/lib/dpkg. @path is copied; the directory is opened now.
 * Returns: 0, or the errno of opening @path.
 */
int dmig_set_root(struct dmig *ctx, const char *path) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/*
 * Sets the directory of the package database, used as it is, without the root before it. Default:
 * <root>/var/lib/dpkg. @path is copied; it isn't opened yet.
 * Returns: 0 or -ENOMEM.
 */
int dmig_set_admindir(struct dmig *ctx, const char *path) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/*
 * Sets the directory of the library's own helper programs, for a build that isn't installed. @path
 * is copied.
 * Returns: 0 or -ENOMEM.
 */
int dmig_set_libexecdir(struct dmig *ctx, const char *path) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/*
 * Sets the directory that has the kits for migrations in its kits/, for a build that isn't installed.
 * @path is copied.
 * Returns: 0 or -ENOMEM.
 */
int dmig_set_datadir(struct dmig *ctx, const char *path) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/*
 * Sets how many microseconds to wait for the lock of a package; 0: don't wait. Default: 60 seconds.
 */
void dmig_set_lock_timeout(struct dmig *ctx, uint64_t usec);

/*
 * A line to log. @priority is one of syslog(3). @package is NULL if the line is about no package.
 * @id is the migration that printed the line, NULL if the library itself speaks. @text is valid
 * UTF-8 without control characters and without a newline. The strings live until the callback
 * returns. With @ctx the callback may call dmig_stop() and dmig_history_load(), and no other
 * function that can fail.
 *
 * More than four parameters, and no struct for them: a callback that gets what syslog(3) takes is
 * what programs have already.
 */
typedef void (*dmig_log_fn)(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                            void *userdata);

/*
 * Sets the callback for log lines, and what it gets as @userdata. NULL for @fn: lines are dropped,
 * which is the default.
 */
void dmig_set_log_fn(struct dmig *ctx, dmig_log_fn fn, void *userdata);

/* Something that happened: a line of a history, or a notice to the event callback. */
struct dmig_event;

/*
 * An event, in the thread that runs the package. The callback hears each line of a history as soon
 * as it is durable, and these events, which are in no history:
 *   "upgrade" {from, to, from_source, pending, units}: before the first migration of a package;
 *     @pending is how many are to run, @units names the systemd units that wait for that, separated
 *     by blanks, if there are any;
 *   "phase" {id, phase, timeout_sec}: before a program starts; @phase is "check" or "migrate",
 *     @timeout_sec is 0 if there is no limit;
 *   "turn-waiting" {id}, "turn-granted" {id, token}: of the turn among other hosts, if the
 *     administrator has a program that grants them; the first only after a second;
 *   "progress" {id, phase, elapsed_ms, timeout_sec, percent, text, done, total}: once a second while
 *     it runs; the last four only as far as the migration tells its progress. The phase is "turn" while
 *     it waits for one, and the text what for.
 * @event lives until the callback returns. What the callback may do with @ctx is said at
 * dmig_log_fn.
 */
typedef void (*dmig_event_fn)(struct dmig *ctx, const struct dmig_event *event, void *userdata);

/*
 * Sets the callback for events, and what it gets as @userdata. NULL for @fn: events are dropped,
 * which is the default.
 */
void dmig_set_event_fn(struct dmig *ctx, dmig_event_fn fn, void *userdata);

/*
 * Stops what runs with @ctx, now and for good: the running migration gets SIGTERM and is recorded
 * as interrupted, no other one starts, and a wait for a lock ends. A report then has the errno
 * -ECANCELED, and so has each later one of this context. Async-signal-safe, and safe to call from
 * any thread that has a reference.
 */
void dmig_stop(struct dmig *ctx);

/*
 * Returns: why the last function on @ctx that returned a negative errno failed: one line of UTF-8,
 * for a person. Never NULL; lives until the next call with @ctx. What it says after a success is
 * not specified.
 */
const char *dmig_error_message(struct dmig *ctx);

/* ---- Events ----------------------------------------------------------------------------- */

/* Returns: the package that the event is about. */
const char *dmig_event_get_package(const struct dmig_event *event);

/*
 * Returns: the kind of the event: "baseline", "started", "applied", "failed", ...; see "History" in
 * deploy-migrate(8).
 */
const char *dmig_event_get_name(const struct dmig_event *event);

/* Returns: when it happened, in microseconds since the epoch, UTC; 0 if that isn't known. */
uint64_t dmig_event_get_time(const struct dmig_event *event);

/* Returns: the text of @field, or NULL if the event has no such field, or if it isn't a string. */
const char *dmig_event_get_string(const struct dmig_event *event, const char *field) DMIG_NONNULL(2);

/*
 * Gets the number in @field. Returns: 0, -ENODATA if the event has no such field, or if it isn't an
 * integer, or -EINVAL.
 */
int dmig_event_get_int(const struct dmig_event *event, const char *field, int64_t *ret) DMIG_NONNULL(1, 2, 3);

/* Returns: the whole event as a JSON object in one line, as the history has it, or NULL if memory ran out. */
const char *dmig_event_get_json(const struct dmig_event *event);

/* ---- Versions --------------------------------------------------------------------------- */

/*
 * A version of Semantic Versioning 2.0.0 (https://semver.org), with numbers of any length. A
 * leading "v" and blanks around it are tolerated, nothing else is.
 */
struct dmig_semver;

/*
 * Parses @text. Free the version with dmig_semver_free().
 * Returns: 0, -EINVAL if @text isn't a semantic version, or -ENOMEM.
 */
int dmig_semver_parse(const char *text, struct dmig_semver **ret) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/* Frees @version, which may be NULL. Returns: NULL, always. */
struct dmig_semver *dmig_semver_free(struct dmig_semver *version);

/* Returns: one of the three numbers, as decimal digits. */
const char *dmig_semver_get_major(const struct dmig_semver *version);
const char *dmig_semver_get_minor(const struct dmig_semver *version);
const char *dmig_semver_get_patch(const struct dmig_semver *version);

/* Returns: the text after "-", or after "+", without that sign; "" if there is none. */
const char *dmig_semver_get_prerelease(const struct dmig_semver *version);
const char *dmig_semver_get_build(const struct dmig_semver *version);

/* Returns: the whole version, without "v" and blanks. */
const char *dmig_semver_get_text(const struct dmig_semver *version);

/*
 * Compares by precedence, as section 11 of semver.org says: build metadata is ignored. In @ret: -1
 * if @a is lower, 0 if they are equal, 1 if @a is higher.
 * Returns: 0, -EINVAL if one of them isn't a semantic version, or -ENOMEM.
 */
int dmig_semver_cmp(const char *a, const char *b, int *ret) DMIG_NONNULL(1, 2, 3) DMIG_MUST_CHECK;

/*
 * Returns: 1 if @from < @version <= @to by precedence, else 0; -EINVAL if one of them isn't a
 * semantic version; or -ENOMEM.
 */
int dmig_semver_in_range(const char *version, const char *from, const char *to) DMIG_NONNULL(1, 2, 3) DMIG_MUST_CHECK;

/*
 * Compares package versions as deb-version(7) and dpkg --compare-versions do. Blanks around them
 * are tolerated. In @ret: as dmig_semver_cmp().
 * Returns: 0, or -EINVAL if one of them isn't a package version.
 */
int dmig_deb_version_cmp(const char *a, const char *b, int *ret) DMIG_NONNULL(1, 2, 3) DMIG_MUST_CHECK;

/* Returns: 0, or -EINVAL if dpkg wouldn't accept @version as the version of a package. */
int dmig_deb_version_check(const char *version) DMIG_NONNULL(1) DMIG_MUST_CHECK;

/*
 * Tells whether the migrations of @version, a semantic version, belong to an upgrade between two
 * package versions: @from < @version <= @to. Of a package version the upstream part counts, padded
 * to three numbers ("1.2-1" is 1.2.0); a pre-release "-rc.1" sorts as "~rc.1". If the epoch of @to
 * is higher than that of @from, there is no lower bound.
 * Returns: 1 if they do, else 0; -EINVAL if one of them isn't a version; or -ENOMEM.
 */
int dmig_version_in_range(const char *version, const char *from, const char *to) DMIG_NONNULL(1, 2, 3) DMIG_MUST_CHECK;

/* ---- Reports ---------------------------------------------------------------------------- */

/*
 * The state of a package, or how a run of it ended. May grow: have a default branch, and treat an
 * unknown result as not completed.
 */
enum dmig_result {
        DMIG_RESULT_COMPLETED,     /* all that was pending is done */
        DMIG_RESULT_NOTHING_TO_DO, /* nothing was pending */
        DMIG_RESULT_PENDING,       /* something has still to be run; the error, if any, says what keeps it from that */
        DMIG_RESULT_FAILED,        /* a migration failed or was given up, or an undo was refused */
        DMIG_RESULT_POSTPONED,     /* a migration can't run now, or asked to be run later */
        DMIG_RESULT_DOWNGRADE,     /* the installed version is lower than that of the data: nothing runs */
        DMIG_RESULT_NOT_INSTALLED, /* the package isn't installed */
        DMIG_RESULT_ERROR,         /* dpkg's database, migrations or history can't be used, or the lock is held */
        DMIG_RESULT_RUNNING,       /* another process runs its migrations now: dmig_status() only */
};

/* The state of a migration. May grow: have a default branch. */
enum dmig_state {
        DMIG_STATE_PENDING,      /* has still to be run */
        DMIG_STATE_APPLIED,      /* was run, and its effect is there */
        DMIG_STATE_SATISFIED,    /* its effect was there already, so migrate wasn't run */
        DMIG_STATE_FAILED,       /* failed, and is run again the next time */
        DMIG_STATE_POSTPONED,    /* can't run now, or asked to be run later */
        DMIG_STATE_GAVE_UP,      /* failed repeatedly: isn't run again until dmig_retry(), or until its file changes */
        DMIG_STATE_SKIPPED,      /* marked by the administrator, or masked in /etc */
        DMIG_STATE_OUT_OF_ORDER, /* was added to a version that the data has passed: never runs by itself */
        DMIG_STATE_MISSING,      /* in the history, but no longer in the package */
        DMIG_STATE_RUNNING,      /* is run by another process now: dmig_status() only */
};

/*
 * Returns: the word that the command line uses, as in "nothing-to-do" and "gave-up"; "unknown" for
 * a value that the library doesn't know.
 */
const char *dmig_result_to_string(enum dmig_result result);
const char *dmig_state_to_string(enum dmig_state state);

/*
 * One package: the state it was found in, and what was done or would be done. Reference counted;
 * independent of its context.
 */
struct dmig_report;

/* One migration of a report. Lives as long as the report. */
struct dmig_step;

/* Takes a reference. Returns: @report. */
struct dmig_report *dmig_report_ref(struct dmig_report *report);

/*
 * Drops a reference; the last one frees the report with all that was got from it. Returns: NULL,
 * always.
 */
struct dmig_report *dmig_report_unref(struct dmig_report *report);

/* Returns: the package's name. */
const char *dmig_report_get_package(const struct dmig_report *report);

/* Returns: the package version that the data is at, or NULL if it isn't known. */
const char *dmig_report_get_from(const struct dmig_report *report);

/* Returns: the package version to bring the data to, or NULL if it isn't known. */
const char *dmig_report_get_to(const struct dmig_report *report);

/*
 * Returns: how the first one is known: "argument", "history", "config-version", "dpkg-log",
 * "formerly" or "installed"; or NULL if it isn't.
 */
const char *dmig_report_get_from_source(const struct dmig_report *report);

/* Returns: the result; DMIG_RESULT_ERROR for NULL. */
enum dmig_result dmig_report_get_result(const struct dmig_report *report);

/*
 * Returns: what went wrong and what to do about it, in one line of UTF-8; or NULL if nothing did.
 */
const char *dmig_report_get_error(const struct dmig_report *report);

/*
 * Returns: 0, or a negative errno: why the result is DMIG_RESULT_ERROR, where -EBUSY means that
 * another process holds the lock; or -ECANCELED, with any result, if dmig_stop() ended the run. For
 * NULL: -EINVAL.
 */
int dmig_report_get_errno(const struct dmig_report *report);

/*
 * The systemd units that require deploy-migrate@<package>.service, so that they wait for the
 * package's migrations. Known if something has still to be done on the running system.
 * Returns: how many; and the name of the one with the index @i, or NULL if there are fewer.
 */
size_t dmig_report_count_units(const struct dmig_report *report);
const char *dmig_report_get_unit(const struct dmig_report *report, size_t i);

/*
 * The systemd units that stood still because earlier runs of the package's migrations had failed,
 * and that dmig_run() has started again, or is having systemd start, since this run didn't.
 * Returns: how many; and the name of the one with the index @i, or NULL if there are fewer.
 */
size_t dmig_report_count_started(const struct dmig_report *report);
const char *dmig_report_get_started(const struct dmig_report *report, size_t i);

/*
 * The migrations, in the order in which they run; those that are no longer in the package come
 * last.
 * Returns: how many; and the one with the index @i, or NULL if there are fewer.
 */
size_t dmig_report_count(const struct dmig_report *report);
const struct dmig_step *dmig_report_get_step(const struct dmig_report *report, size_t i);

/*
 * Returns: the migration's id: its version without "v", a slash and the name of its file, as in
 * "1.1.0/001_rename_key.py".
 */
const char *dmig_step_get_id(const struct dmig_step *step);

/* Returns: the description in the manifest, or NULL if there is none. */
const char *dmig_step_get_description(const struct dmig_step *step);

/*
 * Returns: the text that the administrator has still to agree to with dmig_accept() before the
 * migration runs, or NULL if there is none.
 */
const char *dmig_step_get_consent(const struct dmig_step *step);

/*
 * Returns: why the migration, which is postponed, has no turn: "not-now", "stopped", "lost" or "error", of which there may be more later; or NULL
 * if that isn't why.
 */
const char *dmig_step_get_turn(const struct dmig_step *step);

/* Returns: the state; DMIG_STATE_MISSING for NULL. */
enum dmig_state dmig_step_get_state(const struct dmig_step *step);

/* Returns: how many milliseconds migrate took, or -1 if it wasn't run. */
int64_t dmig_step_get_duration_ms(const struct dmig_step *step);

/* Returns: how many files it changed, or -1 if that isn't known. */
int64_t dmig_step_get_changes(const struct dmig_step *step);

/*
 * Returns: why it failed or was postponed, with the end of its output, in one line of UTF-8; or
 * NULL if it did neither.
 */
const char *dmig_step_get_error(const struct dmig_step *step);

/*
 * Returns: whether its file differs from the one that was applied. Known only in a report of
 * dmig_status().
 */
bool dmig_step_is_modified(const struct dmig_step *step);

/*
 * Returns: whether it runs directly on the system, in no transaction: its manifest has "writes":
 * "*".
 */
bool dmig_step_is_direct(const struct dmig_step *step);

/*
 * Returns: whether it reaches out: it has the network, or connects to sockets of the system. What
 * it does there is in no transaction.
 */
bool dmig_step_reaches_out(const struct dmig_step *step);

/*
 * What people should know of what it did, or would do: that names of one file become two, for example. Each is one line of UTF-8.
 * Returns: how many there are; and the one with the index @i, or NULL if there are fewer.
 */
size_t dmig_step_count_notices(const struct dmig_step *step);
const char *dmig_step_get_notice(const struct dmig_step *step, size_t i);

/*
 * Returns: the files that it has changed (dmig_run()) or would change (dmig_preview()), or that are put back (dmig_undo()), or
 * NULL if they aren't known. They live as long as the report.
 */
const struct dmig_files *dmig_step_get_files(const struct dmig_step *step);

/*
 * What dmig_undo() could undo. Known only in a report of dmig_status().
 * Returns: how many migrations; and how many bytes their before-images take on the disk. Both are 0
 * if the caller may not read them.
 */
size_t dmig_report_count_undoable(const struct dmig_report *report);
uint64_t dmig_report_get_undo_bytes(const struct dmig_report *report);

/*
 * What was changed since the upgrade that dmig_undo() undoes: the files that the migrations changed,
 * and those that are in one set of data with them, such as the write-ahead log of a database. Each
 * is of the kind "create", "replace" or "remove", and has the mode and the size that it has now.
 * They live as long as the report.
 * Returns: the files, in order of their paths; NULL if the report isn't of dmig_undo().
 */
const struct dmig_files *dmig_report_get_since(const struct dmig_report *report);

/*
 * Returns: the path of the directory in which dmig_undo() with DMIG_FORCE keeps the files that it
 * has overwritten, below it under the paths that they had, until dmig_forget(); NULL if it overwrote
 * none.
 */
const char *dmig_report_get_overwritten(const struct dmig_report *report);

/*
 * What another process that runs, previews or undoes the package's migrations is doing. Known only
 * in a report of dmig_status(), whose result is DMIG_RESULT_RUNNING then, unless it is a preview.
 * Returns: its last event "progress", with "command" ("run", "preview" or "undo"), "id", "phase"
 * ("check", "migrate", "commit" or "undo"), "since"
 * (when that migration began, as RFC 3339 has it) and "elapsed_ms" (of the phase, until now), and,
 * as far as the migration tells them, "percent", "text", "done" and "total"; or NULL. Lives as long
 * as the report.
 */
const struct dmig_event *dmig_report_get_progress(const struct dmig_report *report);

/* ---- Changed files ---------------------------------------------------------------------- */

/* The files of one transaction. Live as long as the report or the history that they belong to. */
struct dmig_files;

/* One of them. */
struct dmig_file;

/* Returns: how many there are; and the one with the index @i, or NULL if there are fewer. */
size_t dmig_files_count(const struct dmig_files *files);
const struct dmig_file *dmig_files_get(const struct dmig_files *files, size_t i);

/* Returns: "create", "replace", "remove", "move" or "metadata"; others may come. */
const char *dmig_file_get_kind(const struct dmig_file *file);

/*
 * Returns: the absolute path after the change, or before a removal, below the context's root. Any
 * bytes but NUL, so not always UTF-8.
 */
const char *dmig_file_get_path(const struct dmig_file *file);

/* Returns: the path before a move, or NULL if the file wasn't moved. */
const char *dmig_file_get_from(const struct dmig_file *file);

/*
 * Returns: type and mode as in st_mode of stat(2), or 0 if there is no such file before or after
 * the change.
 */
unsigned dmig_file_get_mode_before(const struct dmig_file *file);
unsigned dmig_file_get_mode_after(const struct dmig_file *file);

/* Returns: the size in bytes, or -1 if it isn't a regular file, or isn't there. */
int64_t dmig_file_get_size_before(const struct dmig_file *file);
int64_t dmig_file_get_size_after(const struct dmig_file *file);

/* Returns: the numbers of its owner and group, or -1 if there is no such file before or after the change. */
int64_t dmig_file_get_uid_before(const struct dmig_file *file);
int64_t dmig_file_get_uid_after(const struct dmig_file *file);
int64_t dmig_file_get_gid_before(const struct dmig_file *file);
int64_t dmig_file_get_gid_after(const struct dmig_file *file);

/* Returns: where a symbolic link leads to, any bytes but NUL; or NULL if it is none, or if that wasn't recorded. */
const char *dmig_file_get_target_before(const struct dmig_file *file);
const char *dmig_file_get_target_after(const struct dmig_file *file);

/*
 * The extended attributes that the file has before or after the change, changed or not, sorted by name: those of users ("user.comment"),
 * ACLs ("system.posix_acl_access") and capabilities ("security.capability") among them. Not recorded of the files of a directory that
 * was removed.
 */
struct dmig_xattr;

/* Returns: how many there are; and the one with the index @i, or NULL if there are fewer. */
size_t dmig_file_count_xattrs(const struct dmig_file *file);
const struct dmig_xattr *dmig_file_get_xattr(const struct dmig_file *file, size_t i);

const char *dmig_xattr_get_name(const struct dmig_xattr *xattr);

/*
 * Returns: the value, any bytes, with how many in @ret_size, which may be NULL; or NULL if the file doesn't have the attribute before
 * or after the change.
 */
const void *dmig_xattr_get_before(const struct dmig_xattr *xattr, size_t *ret_size);
const void *dmig_xattr_get_after(const struct dmig_xattr *xattr, size_t *ret_size);

/*
 * Returns: a unified diff of its text; or NULL if it isn't text, or if the report isn't one of
 * dmig_preview().
 */
const char *dmig_file_get_diff(const struct dmig_file *file);

/* ---- Flags ------------------------------------------------------------------------------ */

/*
 * What a function should do otherwise than by default. Each function on a package takes flags,
 * OR'ed together, and returns -EINVAL for one that it doesn't accept:
 *
 *                      dmig_run()   dmig_undo()   dmig_preview()   dmig_baseline()   all others
 *   DMIG_SANDBOX_OFF      yes           -              -                -              -
 *   DMIG_FORCE            yes          yes             -                -              -
 *   DMIG_STARTING         yes           -              -                -              -
 *   DMIG_DRY_RUN           -           yes             -                -              -
 *   DMIG_REACH_OUT         -            -             yes               -              -
 *   DMIG_IF_UNKNOWN        -            -              -               yes             -
 *   DMIG_ALL              yes           -              -                -              -
 *   DMIG_NO_TURN          yes           -              -                -              -
 *   DMIG_NOT_UNPACKED      -            -             yes               -              -
 *
 * May grow.
 */
enum dmig_flags {
        DMIG_SANDBOX_OFF = 1 << 0, /* run directly on the system, in no sandbox and no transaction */
        DMIG_FORCE = 1 << 1,       /* run: even under a running service; undo: what can be undone */
        DMIG_STARTING = 1 << 2,    /* a service is starting that waits for it: let others stop, and mounts come */
        DMIG_DRY_RUN = 1 << 3,     /* only check, and report what would be undone */
        DMIG_REACH_OUT = 1 << 4,   /* also run migrations that reach out, with effects that stay */
        DMIG_IF_UNKNOWN = 1 << 5,  /* only if the history doesn't know the version of the data */
        DMIG_ALL =
                1
                << 6, /* one of a run for all packages: what a run with DMIG_STARTING has just failed to do is left alone */
        DMIG_NOT_UNPACKED = 1 << 7, /* the package's new programs aren't there yet: what needs them isn't run */
        DMIG_NO_TURN = 1 << 8,      /* don't ask the administrator's program for a turn */
};

/* ---- Functions on a package ------------------------------------------------------------- */

/*
 * Lists the packages that ship migrations or have a history, sorted by bytes, the last one followed
 * by NULL. Free the list with dmig_names_free(). The package database is then read once for all of
 * them.
 * Returns: how many, or the errno of reading a directory.
 */
int dmig_list_packages(struct dmig *ctx, char ***ret) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/* Frees a list of dmig_list_packages(), which may be NULL. Returns: NULL, always. */
char **dmig_names_free(char **names);

/*
 * Runs what is pending for @package: recovers what a crash interrupted, then runs the migrations
 * one after the other until all are done or one isn't. @from and @to are package versions, or
 * semantic ones with "v"; they override what the history and the package database say, NULL
 * doesn't. With @to the package need not be in the package database.
 *
 * Nothing is migrated under a running service: while a systemd unit that requires
 * deploy-migrate@<package>.service runs, the result is DMIG_RESULT_PENDING, and the error names the
 * unit to restart.
 *
 * Nor is it migrated while a file system isn't mounted that a path declared by one of the
 * migrations is on, or that is in a declared directory, if it is configured (fstab, systemd's
 * units): automounts are triggered, mounts that systemd is about to make are waited for, up to
 * five minutes unless there is DMIG_STARTING, and for what is missing then the result is
 * DMIG_RESULT_POSTPONED.
 *
 * Units that can't start because it failed (with DMIG_STARTING), are started by the run that doesn't,
 * see dmig_report_get_started(); a postponed package is tried again by a timer of systemd. Both are
 * only for the running system.
 *
 * Whatever is wrong with the package is in the report, so that a caller can go on with the next
 * one. Drop it with dmig_report_unref().
 * If the administrator has a program that grants turns among hosts, it is asked before the first
 * migration; a package without a turn is DMIG_RESULT_POSTPONED (TURNS in deploy-migrate(8)).
 *
 * Accepts: DMIG_SANDBOX_OFF, DMIG_FORCE, DMIG_STARTING, DMIG_ALL, DMIG_NO_TURN.
 * Returns: 0 with a report, however the run ended; -EINVAL if an argument isn't valid; or -ENOMEM.
 *
 * More than four parameters: each call sets nearly all of them, and a struct in an ABI needs a size
 * or a version of its own.
 */
int dmig_run(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
             struct dmig_report **ret) DMIG_NONNULL(1, 2, 6) DMIG_MUST_CHECK;

/*
 * Makes systemd forget the failures of deploy-migrate's own units that are over: of
 * deploy-migrate@<package>.service if nothing is pending for the package, of deploy-migrate.service
 * if nothing is pending at all. Does nothing unless the context's root is the running system, and
 * systemd runs that.
 * Returns: how many units, or a negative errno.
 */
int dmig_reset_failed(struct dmig *ctx) DMIG_NONNULL(1);

/*
 * Reports what dmig_run() would do. Executes nothing, writes nothing, takes no lock. Parameters and
 * errors as of dmig_run().
 * Accepts: no flags.
 */
int dmig_plan(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
              struct dmig_report **ret) DMIG_NONNULL(1, 2, 6) DMIG_MUST_CHECK;

/*
 * Runs what is pending in overlays that are stacked on each other, and discards the result: a step
 * that would be applied is DMIG_STATE_PENDING and has the files that it would change, with diffs of
 * their text. Nothing is recorded. Takes the package's lock. Parameters and errors as of
 * dmig_run().
 *
 * The preview of a package ends at a migration that runs directly on the system, or that reaches
 * out, since its effects couldn't be discarded; that one has no files. DMIG_REACH_OUT runs those
 * that reach out. With DMIG_NOT_UNPACKED it also ends at one that needs programs of the package's new
 * version.
 * Accepts: DMIG_REACH_OUT, DMIG_NOT_UNPACKED.
 */
int dmig_preview(struct dmig *ctx, const char *package, const char *from, const char *to, unsigned flags,
                 struct dmig_report **ret) DMIG_NONNULL(1, 2, 6) DMIG_MUST_CHECK;

/*
 * Reports the state of @package, with each migration that its history or its upgrade knows.
 * Executes nothing, writes nothing, takes no lock. Drop the report with dmig_report_unref().
 * Accepts: no flags.
 * Returns: as dmig_run().
 */
int dmig_status(struct dmig *ctx, const char *package, unsigned flags, struct dmig_report **ret)
        DMIG_NONNULL(1, 2, 4) DMIG_MUST_CHECK;

/*
 * Tells whether dpkg has changed its database since it was last read for @ctx, so that a package
 * that was looked at may have something new to do.
 * Returns: 1 if it has, else 0; or the errno of looking.
 */
int dmig_is_stale(struct dmig *ctx) DMIG_NONNULL(1) DMIG_MUST_CHECK;

/*
 * Forgets the failures of @package: the next run tries again what was given up. Nothing is run now.
 * Accepts: no flags.
 * Returns: 0; -EINVAL if an argument isn't valid; -ENOENT if @package has no history; -EBUSY if
 * another process holds its lock for longer than dmig_set_lock_timeout() says; -ECANCELED after
 * dmig_stop(); -EBADMSG if a line of the history can't be read; or another errno.
 */
int dmig_retry(struct dmig *ctx, const char *package, unsigned flags) DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/*
 * Records that the migration @id of @package needs no run. @as is DMIG_STATE_APPLIED or
 * DMIG_STATE_SKIPPED, @reason is a text for people.
 * Accepts: no flags.
 * Returns: 0; -EINVAL if @package has no migration @id, or if an argument isn't valid; or as
 * dmig_retry(), without -ENOENT.
 *
 * More than four parameters: they are the fields of the event "marked", and all are required.
 */
int dmig_mark(struct dmig *ctx, const char *package, const char *id, enum dmig_state as, const char *reason,
              unsigned flags) DMIG_NONNULL(1, 2, 3, 5) DMIG_MUST_CHECK;

/*
 * Records the consent of the administrator that the migration @id of @package asks for in its
 * manifest, or, if @id is NULL, that each migration asks for which is due. It holds for the text that
 * is in the manifest now, until the migration is undone. Nothing is run now.
 * Accepts: no flags.
 * Returns: how many consents were recorded, 0 if they had been given before; -EINVAL if @package has
 * no migration @id, if that one asks for no consent, or if an argument isn't valid; or as
 * dmig_retry(), without -ENOENT.
 */
int dmig_accept(struct dmig *ctx, const char *package, const char *id, unsigned flags)
        DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/*
 * Records that the data of @package is at @version, a package version or a semantic one with "v".
 * Migrations of later versions that were applied run again, each after its check: @version may be
 * that of data that was restored from a backup. What dmig_undo() has is kept.
 *
 * With DMIG_IF_UNKNOWN it records evidence, and only if the history has no version yet; an empty
 * @version is no evidence.
 * Accepts: DMIG_IF_UNKNOWN.
 * Returns: 0; 1 if nothing was recorded, because of DMIG_IF_UNKNOWN; -EINVAL if an argument isn't
 * valid; or as dmig_retry(), without -ENOENT.
 */
int dmig_baseline(struct dmig *ctx, const char *package, const char *version, unsigned flags)
        DMIG_NONNULL(1, 2, 3) DMIG_MUST_CHECK;

/*
 * Undoes the last upgrade of @package, newest migration first: its files are put back as they were
 * before. The steps of the report are the migrations that are undone, "to" is the version that the
 * data is at afterwards. If a file was changed after it was migrated, or something that is in one
 * set of data with it, nothing is touched, the result is DMIG_RESULT_FAILED, the error names the
 * first file, and dmig_report_get_since() all of them. DMIG_FORCE overwrites and mixes them, and
 * keeps what it overwrites. It is also needed if a migration of the upgrade has effects that can't
 * be undone. With DMIG_DRY_RUN the result is DMIG_RESULT_PENDING if all of it can be undone. Drop
 * the report with dmig_report_unref().
 * Accepts: DMIG_FORCE, DMIG_DRY_RUN.
 * Returns: as dmig_run().
 */
int dmig_undo(struct dmig *ctx, const char *package, unsigned flags, struct dmig_report **ret)
        DMIG_NONNULL(1, 2, 4) DMIG_MUST_CHECK;

/*
 * Frees what dmig_undo() needs, and what it has kept of files that it overwrote: nothing of @package
 * can be undone any more. In @ret_bytes, which
 * may be NULL: how many bytes that took on the disk.
 * Accepts: no flags.
 * Returns: how many migrations could be undone until now, or a negative errno as dmig_retry().
 */
int dmig_forget(struct dmig *ctx, const char *package, unsigned flags, uint64_t *ret_bytes)
        DMIG_NONNULL(1, 2) DMIG_MUST_CHECK;

/* ---- History ---------------------------------------------------------------------------- */

/* All events of one package, oldest first. Independent of its context. */
struct dmig_history;

/*
 * Reads the history of @package as it is now, without a lock. Free it with dmig_history_free().
 * Accepts: no flags.
 * Returns: 0; -EINVAL if an argument isn't valid; -ENOENT if there is no history; -EBADMSG if a
 * line can't be read; or another errno.
 */
int dmig_history_load(struct dmig *ctx, const char *package, unsigned flags, struct dmig_history **ret)
        DMIG_NONNULL(1, 2, 4) DMIG_MUST_CHECK;

/* Frees @history, which may be NULL, with its events and files. Returns: NULL, always. */
struct dmig_history *dmig_history_free(struct dmig_history *history);

/*
 * Returns: how many events there are; and the one with the index @i, or NULL if there are fewer.
 * They live as long as the history.
 */
size_t dmig_history_count(const struct dmig_history *history);
const struct dmig_event *dmig_history_get(const struct dmig_history *history, size_t i);

/*
 * Gets the files that the event with the index @i, which is an "applied", tells of. They live as
 * long as the history, and are read from the disk when they are asked for.
 * Returns: 0; -ENODATA if none were recorded for that event; -EINVAL; or another errno.
 */
int dmig_history_get_files(struct dmig_history *history, size_t i, const struct dmig_files **ret)
        DMIG_NONNULL(1, 3) DMIG_MUST_CHECK;

/* ---- For authors of packages ------------------------------------------------------------ */

/*
 * A finding. @priority is LOG_ERR: the package wouldn't run, or ships what never runs; LOG_WARNING
 * or LOG_NOTICE, of syslog(3). @path is the file or directory that it is about, and begins with the
 * directory that was given. @text is one line of UTF-8. The strings live until the callback
 * returns.
 *
 * More than four parameters: the same as in dmig_log_fn.
 */
typedef void (*dmig_lint_fn)(struct dmig *ctx, int priority, const char *path, const char *text, void *userdata);

/*
 * Checks the migrations in @directory, which holds the version directories, before they are
 * shipped. It is a path of the caller's, without the root before it. @version is that of the
 * package, NULL if it isn't known. @fn is told of each finding.
 * Accepts: no flags.
 * Returns: how many findings were errors; -EINVAL if an argument isn't valid; or the errno of
 * opening @directory.
 *
 * More than four parameters: a callback with its userdata counts as one.
 */
int dmig_lint(struct dmig *ctx, const char *directory, const char *version, unsigned flags, dmig_lint_fn fn,
              void *userdata) DMIG_NONNULL(1, 2, 5) DMIG_MUST_CHECK;

#ifdef DMIG_BUILDING
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
