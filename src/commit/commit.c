/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The second half of a commit, and an undo. In: a redo log, and the transaction's directory. Its renames are done, then attributes are set,
 * then all file systems are synced. Out: the log is executed, or the next run has to repeat it.
 */

#include "commit/commit.h"

#include "basic/path.h"
#include "commit/displaced.h"
#include "fs/beneath-trail.h"
#include "fs/facts.h"
#include "fs/rename.h"
#include "redo/redo-file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

/* ---- Sites ---- */

/* An open area and its slots. */
struct site {
        int root;
        int slots; /* negative if they were on a tmpfs and are gone */
        dev_t dev;
};

struct sites {
        const struct commit_place *place;
        const struct redo *redo;
        struct site *sites; /* one an area */
        struct error *error;
};

static void sites_done(struct sites *sites)
{
        for (size_t i = 0; sites->sites && i < sites->redo->n_areas; i++) {
                fd_closep(&sites->sites[i].root);
                fd_closep(&sites->sites[i].slots);
        }
        free(sites->sites);
}

/* A copy of the slots has other inode numbers, so that it is unknown which renames were done. */
static int site_check_slots(const struct site *site, const struct redo_area *area)
{
        struct stat st;

        if (site->slots < 0 || area->slots == 0)
                return 0;
        if (fstat(site->slots, &st) < 0)
                return -errno;
        return st.st_ino == area->slots ? 0 : -ENOTRECOVERABLE;
}

static int site_open(struct sites *sites, size_t i)
{
        struct site *site = &sites->sites[i];
        struct stat st;
        int r;

        site->root = commit_open_area(sites->place, sites->redo, i);
        if (site->root < 0)
                return site->root;
        r = site->slots = commit_open_slots(sites->place, sites->redo, i);
        if (r == -ENOENT) {
                r = commit_is_in_memory(site->root);
                if (r == 0)
                        r = -ENOENT;
        }
        if (r < 0)
                return r;
        if (fstat(site->root, &st) < 0)
                return -errno;
        site->dev = st.st_dev;
        return site_check_slots(site, &sites->redo->areas[i]);
}

static int sites_explain_hold(const struct sites *sites, size_t i)
{
        const struct redo_area *area = &sites->redo->areas[i];

        return error_setf(
                sites->error, -ENOENT,
                "can't finish %s: %s isn't in %s%s; mount its file system, or, if it was moved, move it back and run again: 'find / -xdev -inum %" PRIu64
                "' finds the deploy-migrate.slots that is in it",
                sites->redo->id, area->hold, sites->place->root->path, area->path, area->slots);
}

static int sites_open(struct sites *sites)
{
        const struct redo *redo = sites->redo;
        int r;

        sites->sites = calloc(redo->n_areas + 1, sizeof(*sites->sites));
        if (!sites->sites)
                return -ENOMEM;
        for (size_t i = 0; i < redo->n_areas; i++)
                sites->sites[i] = (struct site){ .root = -EBADF, .slots = -EBADF };
        for (size_t i = 0; i < redo->n_areas; i++) {
                r = site_open(sites, i);
                if (r == -ENOTRECOVERABLE)
                        return error_setf(
                                sites->error, r,
                                "%s was interrupted half way, and this is a copy of that system, where it can't be finished; finish it on the original and copy that again, or repair the files that %s/" REDO_FILE
                                " names by hand, move the package's state away and set a baseline",
                                redo->id, sites->place->path);
                if (r == -ENOENT && redo->areas[i].hold)
                        return sites_explain_hold(sites, i);
                if (r < 0)
                        return error_setf(sites->error, r, "can't finish %s: %s%s or the hold in it: %s; %s", redo->id,
                                          sites->place->root->path, redo->areas[i].path, strerror(-r),
                                          beneath_is_nowhere(r) ? "mount its file system, then run again"
                                                                : "the next run tries again");
        }
        return 0;
}

/* ---- Renames ---- */

static int site_detach(const struct site *site, const struct redo_rename *rename, const struct rename_end *slot)
{
        _cleanup_close_ int parent = -EBADF;
        struct rename_end path;
        int r;

        path.dir = parent = beneath_open_parent(site->root, rename->path, &path.name);
        if (beneath_is_nowhere(parent))
                return 0; /* its directory was itself detached later */
        r = parent < 0 ? parent : rename_end_is(&path, rename->ino);
        if (r <= 0)
                return r; /* it was done before; another file may be there now */
        return rename_detach(slot, &path);
}

/* If the directory was removed, it is made again, so that the file isn't lost. */
static int site_make_parent(int root, const char *path, const char **ret_name)
{
        _cleanup_free_ char *parent = path_parent(path);

        if (!parent)
                return -ENOMEM;
        *ret_name = path_name(path);
        return beneath_make_directories(root, parent);
}

static int site_install(const struct site *site, const struct redo_rename *rename, const struct rename_end *slot)
{
        _cleanup_close_ int parent = -EBADF;
        struct rename_end path;
        int r;

        r = rename_end_is(slot, rename->ino);
        if (r <= 0) /* it was done before; the file may have been moved on since */
                return r < 0 ? r : rename_finish_exchange(slot);
        path.dir = parent = beneath_open_parent(site->root, rename->path, &path.name);
        if (parent == -ENOENT)
                path.dir = parent = site_make_parent(site->root, rename->path, &path.name);
        if (parent < 0)
                return parent;
        return rename->kind == REDO_EXCHANGE ? rename_exchange(slot, &path) : rename_install(slot, &path);
}

static int sites_do_rename(const struct sites *sites, const struct redo_rename *rename)
{
        const struct site *site = &sites->sites[rename->area];
        char name[SLOT_NAME_MAX];
        struct rename_end slot = { .dir = site->slots, .name = commit_slot_name(rename->slot, name) };

        if (site->slots < 0)
                return 0;
        return rename->kind == REDO_DETACH ? site_detach(site, rename, &slot) : site_install(site, rename, &slot);
}

/* @trail: at the root of the area. */
static int sites_do_meta(const struct sites *sites, const struct redo_meta *meta, struct beneath_trail *trail)
{
        _cleanup_close_ int fd = -EBADF;
        struct facts facts;
        int r;

        if (!meta->after.st.st_mode || sites->sites[meta->area].slots < 0)
                return 0;
        fd = beneath_trail_open(trail, meta->path, O_PATH | O_NOFOLLOW);
        if (beneath_is_nowhere(fd))
                return 0; /* it was removed since */
        if (fd < 0)
                return fd;
        r = facts_read(fd, &facts);
        if (r < 0)
                return r;
        /* Another file has the name now: applying our mode could make someone else's program setuid root. */
        if (facts.st.st_ino != meta->after.st.st_ino || (meta->born && facts.born != meta->born))
                return 0;
        /* If only the time changed, other attributes may have been set by others since: they stay. */
        return attributes_equal(&meta->before, &meta->after) ? attributes_set_mtime(fd, meta->after.st.st_mtim)
                                                             : attributes_apply_over(fd, &facts.st, &meta->after);
}

static int sites_explain(const struct sites *sites, size_t area, const char *path, int r)
{
        _cleanup_free_ char *whole = NULL;

        if (redo_format_path(sites->redo, area, path, &whole) < 0)
                return -ENOMEM;
        /* To callers -EBUSY means that the package is locked. */
        return error_setf(sites->error, r == -EBUSY ? -EIO : r, "can't finish %s: %s%s: %s; the next run tries again",
                          sites->redo->id, sites->place->root->path, whole, strerror(-r));
}

static int sites_do_metas(const struct sites *sites)
{
        _cleanup_trail_ struct beneath_trail trail = { .dir = -EBADF };

        for (size_t i = 0; i < sites->redo->n_metas; i++) {
                const struct redo_meta *meta = &sites->redo->metas[i];
                int r;

                beneath_trail_enter(&trail, sites->sites[meta->area].root);
                r = sites_do_meta(sites, meta, &trail);
                if (r < 0)
                        return sites_explain(sites, meta->area, meta->path, r);
        }
        return 0;
}

/* Syncs each file system once. */
static int sites_sync(const struct sites *sites)
{
        struct stat st;
        int r;

        if (fstat(sites->place->dir, &st) < 0)
                return -errno;
        r = beneath_sync(sites->place->dir);
        for (size_t i = 0; r >= 0 && i < sites->redo->n_areas; i++) {
                bool synced = sites->sites[i].dev == st.st_dev;

                for (size_t k = 0; k < i; k++)
                        synced = synced || sites->sites[k].dev == sites->sites[i].dev;
                if (!synced)
                        r = beneath_sync(sites->sites[i].root);
        }
        return r < 0 ? error_setf(sites->error, r, "can't sync the files of %s: %s; the next run tries again",
                                  sites->redo->id, strerror(-r))
                     : 0;
}

/* Nothing that others have put there meanwhile may be lost with the slots. */
static int sites_put_displaced_aside(const struct sites *sites, struct strv *displaced)
{
        for (size_t i = 0; i < sites->redo->n_areas; i++) {
                const struct displaced_search search = {
                        .redo = sites->redo,
                        .area = i,
                        .root = sites->sites[i].root,
                        .slots = sites->sites[i].slots,
                };
                int r = search.slots < 0 ? 0 : displaced_put_aside(&search, displaced);

                if (r < 0)
                        return sites_explain(sites, i, "", r);
        }
        return 0;
}

int commit_apply(const struct commit_place *place, const struct redo *redo, struct strv *displaced, struct error *error)
{
        _cleanup_(sites_done) struct sites sites = { .place = place, .redo = redo, .error = error };
        int r;

        assert(place && place->dir >= 0 && redo);
        r = sites_open(&sites);
        if (r < 0)
                return r;
        for (size_t i = 0; i < redo->n_renames; i++) {
                r = sites_do_rename(&sites, &redo->renames[i]);
                if (r < 0)
                        return sites_explain(&sites, redo->renames[i].area, redo->renames[i].path, r);
        }
        r = displaced ? sites_put_displaced_aside(&sites, displaced) : 0;
        if (r >= 0)
                r = sites_do_metas(&sites);
        return r < 0 ? r : sites_sync(&sites);
}
