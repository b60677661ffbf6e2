/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-stage.h"

#include "basic/path.h"
#include "fs/beneath-trail.h"
#include "fs/overlay-attribute.h"
#include "stage/hard-links.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

#define INSTEAD "or run the migration with \"writes\": \"*\""

/* ---- The system beneath ---- */

/* The real directory of an area. In a preview there are other stages upon it, through which its files have other paths. */
struct underlay {
        const struct stage *stage;
        const struct changes *changes;
        struct beneath_trail trail;
        struct strv moved; /* what was moved away by this or an earlier stage: paths in the real directory */
        size_t area;
        dev_t dev;
        bool overlay;
};

static void underlay_done(struct underlay *underlay)
{
        beneath_trail_done(&underlay->trail);
        strv_done(&underlay->moved);
}

/* @from: a path in the view of @stage. */
static int underlay_add_moved(struct underlay *underlay, const struct stage *stage, const char *from)
{
        _cleanup_free_ char *real = NULL;
        int r = stage_trace(stage, underlay->area, from, &real);

        return r > 0 ? strv_add(&underlay->moved, real) : r;
}

static int underlay_list_moved(struct underlay *underlay)
{
        const struct changes *changes = underlay->changes;
        int r = 0;

        strv_done(&underlay->moved);
        underlay->moved = (struct strv){ 0 };
        for (size_t i = 0; r >= 0 && i < changes->n; i++)
                if (changes->changes[i].kind == CHANGE_MOVE && changes->changes[i].area == underlay->area)
                        r = underlay_add_moved(underlay, underlay->stage->below, changes->changes[i].from);
        for (const struct stage *stage = underlay->stage->below; r >= 0 && stage; stage = stage->below)
                for (size_t i = 0; r >= 0 && i < stage->n_renames; i++)
                        if (stage->renames[i].from && stage->renames[i].area == underlay->area)
                                r = underlay_add_moved(underlay, stage->below, stage->renames[i].from);
        strv_sort(&underlay->moved);
        return r;
}

static int underlay_enter(struct underlay *underlay, size_t area)
{
        int fd = underlay->stage->areas->areas[area].fd;
        struct statfs fs;
        struct stat st;

        if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
                return -errno;
        beneath_trail_enter(&underlay->trail, fd);
        underlay->area = area;
        underlay->dev = st.st_dev;
        underlay->overlay = fs.f_type == OVERLAYFS_SUPER_MAGIC;
        return underlay_list_moved(underlay);
}

static const char *underlay_path(const struct underlay *underlay)
{
        return underlay->stage->areas->areas[underlay->area].path;
}

/* Returns: -EXDEV with @error set. */
static int underlay_refuse(const struct underlay *underlay, const char *path, const char *reason, struct error *error)
{
        return error_setf(error, -EXDEV, "%s/%s %s, " INSTEAD, underlay_path(underlay), path, reason);
}

/* ---- What can't be renamed ---- */

static bool change_moves_directory(const struct change *change)
{
        return !change->inner && S_ISDIR(change->before.st_mode) &&
               (change->kind == CHANGE_MOVE || change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

/* A file of the real directory, at the path that it has there. */
struct found {
        const struct change *change;
        const char *real;
};

/* Through the layers of a preview other device numbers are seen. Returns: 1, 0, or a negative errno. */
static int underlay_is_elsewhere(struct underlay *underlay, const struct found *found)
{
        dev_t dev = found->change->before.st_dev;

        if (underlay->overlay)
                return 0;
        if (underlay->stage->below) {
                _cleanup_close_ int fd = beneath_trail_open(&underlay->trail, found->real, O_PATH | O_NOFOLLOW);
                struct stat st;

                if (fd < 0)
                        return beneath_is_nowhere(fd) ? 0 : fd;
                if (fstat(fd, &st) < 0)
                        return -errno;
                dev = st.st_dev;
        }
        return dev != underlay->dev;
}

/* The original of a comparison is the real file, unless other stages are upon that. */
static int underlay_is_fixed(struct underlay *underlay, const struct found *found)
{
        const struct change *change = found->change;

        if (change->original.known && !underlay->stage->below)
                return change->original.fixed;
        return beneath_trail_is_fixed(&underlay->trail, found->real);
}

static int underlay_check_rename(struct underlay *underlay, const struct found *found, struct error *error)
{
        const struct change *change = found->change;
        const char *reason = NULL;
        int r;

        if (!change->before.st_mode)
                return 0;
        r = change->inner ? 0 : underlay_is_fixed(underlay, found);
        if (r > 0)
                reason = "is immutable or append-only (chattr), so it can't be staged; leave it unchanged";
        else if (r == 0 && underlay->overlay && change_moves_directory(change))
                reason = "is a directory on an overlayfs, which can't be renamed there; leave it unchanged";
        else if (r == 0 && (r = underlay_is_elsewhere(underlay, found)) > 0)
                reason = "is in another subvolume than the directory that is staged; leave it unchanged";
        return reason ? underlay_refuse(underlay, change_old_path(change), reason, error) : r;
}

/* ---- What another overlay would lose ---- */

struct search {
        const struct underlay *underlay;
        const struct found *found;
        struct error *error;
};

/* @fd: the file, open with O_PATH. Returns: 0, or a negative errno with @error set. */
static int underlay_check_whiteout(const struct underlay *underlay, const char *path, int fd, struct error *error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!stat_is_whiteout(&st))
                return 0;
        return underlay_refuse(
                underlay, path,
                "is a whiteout of another overlay, as in a container store: migrate can't see it, so it would be lost; leave its directory unchanged",
                error);
}

static int underlay_check_hidden(const struct underlay *underlay, const char *path, int fd, struct error *error)
{
        int r = underlay_check_whiteout(underlay, path, fd, error);

        if (r >= 0)
                r = overlay_attributes_matter(fd);
        if (r <= 0)
                return r;
        return underlay_refuse(
                underlay, path,
                "has attributes of another overlay, as in a container store: migrate can't see them, so they would be lost; leave it unchanged",
                error);
}

/* @fd: an entry of the directory that is searched. */
static int search_check(const struct search *search, const char *real, int fd)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s%s", change_old_path(search->found->change), real + strlen(search->found->real)) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return underlay_check_hidden(search->underlay, path, fd, search->error);
}

/* A file that moves on its own from a directory that is removed is none of what is lost, and it keeps its attributes. */
static int search_visit(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        const struct search *search = userdata;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (step == BENEATH_LEAVE)
                return 0;
        if (step == BENEATH_FILE) {
                if (fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return errno == ENOENT ? 0 : -errno;
                if (!stat_is_whiteout(&st))
                        return 0;
        } else if (strv_has(&search->underlay->moved, entry->path)) {
                return 1;
        }
        fd = beneath_open(entry->parent, entry->name, O_PATH | O_NOFOLLOW, 0);
        r = fd < 0 ? fd : search_check(search, entry->path, fd);
        return fd < 0 && beneath_is_nowhere(fd) ? 0 : r;
}

static bool change_can_lose(const struct change *change)
{
        return !change->inner &&
               (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE);
}

static int underlay_check_loss(struct underlay *underlay, const struct found *found, struct error *error)
{
        struct search search = { underlay, found, error };
        const struct change *change = found->change;
        const char *path = change_old_path(change);
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!change_can_lose(change))
                return 0;
        fd = beneath_trail_open(&underlay->trail, found->real, O_PATH | O_NOFOLLOW);
        if (fd < 0)
                return beneath_is_nowhere(fd) ? 0 : fd;
        if (change->kind == CHANGE_CREATE)
                return underlay_check_whiteout(underlay, path, fd, error);
        if (!S_ISDIR(change->before.st_mode))
                return underlay_check_hidden(underlay, path, fd, error);
        r = beneath_walk(
                &(struct beneath_walk){
                        .dir = underlay->trail.dir, .path = found->real, .visit = search_visit, .userdata = &search },
                error);
        return beneath_is_nowhere(r) ? 0 : r;
}

/* What an earlier stage of a preview has made isn't on the system. */
static int underlay_check_change(struct underlay *underlay, const struct change *change, struct error *error)
{
        _cleanup_free_ char *real = NULL;
        struct found found = { .change = change };
        int r = stage_trace(underlay->stage->below, change->area, change_old_path(change), &real);

        if (r <= 0)
                return r;
        found.real = real;
        r = underlay_check_rename(underlay, &found, error);
        return r < 0 ? r : underlay_check_loss(underlay, &found, error);
}

static int changes_check_underlay(const struct stage *stage, const struct changes *changes, struct error *error)
{
        _cleanup_(underlay_done) struct underlay underlay = { .stage = stage, .changes = changes, .trail.dir = -EBADF };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                if (i == 0 || change->area != change[-1].area)
                        r = underlay_enter(&underlay, change->area);
                if (r >= 0)
                        r = underlay_check_change(&underlay, change, error);
        }
        return r < 0 && !(error && error->code) ? error_errnof(error, r, "can't look at what is changed") : r;
}

/* ---- All areas ---- */

int changes_read_stage(const struct stage *stage, const struct root *root, struct changes *ret, struct error *error)
{
        _cleanup_(undeclared_done) struct undeclared undeclared = { .root = root };
        int r = 0;

        assert(stage && root && ret);
        for (size_t i = 0; r >= 0 && i < stage->areas->n; i++) {
                _cleanup_close_ int lower = stage_open_lower(stage, i, error);
                const struct changes_request request = {
                        .area = &stage->areas->areas[i],
                        .number = i,
                        .upper = stage->uppers[i],
                        .lower = lower,
                        .kept = hard_links_were_kept(stage, i),
                        .begin = stage->begin,
                        .undeclared = &undeclared,
                };

                r = lower < 0 ? lower : changes_read(&request, ret, error);
        }
        if (r >= 0)
                r = undeclared_check(&undeclared, error);
        return r < 0 ? r : changes_check_underlay(stage, ret, error);
}

int changes_note_renames(const struct changes *changes, struct stage *stage)
{
        int r = 0;

        assert(changes && stage);
        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];
                bool moved = change->kind == CHANGE_MOVE,
                     made = change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE;

                if (!change->inner && (moved || made))
                        r = stage_add_rename(stage, &(struct stage_rename){ change->area, change->path,
                                                                            moved ? change->from : NULL });
        }
        return r;
}
