/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit.h"

#include "basic/path.h"
#include "commit/redo-file.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

/* ---- Sites ---- */

/* An area that is open, with its slots. */
struct site {
        int root;
        int slots;
        dev_t dev;
};

struct sites {
        const struct commit_place *place;
        const struct redo *redo;
        struct site *sites;
};

static void sites_done(struct sites *sites)
{
        for (size_t i = 0; sites->sites && i < sites->redo->n_areas; i++) {
                fd_closep(&sites->sites[i].root);
                fd_closep(&sites->sites[i].slots);
        }
        free(sites->sites);
}

/* What was on it is gone with the power, and so are the changes of it. */
static bool is_volatile(int fd)
{
        struct statfs fs;

        return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* In a copy of them all numbers are others, so that nothing tells which renames were done. */
static int check_slots(const struct site *site, const struct redo_area *area)
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

        site->root = commit_open_area(sites->place, sites->redo, i);
        if (site->root < 0)
                return site->root;
        site->slots = commit_open_slots(sites->place, sites->redo, i);
        if (site->slots < 0 && !(site->slots == -ENOENT && is_volatile(site->root)))
                return site->slots;
        if (fstat(site->root, &st) < 0)
                return -errno;
        site->dev = st.st_dev;
        return check_slots(site, &sites->redo->areas[i]);
}

static int sites_open(struct sites *sites, struct error *error)
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
                                error, r,
                                "%s was cut off half way, and this is a copy of what it left, which can't be finished: do that with the original, and copy it again; or put the files that %s/" REDO_FILE
                                " names in order by hand, move the package's state away and set a baseline",
                                redo->id, sites->place->path);
                if (r < 0)
                        return error_errnof(
                                error, r,
                                "can't find what %s has still to put into %s%s: mount its file system, then run again",
                                redo->id, sites->place->root->path, redo->areas[i].path);
        }
        return 0;
}

/* ---- Renames ---- */

struct end {
        int dir;
        const char *name;
};

/* Returns: 1 where it is the file with that number, 0 where it is another or none, or a negative errno. */
static int is_at(const struct end *end, uint64_t ino)
{
        struct stat st;

        if (fstatat(end->dir, end->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        return st.st_ino == ino;
}

static int move(const struct end *from, const struct end *to, unsigned flags)
{
        if (renameat2(from->dir, from->name, to->dir, to->name, flags) == 0)
                return 0;
        /* Somebody has made it since it was looked at, or removed it: neither must be lost, nor hold us up. */
        if (errno == EEXIST)
                flags = RENAME_EXCHANGE;
        else if (errno == ENOENT && flags == RENAME_EXCHANGE)
                flags = RENAME_NOREPLACE;
        else
                return -errno;
        return renameat2(from->dir, from->name, to->dir, to->name, flags) < 0 ? -errno : 0;
}

static int detach(const struct site *site, const struct redo_rename *rename, const struct end *slot)
{
        _cleanup_close_ int parent = -EBADF;
        struct end path;
        int r;

        path.dir = parent = beneath_open_parent(site->root, rename->path, &path.name);
        if (beneath_is_nowhere(parent))
                return 0; /* what it was in was itself detached behind it */
        r = parent < 0 ? parent : is_at(&path, rename->ino);
        if (r <= 0)
                return r; /* it has gone where it should, another may have come */
        return move(&path, slot, RENAME_NOREPLACE);
}

/* Somebody has removed the directory: what belongs there must not be lost for that. */
static int make_parent(int root, const char *path, const char **ret_name)
{
        _cleanup_free_ char *parent = path_parent(path);

        if (!parent)
                return -ENOMEM;
        *ret_name = path_name(path);
        return beneath_make_directories(root, parent);
}

static int install(const struct site *site, const struct redo_rename *rename, const struct end *slot)
{
        _cleanup_close_ int parent = -EBADF;
        struct end path;
        int r;

        r = is_at(slot, rename->ino);
        if (r <= 0)
                return r; /* it was done, and where it went may have gone further */
        path.dir = parent = beneath_open_parent(site->root, rename->path, &path.name);
        if (parent == -ENOENT)
                path.dir = parent = make_parent(site->root, rename->path, &path.name);
        if (parent < 0)
                return parent;
        return move(slot, &path, rename->kind == REDO_EXCHANGE ? RENAME_EXCHANGE : RENAME_NOREPLACE);
}

static int do_rename(const struct sites *sites, const struct redo_rename *rename)
{
        const struct site *site = &sites->sites[rename->area];
        char name[SLOT_NAME_MAX];
        struct end slot = { .dir = site->slots, .name = commit_slot_name(rename->slot, name) };

        if (site->slots < 0)
                return 0;
        return rename->kind == REDO_DETACH ? detach(site, rename, &slot) : install(site, rename, &slot);
}

static int do_meta(const struct sites *sites, const struct redo_meta *meta)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (!meta->after.st.st_mode || sites->sites[meta->area].slots < 0)
                return 0;
        fd = beneath_open(sites->sites[meta->area].root, meta->path, O_PATH | O_NOFOLLOW, 0);
        if (beneath_is_nowhere(fd))
                return 0; /* removed by somebody since */
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        /* What else has that name now isn't ours: a program of somebody must not become one that is setuid root. */
        if (!S_ISDIR(st.st_mode) && st.st_ino != meta->after.st.st_ino)
                return 0;
        /* Where only the time is ours, all else may be what somebody has given it since. */
        return attributes_equal(&meta->before, &meta->after) ? attributes_set_mtime(fd, meta->after.st.st_mtim)
                                                             : attributes_apply(fd, &meta->after);
}

static int explain(const struct sites *sites, size_t area, const char *path, struct error *error, int r)
{
        const char *root = sites->redo->areas[area].path;

        /* To callers EBUSY says that a package is locked. */
        return error_setf(error, r == -EBUSY ? -EIO : r, "can't finish %s, the next run tries again: %s%s/%s: %s",
                          sites->redo->id, sites->place->root->path, streq(root, "/") ? "" : root, path, strerror(-r));
}

/* Each file system once. */
static int sync_all(const struct sites *sites, struct error *error)
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
        return r < 0 ? error_errnof(error, r, "can't make %s durable, the next run tries again", sites->redo->id) : 0;
}

int commit_apply(const struct commit_place *place, const struct redo *redo, struct error *error)
{
        _cleanup_(sites_done) struct sites sites = { .place = place, .redo = redo };
        int r;

        r = sites_open(&sites, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < redo->n_renames; i++) {
                r = do_rename(&sites, &redo->renames[i]);
                if (r < 0)
                        return explain(&sites, redo->renames[i].area, redo->renames[i].path, error, r);
        }
        for (size_t i = 0; i < redo->n_metas; i++) {
                r = do_meta(&sites, &redo->metas[i]);
                if (r < 0)
                        return explain(&sites, redo->metas[i].area, redo->metas[i].path, error, r);
        }
        return sync_all(&sites, error);
}
