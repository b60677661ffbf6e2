/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First half of a commit: what can't be done is refused, slots are filled, and the redo log is written. */

#include "commit/commit-fill.h"
#include "commit/commit-plan.h"
#include "commit/redo-file.h"

#include "fs/beneath.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define HOLD_PREFIX ".deploy-migrate."

/* ---- What can't be renamed ---- */

/* What an area lies on. */
struct underlay {
        dev_t dev;
        bool overlay;
};

static int underlay_look(int fd, struct underlay *ret)
{
        struct statfs fs;
        struct stat st;

        if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
                return -errno;
        *ret = (struct underlay){ .dev = st.st_dev, .overlay = fs.f_type == OVERLAYFS_SUPER_MAGIC };
        return 0;
}

/* Both ways in which slots are filled and emptied; network file systems and those of FUSE don't have them. */
static int try_renames(int slots)
{
        static const char *const names[] = { "try.a", "try.b", "try.c" };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < 2; i++)
                if (mkdirat(slots, names[i], 0700) < 0)
                        r = -errno;
        if (r >= 0 && (renameat2(slots, names[0], slots, names[1], RENAME_EXCHANGE) < 0 ||
                       renameat2(slots, names[0], slots, names[2], RENAME_NOREPLACE) < 0))
                r = -errno;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                (void)unlinkat(slots, names[i], AT_REMOVEDIR);
        return r;
}

static int check_hold(const struct preparation *p, size_t i, struct error *error)
{
        int r = p->redo->areas[i].hold ? try_renames(p->slots[i]) : 0;

        if (r != -EINVAL && r != -ENOSYS && r != -EOPNOTSUPP)
                return r < 0 ? error_errnof(error, r, "can't rename in %s", p->stage->areas->areas[i].path) : 0;
        return error_setf(
                error, -EOPNOTSUPP,
                "the file system of %s can't exchange files (renameat2), so that nothing there can be committed as a whole: run the migration with \"writes\": \"*\"",
                p->stage->areas->areas[i].path);
}

static bool is_moved_directory(const struct change *change)
{
        return !change->inner && S_ISDIR(change->before.st_mode) &&
               (change->kind == CHANGE_MOVE || change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

/* rename(2) would say EXDEV, when it is too late to say no. */
static int check_change(const struct preparation *p, const struct change *change, const struct underlay *underlay,
                        struct error *error)
{
        int root = p->stage->areas->areas[change->area].fd;
        const char *reason = NULL;

        if (!change->inner && change->before.st_mode && beneath_is_fixed(root, change_old_path(change)))
                reason = "is immutable or append-only (chattr), which can't be staged";
        else if (underlay->overlay && is_moved_directory(change))
                reason = "is a directory on an overlayfs, which can't be moved there as a whole";
        else if (!underlay->overlay && change->before.st_mode && change->before.st_dev != underlay->dev)
                reason = "lies in another subvolume than the directory that is staged";
        if (!reason)
                return 0;
        return error_setf(error, -EXDEV, "%s/%s %s: leave it where it is, or run the migration with \"writes\": \"*\"",
                          p->stage->areas->areas[change->area].path, change_old_path(change), reason);
}

static int check_changes(const struct preparation *p, struct error *error)
{
        const struct change *changes = p->redo->changes.changes;
        struct underlay underlay = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->redo->changes.n; i++) {
                if (i == 0 || changes[i].area != changes[i - 1].area)
                        r = underlay_look(p->stage->areas->areas[changes[i].area].fd, &underlay);
                if (r >= 0)
                        r = check_change(p, &changes[i], &underlay, error);
        }
        return r;
}

/* ---- Areas ---- */

int commit_is_reachable(const struct commit_place *place, int root)
{
        const unsigned mask = STATX_MNT_ID | STATX_INO;
        struct statx from, to;

        if (statx(place->dir, "", AT_EMPTY_PATH, mask, &from) < 0 || statx(root, "", AT_EMPTY_PATH, mask, &to) < 0)
                return -errno;
        return from.stx_mnt_id == to.stx_mnt_id && from.stx_dev_major == to.stx_dev_major &&
               from.stx_dev_minor == to.stx_dev_minor;
}

static bool is_changed(const struct redo *redo, size_t area)
{
        for (size_t i = 0; i < redo->changes.n; i++)
                if (redo->changes.changes[i].area == area)
                        return true;
        return false;
}

static int add_area(struct preparation *p, size_t i)
{
        const struct area *area = &p->stage->areas->areas[i];
        struct redo_area made = { 0 };
        int r = 1;

        if (is_changed(p->redo, i))
                r = commit_is_reachable(p->place, area->fd);
        if (r < 0)
                return r;
        made.path = strdup(area->path + strlen(p->place->root->path));
        if (!made.path || (r == 0 && asprintf(&made.hold, HOLD_PREFIX "%s", p->place->package) < 0)) {
                free(made.path);
                return -ENOMEM;
        }
        return redo_add_area(p->redo, &made);
}

static int open_slots(struct preparation *p, struct error *error)
{
        p->images = beneath_make_directories(p->place->dir, SLOTS_DIR);
        if (p->images < 0)
                return error_errnof(error, p->images, "can't make %s/" SLOTS_DIR, p->place->path);
        for (size_t i = 0; i < p->redo->n_areas; i++) {
                const struct area *area = &p->stage->areas->areas[i];
                int r;

                if (!is_changed(p->redo, i))
                        continue;
                p->slots[i] = commit_make_slots(p->place, p->redo, i);
                r = p->slots[i] < 0 ? p->slots[i] : links_new(&p->links[i]);
                if (r < 0)
                        return error_errnof(error, r, "can't stage changes of %s", area->path);
                r = check_hold(p, i, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Where a hold was made is written down before it is. */
static int make_areas(struct preparation *p, struct error *error)
{
        bool holds = false;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->stage->areas->n; i++) {
                r = add_area(p, i);
                holds = holds || (r >= 0 && p->redo->areas[i].hold);
        }
        if (r >= 0 && holds)
                r = redo_write(&(const struct redo){ .id = p->redo->id,
                                                     .sha256 = p->redo->sha256,
                                                     .run = p->redo->run,
                                                     .from = p->redo->from,
                                                     .areas = p->redo->areas,
                                                     .n_areas = p->redo->n_areas },
                               p->place->dir, HOLDS_FILE);
        if (r < 0)
                return error_errnof(error, r, "can't write %s/" HOLDS_FILE, p->place->path);
        return open_slots(p, error);
}

/* ---- Attributes ---- */

static int make_file(int dir, const char *name, mode_t mode)
{
        int r = S_ISDIR(mode)   ? mkdirat(dir, name, 0700)
                : S_ISLNK(mode) ? symlinkat(name, dir, name)
                                : mknodat(dir, name, (mode & S_IFMT) | 0600, 0);

        return r < 0 ? -errno : beneath_open(dir, name, O_PATH | O_NOFOLLOW, 0);
}

static int try_attributes(int slots, const struct attributes *attributes)
{
        static const char name[] = "try";
        _cleanup_close_ int fd = make_file(slots, name, attributes->st.st_mode);
        int r = fd < 0 ? fd : attributes_apply(fd, attributes);

        (void)unlinkat(slots, name, S_ISDIR(attributes->st.st_mode) ? AT_REMOVEDIR : 0);
        return r;
}

/* What another file system can't hold has to be known before the commit, behind which nothing may fail for good. */
static int try_metas(const struct preparation *p, struct error *error)
{
        for (size_t i = 0; i < p->redo->n_metas; i++) {
                const struct redo_meta *meta = &p->redo->metas[i];
                int r;

                if (!p->redo->areas[meta->area].hold || !meta->after.st.st_mode ||
                    attributes_equal(&meta->before, &meta->after))
                        continue;
                r = try_attributes(p->slots[meta->area], &meta->after);
                if (r < 0)
                        return error_errnof(error, r, "the attributes of %s/%s don't fit on its file system",
                                            p->stage->areas->areas[meta->area].path, meta->path);
        }
        return 0;
}

/* ---- Durability ---- */

/* The slots, and the redo log with them: nobody asks for it before the history says that it is being committed. */
static int sync_stage(const struct preparation *p, struct error *error)
{
        int r = beneath_sync(p->place->dir);

        for (size_t i = 0; r >= 0 && i < p->redo->n_areas; i++)
                if (p->redo->areas[i].hold)
                        r = beneath_sync(p->slots[i]);
        return r < 0 ? error_errnof(error, r, "can't make the stage durable") : 0;
}

int commit_prepare(const struct commit_place *place, const struct stage *stage, struct redo *redo, struct error *error)
{
        _cleanup_(preparation_done) struct preparation p = {
                .place = place,
                .stage = stage,
                .redo = redo,
                .images = -EBADF,
        };
        int r;

        p.slots = malloc((stage->areas->n + 1) * sizeof(*p.slots));
        p.links = calloc(stage->areas->n + 1, sizeof(*p.links));
        for (size_t i = 0; p.slots && i < stage->areas->n; i++)
                p.slots[i] = -EBADF;
        if (!p.slots || !p.links || links_new(&p.copied) < 0)
                return -ENOMEM;

        r = check_changes(&p, error);
        if (r >= 0)
                r = make_areas(&p, error);
        if (r >= 0)
                r = commit_plan(&p, error);
        if (r >= 0)
                r = commit_fill(&p, error);
        if (r >= 0)
                r = try_metas(&p, error);
        if (r < 0)
                return r;
        r = redo_write_unsynced(redo, place->dir, REDO_FILE);
        if (r < 0)
                return error_errnof(error, r, "can't write %s/" REDO_FILE, place->path);
        return sync_stage(&p, error);
}
