/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/prepared.h"

#include "fs/beneath.h"
#include "package/emit.h"
#include "redo/redo-file.h"
#include "redo/redo-units.h"
#include "transaction/archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>

void prepared_done(struct prepared *prepared)
{
        free(prepared->path);
        fd_closep(&prepared->dir);
}

int prepared_open(struct prepared *prepared, struct history *history, struct error *error)
{
        assert(prepared && history);
        *prepared = (struct prepared){ .history = history, .dir = -EBADF };
        if (history->dir < 0)
                return 0;
        if (asprintf(&prepared->path, "%s" STATE_DIR "/%s/" STAGE_DIR, history->root->path, history->package) < 0) {
                prepared->path = NULL;
                return -ENOMEM;
        }
        prepared->dir = beneath_open(history->dir, STAGE_DIR, O_RDONLY | O_DIRECTORY, 0);
        if (prepared->dir < 0)
                return prepared->dir == -ENOENT ? 0
                                                : error_errnof(error, prepared->dir, "can't open %s", prepared->path);
        prepared->place = (struct commit_place){
                .root = history->root,
                .package = history->package,
                .path = prepared->path,
                .dir = prepared->dir,
        };
        return 1;
}

int prepared_read(const struct prepared *prepared, struct redo **ret, struct error *error)
{
        int r;

        assert(prepared && prepared->dir >= 0 && ret);
        r = redo_read(&(const struct redo_file){ .dir = prepared->dir, .name = REDO_FILE, .path = prepared->path }, ret,
                      error);
        return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

/* ---- Commit ---- */

int applied_record(struct dmig *ctx, struct history *history, const struct applied *applied, struct error *error)
{
        const struct record *record = history_state_find(&history->state, applied->id);
        const char *reach = record ? record->reaches_out : NULL;

        return emit_event_later(ctx, history,
                                &(const struct emission){ "applied",
                                                          { { "id", .text = applied->id },
                                                            { "sha256", .text = applied->sha256 },
                                                            { "duration_ms", .number = applied->duration_ms },
                                                            { "changes", .number = applied->changes },
                                                            { reach ? "reaches_out" : NULL, .text = reach } } },
                                error);
}

/*
 * A mode needs no space, so a full disk doesn't end the commit here; it becomes durable with the files of the commit.
 */
static int prepared_note_begun(const struct prepared *prepared, struct error *error)
{
        struct stat st;

        if (fstat(prepared->dir, &st) < 0 || fchmod(prepared->dir, (st.st_mode & 07777) | S_ISVTX) < 0)
                return error_errnof(error, -errno, "can't note in %s that it is committed", prepared->path);
        return 0;
}

int prepared_is_begun(const struct prepared *prepared)
{
        struct stat st;

        assert(prepared && prepared->dir >= 0);
        return fstat(prepared->dir, &st) < 0 ? -errno : (st.st_mode & S_ISVTX) != 0;
}

/* Readers of the history may also read the log, but not the slots, which have the contents of files. */
static int prepared_restrict(const struct prepared *prepared, int transactions)
{
        _cleanup_close_ int log = beneath_open(prepared->dir, REDO_FILE, O_RDONLY, 0);
        int r;

        r = log < 0 ? (log == -ENOENT ? 0 : log) : history_restrict(log, 0640);
        if (r >= 0)
                r = history_restrict(prepared->dir, S_ISVTX | 0750); /* it stays noted until the stage is archived */
        return r < 0 ? r : history_restrict(transactions, 0750);
}

/* Moves the stage to the archive, where nothing has that name. Returns: 0, or a negative errno. */
static int prepared_move(const struct prepared *prepared, int archived, const char *name)
{
        int r = beneath_remove(prepared->dir, STAGE_AREAS_DIR);

        if (r >= 0)
                r = prepared_restrict(prepared, archived);
        if (r >= 0 && renameat(prepared->history->dir, STAGE_DIR, archived, name) < 0)
                r = -errno;
        return r;
}

int prepared_archive(const struct prepared *prepared, const struct redo *redo, struct error *error)
{
        _cleanup_close_ int archived = -EBADF;
        _cleanup_free_ char *name = NULL;
        int r;

        r = commit_release(&prepared->place, redo, error);
        if (r < 0)
                return r;
        r = beneath_remove(prepared->dir, HOLDS_FILE);
        if (r >= 0)
                r = archive_format_name(redo->run, redo->id, &name);
        if (r >= 0)
                r = archived = beneath_make_directories(prepared->history->dir, TRANSACTIONS_DIR);
        if (r >= 0)
                r = beneath_remove(archived, name); /* of the same migration, applied and undone by the same run */
        if (r >= 0)
                r = prepared_move(prepared, archived, name);
        return r < 0 ? error_errnof(error, r, "can't archive %s", prepared->path) : 0;
}

void displaced_tell(struct dmig *ctx, const char *package, const struct strv *displaced)
{
        for (size_t i = 0; i < displaced->n; i++)
                context_log(ctx, LOG_WARNING, package,
                            "%s%s was put in place of a file while that was replaced; this is its name now",
                            ctx->root.path, displaced->list[i]);
}

int prepared_apply(struct dmig *ctx, const struct prepared *prepared, const struct redo *redo, struct error *error)
{
        const struct applied applied = {
                .id = redo->id,
                .sha256 = redo->sha256,
                .duration_ms = redo->duration_ms,
                .changes = (int64_t)changes_count(&redo->changes),
        };
        _cleanup_strv_ struct strv displaced = { 0 };
        int r;

        assert(ctx && prepared && prepared->dir >= 0);
        r = prepared_note_begun(prepared, error);
        if (r >= 0)
                r = commit_apply(&prepared->place, redo, &displaced, error);
        displaced_tell(ctx, prepared->place.package, &displaced);
        if (r >= 0)
                r = applied_record(ctx, prepared->history, &applied, error);
        if (r < 0)
                return r;
        ctx->units_changed |= redo_changes_units(redo);
        return 0;
}

/* ---- Removal ---- */

int prepared_keep(const struct prepared *prepared, char **ret, struct error *error)
{
        _cleanup_close_ int archived = -EBADF;
        char name[32];
        unsigned i = 1;
        int r;

        assert(prepared && prepared->dir >= 0 && ret);
        r = prepared_release(&prepared->place, error);
        if (r < 0)
                return r;
        r = archived = beneath_make_directories(prepared->history->dir, TRANSACTIONS_DIR);
        do
                snprintf(name, sizeof(name), "damaged-%u", i);
        while (r >= 0 && faccessat(archived, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && ++i);
        if (r >= 0)
                r = errno == ENOENT ? prepared_move(prepared, archived, name) : -errno;
        if (r < 0)
                return error_errnof(error, r, "can't archive %s", prepared->path);
        if (asprintf(ret, "%s" STATE_DIR "/%s/" TRANSACTIONS_DIR "/%s", prepared->place.root->path,
                     prepared->place.package, name) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

int prepared_release(const struct commit_place *place, struct error *error)
{
        _cleanup_(redo_freep) struct redo *holds = NULL;
        int r;

        assert(place);
        r = redo_read(&(const struct redo_file){ .dir = place->dir, .name = HOLDS_FILE, .path = place->path }, &holds,
                      error);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        return commit_release(place, holds, error);
}

int prepared_drop(const struct prepared *prepared, struct error *error)
{
        int r;

        assert(prepared && prepared->dir >= 0);
        r = prepared_release(&prepared->place, error);
        if (r < 0)
                return r;
        r = beneath_remove(prepared->history->dir, STAGE_DIR);
        return r < 0 ? error_errnof(error, r, "can't remove %s", prepared->path) : 0;
}
