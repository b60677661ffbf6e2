/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-fill.h"

#include "basic/path.h"
#include "commit/overlay-strip.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

static bool is_held(const struct preparation *p, const struct change *change)
{
        return p->redo->areas[change->area].hold;
}

/* What is made is the file that it is another name of, with the attributes that it is given by any of its names. */
static int adopt(const struct preparation *p, struct change *change)
{
        const struct changes *changes = &p->redo->changes;
        _cleanup_close_ int fd = -EBADF;

        fd = beneath_open(p->stage->areas->areas[change->area].fd, change->link, O_PATH, 0);
        if (fd < 0)
                return fd;
        if (fstat(fd, &change->after) < 0)
                return -errno;
        for (size_t i = 0; i < changes->n; i++) {
                const struct change *other = &changes->changes[i];

                if (other->kind == CHANGE_METADATA && other->before.st_ino == change->after.st_ino &&
                    other->before.st_dev == change->after.st_dev) {
                        change->after = other->after;
                        return 0;
                }
        }
        return 0;
}

/* Another name of a file that stays. */
static int fill_with_link(struct preparation *p, struct change *change, const char *slot)
{
        int r;

        r = link_existing(p->stage->areas->areas[change->area].fd, change->link, p->slots[change->area], slot);
        return r < 0 ? r : adopt(p, change);
}

static int fill_with_upper(struct preparation *p, const struct change *change, const char *slot, struct error *error)
{
        int upper = p->stage->uppers[change->area];
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        if (is_held(p, change))
                return content_copy_tree(&(const struct copy){ .from_dir = upper,
                                                              .from = change->path,
                                                              .to_dir = p->slots[change->area],
                                                              .to = slot,
                                                              .links = p->links[change->area] },
                                        error);

        parent = beneath_open_parent(upper, change->path, &name);
        if (parent < 0)
                return parent;
        if (renameat(parent, name, p->slots[change->area], slot) < 0)
                return -errno;
        return overlay_strip(p->slots[change->area], slot);
}

/* Further names of files that stay, in a directory that is new: their copies in the stage are of no use. */
static int link_inner(struct preparation *p, size_t i, const char *slot)
{
        struct changes *changes = &p->redo->changes;
        const struct change *outer = &changes->changes[i];
        const char *apart = NULL; /* a directory in it that has a slot of its own */
        int r = 0;

        for (struct change *inner = &changes->changes[i + 1]; r >= 0 && inner < changes->changes + changes->n;
             inner++) {
                _cleanup_free_ char *path = NULL;

                if (inner->area != outer->area || !path_is_within(inner->path, outer->path))
                        break;
                if (!inner->inner && (inner->kind == CHANGE_MOVE || change_is_made(inner)) &&
                    !(apart && path_is_within(inner->path, apart)))
                        apart = inner->path;
                if (!inner->inner || !inner->link || (apart && path_is_within(inner->path, apart)))
                        continue;
                if (asprintf(&path, "%s%s", slot, inner->path + strlen(outer->path)) < 0)
                        return -ENOMEM;
                r = replace_by_link(p->stage->areas->areas[inner->area].fd, inner->link, p->slots[inner->area], path);
                if (r >= 0)
                        r = adopt(p, inner);
        }
        return r;
}

/* On another file system nothing can be taken aside: what an undo needs is copied. */
static int copy_image(struct preparation *p, const struct change *change, const char *slot, struct error *error)
{
        return content_copy_tree(&(const struct copy){ .from_dir = p->stage->areas->areas[change->area].fd,
                                                      .from = change_old_path(change),
                                                      .to_dir = p->images,
                                                      .to = slot,
                                                      .links = p->copied },
                                error);
}

/*
 * The stand-in of a moved directory must not go along with the directory above it. It isn't removed yet: what is in it may be
 * other names of what is still to be copied.
 */
static int put_apart(const struct preparation *p, const struct change *change, const char *slot)
{
        char apart[sizeof(STAGE_AREAS_DIR "/apart.") + SLOT_NAME_MAX];
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        parent = beneath_open_parent(p->stage->uppers[change->area], change->path, &name);
        if (parent < 0)
                return parent;
        snprintf(apart, sizeof(apart), STAGE_AREAS_DIR "/apart.%s", slot);
        return renameat(parent, name, p->place->dir, apart) < 0 ? -errno : 0;
}

static int fill_slot(struct preparation *p, size_t i, struct error *error)
{
        struct change *change = &p->redo->changes.changes[i];
        char slot[SLOT_NAME_MAX];
        int r = 0;

        commit_slot_name(p->numbers[i], slot);
        if (change_is_made(change))
                r = change->link ? fill_with_link(p, change, slot) : fill_with_upper(p, change, slot, error);
        if (r >= 0 && change_is_made(change))
                r = link_inner(p, i, slot);
        if (r >= 0 && change->kind == CHANGE_MOVE)
                r = put_apart(p, change, slot);
        if (r >= 0 && is_held(p, change) && (change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE))
                r = copy_image(p, change, slot, error);
        return r;
}

/* Another file system than that of the stage has to take it. */
static int explain_copy(const struct preparation *p, const struct change *change, int r, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        const char *area = p->stage->areas->areas[change->area].path;
        struct statvfs fs;

        error_setf(&reason, r, "%s", error_text(error));
        if (r != -ENOSPC || fstatvfs(p->slots[change->area], &fs) < 0)
                return error_setf(error, r, "can't copy to the file system of %s: %s", area, error_text(&reason));
        return error_setf(error, r, "can't copy to the file system of %s, where %" PRIu64 " KiB are free: %s", area,
                          (uint64_t)fs.f_bavail * fs.f_frsize / 1024, error_text(&reason));
}

/* What is in a directory first: it may be another's slot. */
static int fill_slots(struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;

        for (size_t i = changes->n; i-- > 0;) {
                const struct change *change = &changes->changes[i];
                int r = change_is_made(change) || change_is_detached(change) ? fill_slot(p, i, error) : 0;

                if (r < 0)
                        return error->code ? explain_copy(p, change, r, error)
                                           : preparation_explain(p, change, r, error);
        }
        return 0;
}

/* The files that come are known by their inode numbers. */
static int number_made(struct preparation *p, struct error *error)
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

/* ---- Directories that replace others ---- */

/* What is in one, and was listed nowhere since it is the same as before, has to be known too when somebody looks what was left. */
struct listing {
        struct preparation *p;
        struct changes *found;
        size_t outer;
        size_t prefix; /* how long the slot's name is */
};

static int list_entry(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
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

static int list_replaced(struct preparation *p, struct changes *found, size_t i, struct error *error)
{
        const struct change *change = &p->redo->changes.changes[i];
        struct listing listing = { .p = p, .found = found, .outer = i };
        char slot[SLOT_NAME_MAX];
        struct beneath_walk walk = { .visit = list_entry, .userdata = &listing };

        if (change->kind != CHANGE_REPLACE || change->inner || !S_ISDIR(change->before.st_mode) ||
            !S_ISDIR(change->after.st_mode))
                return 0;
        walk.dir = p->slots[change->area];
        walk.path = commit_slot_name(p->numbers[i], slot);
        listing.prefix = strlen(walk.path);
        return beneath_walk(&walk, error);
}

static int list_unlisted(struct preparation *p, struct error *error)
{
        _cleanup_changes_ struct changes found = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->redo->changes.n; i++)
                r = list_replaced(p, &found, i, error);
        if (r >= 0 && found.n > 0)
                r = changes_merge(&p->redo->changes, &found);
        return r < 0 && !(error && error->code) ? error_errnof(error, r, "can't list what is staged") : r;
}

int commit_fill(struct preparation *p, struct error *error)
{
        int r;

        r = fill_slots(p, error);
        if (r >= 0)
                r = number_made(p, error);
        return r < 0 ? r : list_unlisted(p, error);
}
