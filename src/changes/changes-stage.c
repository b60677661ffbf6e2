/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-stage.h"

#include "basic/path.h"
#include "fs/beneath-trail.h"
#include "fs/overlay-attribute.h"
#include "stage/hard-links.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#define INSTEAD "or run the migration with \"writes\": \"*\""

/* ---- The system beneath ---- */

/* The real directory of an area, which in a preview may have other layers upon it. */
struct underlay {
        const struct stage *stage;
        const struct changes *changes;
        struct beneath_trail trail;
        size_t area;
        dev_t dev;
        bool overlay;
};

static void underlay_done(struct underlay *underlay)
{
        beneath_trail_done(&underlay->trail);
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
        return 0;
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

/* Through the layers of a preview other device numbers are seen. */
static bool underlay_is_elsewhere(const struct underlay *underlay, const struct change *change)
{
        return !underlay->overlay && !underlay->stage->below && change->before.st_mode &&
               change->before.st_dev != underlay->dev;
}

static int underlay_check_rename(struct underlay *underlay, const struct change *change, struct error *error)
{
        const char *path = change_old_path(change), *reason = NULL;
        int fixed = !change->inner && change->before.st_mode ? beneath_trail_is_fixed(&underlay->trail, path) : 0;

        if (fixed < 0)
                return error_errnof(error, fixed, "can't look at %s/%s", underlay_path(underlay), path);
        if (fixed > 0)
                reason = "is immutable or append-only (chattr), so it can't be staged; leave it unchanged";
        else if (underlay->overlay && change_moves_directory(change))
                reason = "is a directory on an overlayfs, which can't be renamed there; leave it unchanged";
        else if (underlay_is_elsewhere(underlay, change))
                reason = "is in another subvolume than the directory that is staged; leave it unchanged";
        return reason ? underlay_refuse(underlay, path, reason, error) : 0;
}

/* ---- What another overlay would lose ---- */

struct search {
        const struct underlay *underlay;
        struct error *error;
};

static bool underlay_moves(const struct underlay *underlay, const char *path)
{
        for (size_t i = 0; i < underlay->changes->n; i++) {
                const struct change *change = &underlay->changes->changes[i];

                if (change->kind == CHANGE_MOVE && change->area == underlay->area && streq(change->from, path))
                        return true;
        }
        return false;
}

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
        } else if (underlay_moves(search->underlay, entry->path)) {
                return 1;
        }
        fd = beneath_open(entry->parent, entry->name, O_PATH | O_NOFOLLOW, 0);
        r = fd < 0 ? fd : underlay_check_hidden(search->underlay, entry->path, fd, search->error);
        return fd < 0 && beneath_is_nowhere(fd) ? 0 : r;
}

static bool change_can_lose(const struct change *change)
{
        return !change->inner &&
               (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE);
}

static int underlay_check_loss(struct underlay *underlay, const struct change *change, struct error *error)
{
        const char *path = change_old_path(change);
        struct search search = { underlay, error };
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!change_can_lose(change))
                return 0;
        fd = beneath_trail_open(&underlay->trail, path, O_PATH | O_NOFOLLOW);
        if (fd < 0)
                return beneath_is_nowhere(fd) ? 0 : fd;
        if (change->kind == CHANGE_CREATE)
                return underlay_check_whiteout(underlay, path, fd, error);
        if (!S_ISDIR(change->before.st_mode))
                return underlay_check_hidden(underlay, path, fd, error);
        r = beneath_walk(
                &(struct beneath_walk){
                        .dir = underlay->trail.dir, .path = path, .visit = search_visit, .userdata = &search },
                error);
        return beneath_is_nowhere(r) ? 0 : r;
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
                        r = underlay_check_rename(&underlay, change, error);
                if (r >= 0)
                        r = underlay_check_loss(&underlay, change, error);
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
                int kept = hard_links_were_kept(stage, i);
                const struct changes_request request = {
                        .area = &stage->areas->areas[i],
                        .number = i,
                        .upper = stage->uppers[i],
                        .lower = lower,
                        .kept = kept > 0,
                        .begin = stage->begin,
                        .undeclared = &undeclared,
                };

                r = lower < 0 ? lower : kept;
                if (r >= 0)
                        r = changes_read(&request, ret, error);
        }
        if (r >= 0)
                r = undeclared_check(&undeclared, error);
        return r < 0 ? r : changes_check_underlay(stage, ret, error);
}
