/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-note.h"

#include "fs/beneath.h"
#include "redo/redo-trace.h"

#include <fcntl.h>
#include <stdio.h>

/* Sets the inode numbers of the files that are in slots now. */
static int preparation_note_inodes(struct preparation *p, struct error *error)
{
        for (size_t i = 0; i < p->redo->n_renames; i++) {
                struct redo_rename *rename = &p->redo->renames[i];
                char slot[SLOT_NAME_MAX];
                struct stat st;

                if (rename->ino)
                        continue;
                if (fstatat(p->slots[rename->area], commit_slot_name(rename->slot, slot), &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return error_errnof(error, -errno, "can't stage %s", rename->path);
                rename->ino = st.st_ino;
        }
        return 0;
}

/* Opens the file that will be at @path once all renames are done: it is in a slot, at another path, or there already. */
static int preparation_open_future(const struct preparation *p, const struct redo_trace *trace, size_t area,
                                   const char *path)
{
        struct redo_origin origin;
        int r;

        r = redo_trace_back(trace, area, path, &origin);
        if (r < 0)
                return r;
        r = beneath_open(origin.in_slot ? p->slots[area] : p->stage->areas->areas[area].fd, origin.path, O_PATH, 0);
        free(origin.path);
        return r;
}

/* A directory that isn't found again gets no attributes, and neither does one that another user puts in its place. */
static int preparation_note_directories(struct preparation *p, struct error *error)
{
        _cleanup_(redo_trace_freep) struct redo_trace *trace = NULL;

        if (redo_trace_new(p->redo, &trace) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < p->redo->n_metas; i++) {
                struct redo_meta *meta = &p->redo->metas[i];
                _cleanup_close_ int fd = -EBADF;
                struct stat st = { 0 };
                int r;

                if (!S_ISDIR(meta->after.st.st_mode))
                        continue;
                fd = preparation_open_future(p, trace, meta->area, meta->path);
                r = fd >= 0 ? attributes_read_birth(fd, &meta->born) : beneath_is_nowhere(fd) ? 0 : fd;
                if (r >= 0 && fd >= 0 && fstat(fd, &st) < 0)
                        r = -errno;
                if (r < 0)
                        return error_errnof(error, r, "can't stage %s", meta->path);
                meta->after.st.st_ino = st.st_ino;
        }
        return 0;
}

/* ---- Directories that replace others ---- */

/* Lists the files of a new directory that are the same as before, and so aren't among the changes: the check of an undo needs them. */
struct listing {
        struct preparation *p;
        struct changes *found;
        size_t outer;  /* the change of the directory */
        size_t prefix; /* the length of its slot's name */
};

static int listing_add_entry(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        struct listing *listing = userdata;
        const struct changes *changes = &listing->p->redo->changes;
        const struct change *outer = &changes->changes[listing->outer];
        struct change change = { .kind = CHANGE_ENTRIES, .area = outer->area, .inner = true };

        if (step == BENEATH_LEAVE || !entry->path[listing->prefix])
                return 0;
        if (fstatat(entry->parent, entry->name, &change.after, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (asprintf(&change.path, "%s%s", outer->path, entry->path + listing->prefix) < 0)
                return -ENOMEM;
        if (!changes_find(changes, change.area, change.path))
                return changes_add(listing->found, &change);
        change_done(&change);
        return 0;
}

static int preparation_list_replaced(struct preparation *p, struct changes *found, size_t i, struct error *error)
{
        const struct change *change = &p->redo->changes.changes[i];
        struct listing listing = { .p = p, .found = found, .outer = i };
        char slot[SLOT_NAME_MAX];
        struct beneath_walk walk = { .visit = listing_add_entry, .userdata = &listing };

        if (change->kind != CHANGE_REPLACE || change->inner || !S_ISDIR(change->before.st_mode) ||
            !S_ISDIR(change->after.st_mode))
                return 0;
        walk.dir = p->slots[change->area];
        walk.path = commit_slot_name(p->numbers[i], slot);
        listing.prefix = strlen(walk.path);
        return beneath_walk(&walk, error);
}

static int preparation_list_unlisted(struct preparation *p, struct error *error)
{
        _cleanup_changes_ struct changes found = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->redo->changes.n; i++)
                r = preparation_list_replaced(p, &found, i, error);
        if (r >= 0 && found.n > 0)
                r = changes_merge(&p->redo->changes, &found);
        return r < 0 && !(error && error->code) ? error_errnof(error, r, "can't list the staged files") : r;
}

int commit_note(struct preparation *p, struct error *error)
{
        int r;

        assert(p && p->numbers);
        r = preparation_note_inodes(p, error);
        if (r >= 0)
                r = preparation_note_directories(p, error);
        return r < 0 ? r : preparation_list_unlisted(p, error);
}
