/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-fill.h"

#include "basic/path.h"
#include "commit/commit-note.h"
#include "commit/overlay-strip.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

static bool preparation_has_hold(const struct preparation *p, const struct change *change)
{
        return p->redo->areas[change->area].hold;
}

/* Sets @change->after to the existing file that it becomes another name of, with the attributes that its other names give it. */
static int preparation_adopt_linked(const struct preparation *p, struct change *change)
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

                if ((other->kind == CHANGE_METADATA || other->kind == CHANGE_MOVE) &&
                    other->before.st_ino == change->after.st_ino && other->before.st_dev == change->after.st_dev) {
                        change->after = other->after;
                        return 0;
                }
        }
        return 0;
}

static int slot_fill_with_link(struct preparation *p, struct change *change, const char *slot)
{
        int r;

        r = overlay_strip_link(p->stage->areas->areas[change->area].fd, change->link, p->slots[change->area], slot);
        return r < 0 ? r : preparation_adopt_linked(p, change);
}

static int slot_fill_with_upper(struct preparation *p, const struct change *change, const char *slot,
                                struct error *error)
{
        int upper = p->stage->uppers[change->area];
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        if (preparation_has_hold(p, change))
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

/*
 * In the new directory @i, which is in its slot: replaces copies of existing files by links, if migrate made them as other names of those.
 * Files that have a slot of their own are no longer in it.
 */
static int slot_link_inner(struct preparation *p, size_t i, const char *slot)
{
        struct changes *changes = &p->redo->changes;
        const struct change *outer = &changes->changes[i];
        const char *apart = NULL; /* the last directory in it that has a slot of its own */
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
                r = overlay_strip_relink(p->stage->areas->areas[inner->area].fd, inner->link, p->slots[inner->area],
                                         path);
                if (r >= 0)
                        r = preparation_adopt_linked(p, inner);
        }
        return r;
}

/* On another file system the before-image can't be renamed into our slots, so it is copied. */
static int slot_copy_image(struct preparation *p, const struct change *change, const char *slot, struct error *error)
{
        return content_copy_tree(&(const struct copy){ .from_dir = p->stage->areas->areas[change->area].fd,
                                                       .from = change_old_path(change),
                                                       .to_dir = p->images,
                                                       .to = slot,
                                                       .links = p->copied },
                                 error);
}

/*
 * In the upper layer a stand-in is at the new path of a moved file or directory. It must not be installed with the directory above it, but
 * can't be removed yet: files in it may be other names of files still to be copied.
 */
static int slot_put_stand_in_aside(const struct preparation *p, const struct change *change, const char *slot)
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

static bool change_has_image(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE);
}

static int preparation_fill_slot(struct preparation *p, size_t i, struct error *error)
{
        struct change *change = &p->redo->changes.changes[i];
        char slot[SLOT_NAME_MAX];
        int r = 0;

        commit_slot_name(p->numbers[i], slot);
        if (change_is_made(change))
                r = change->link ? slot_fill_with_link(p, change, slot) : slot_fill_with_upper(p, change, slot, error);
        if (r >= 0 && change_is_made(change))
                r = slot_link_inner(p, i, slot);
        if (r >= 0 && change->kind == CHANGE_MOVE)
                r = slot_put_stand_in_aside(p, change, slot);
        if (r >= 0 && preparation_has_hold(p, change) && change_has_image(change))
                r = slot_copy_image(p, change, slot, error);
        return r;
}

/* Explains a failure on the other file system; @error has the details. */
static int preparation_explain_copy(const struct preparation *p, const struct change *change, int r,
                                    struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        const char *area = p->stage->areas->areas[change->area].path;
        struct statvfs fs;

        error_setf(&reason, r, "%s", error_text(error));
        if (r != -ENOSPC || fstatvfs(p->slots[change->area], &fs) < 0)
                return error_setf(error, r, "can't copy to the file system of %s: %s", area, error_text(&reason));
        return error_setf(error, r, "can't copy to the file system of %s, which has %" PRIu64 " KiB free: %s", area,
                          (uint64_t)fs.f_bavail * fs.f_frsize / 1024, error_text(&reason));
}

/* Innermost first, since a file in a new directory may have a slot of its own. */
static int preparation_fill_slots(struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;

        for (size_t i = changes->n; i-- > 0;) {
                const struct change *change = &changes->changes[i];
                int r = change_is_made(change) || change_is_detached(change) ? preparation_fill_slot(p, i, error) : 0;

                if (r < 0)
                        return error && error->code ? preparation_explain_copy(p, change, r, error)
                                                    : preparation_explain(p, change, r, error);
        }
        return 0;
}

/* What has a slot of its own isn't in the before-image of the directory around it, which was copied whole: else an undo finds it twice. */
static int image_leave_out(const struct preparation *p, size_t outer, const struct change *change)
{
        const struct change *around = &p->redo->changes.changes[outer];
        _cleanup_free_ char *path = NULL;
        const char *old = change_old_path(around), *rest;
        char slot[SLOT_NAME_MAX];

        rest = change == around || change->area != around->area ? NULL : path_startswith(change_old_path(change), old);
        if (!rest || !*rest)
                return 0;
        if (asprintf(&path, "%s/%s", commit_slot_name(p->numbers[outer], slot), rest) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return beneath_remove(p->images, path);
}

/* Once all are copied, since copies can be hard links of each other. */
static int preparation_prune_images(const struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;
        int r = 0;

        for (size_t i = 0; i < changes->n; i++) {
                const struct change *outer = &changes->changes[i];

                if (!change_has_image(outer) || !S_ISDIR(outer->before.st_mode) || !preparation_has_hold(p, outer))
                        continue;
                for (size_t k = 0; r >= 0 && k < changes->n; k++)
                        if (change_is_detached(&changes->changes[k]))
                                r = image_leave_out(p, i, &changes->changes[k]);
                if (r < 0)
                        return preparation_explain(p, outer, r, error);
        }
        return 0;
}

int commit_fill(struct preparation *p, struct error *error)
{
        int r;

        assert(p && p->numbers);
        r = preparation_fill_slots(p, error);
        if (r >= 0)
                r = preparation_prune_images(p, error);
        return r < 0 ? r : commit_note(p, error);
}
