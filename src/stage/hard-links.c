/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/hard-links.h"

#include "basic/clock.h"
#include "basic/io.h"
#include "fs/beneath.h"
#include "fs/overlay-attribute.h"

#include <fcntl.h>
#include <stdio.h>

/* In it overlayfs has one more name of each file that it has copied, and that has several names beneath. */
#define INDEX_DIR "work/index"

struct joiner {
        const struct stage *stage;
        const char *path; /* of the area */
        int upper;
        struct error *error;
};

static const char *area_format_path(size_t area, const char *name, char ret[static 64])
{
        snprintf(ret, 64, STAGE_AREAS_DIR "/%zu.%s", area, name);
        return ret;
}

bool hard_links_were_kept(const struct stage *stage, size_t area)
{
        assert(stage && area < stage->areas->n);
        return stage->kept[area];
}

/* How overlayfs tells in an attribute which file it has copied (struct ovl_fb of the kernel). */
struct origin {
        uint8_t version, magic, len, flags, type, uuid[16];
        unsigned char fid[MAX_HANDLE_SZ];
} __attribute__((packed));

/* Opens the file that the one in the upper layer is a copy of. Returns: a file descriptor, or a negative errno. */
static int origin_open(const struct origin *origin, int lower)
{
        union {
                struct file_handle handle;
                unsigned char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
        } buffer = { 0 };
        size_t n = origin->len - offsetof(struct origin, fid);
        int fd;

        buffer.handle.handle_bytes = (unsigned)n;
        buffer.handle.handle_type = origin->type;
        memcpy(buffer.handle.f_handle, origin->fid, n);
        fd = open_by_handle_at(lower, &buffer.handle, O_PATH | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

/* ESTALE: the file is gone; EPERM: we are in a user name space. */
static bool origin_is_untold(int code)
{
        return code == -ESTALE || code == -EPERM || code == -ENOTSUP || code == -ENOSYS || code == -EINVAL;
}

int hard_links_is_other(int upper, const char *path, int lower, const struct stat *st)
{
        _cleanup_close_ int fd = beneath_open(upper, path, O_PATH | O_NOFOLLOW, 0), copied = -EBADF;
        struct origin origin;
        struct stat found;
        ssize_t n;

        assert(path && st);
        if (fd < 0)
                return beneath_is_nowhere(fd) ? 0 : fd;
        /* Both are of a copy, the first one only if it had several names. */
        if (overlay_attribute_get(fd, "nlink", NULL, 0) < 0)
                return errno == ENODATA ? 1 : errno == ENOTSUP ? 0 : -errno;
        n = overlay_attribute_get(fd, "origin", &origin, sizeof(origin));
        if (n < 0 && errno != ENODATA && errno != ENOTSUP && errno != ERANGE)
                return -errno;
        if (n < (ssize_t)offsetof(struct origin, fid) || origin.len != n)
                return 0;
        copied = origin_open(&origin, lower);
        if (copied < 0)
                return origin_is_untold(copied) ? 0 : copied;
        return fstat(copied, &found) < 0 ? -errno : found.st_ino != st->st_ino;
}

/* ---- Joining ---- */

/* Returns: 1, 0, or a negative errno. */
static int upper_has(int upper, const char *path)
{
        _cleanup_close_ int fd = beneath_open(upper, path, O_PATH | O_NOFOLLOW, 0);

        return fd >= 0 ? 1 : beneath_is_nowhere(fd) ? 0 : fd;
}

/* Sets an attribute to what it is: overlayfs then makes the name in the upper layer, as one more of the copy. */
static int name_bring_up(const struct beneath_entry *entry, const struct stat *st)
{
        int r = S_ISLNK(st->st_mode) ? fchownat(entry->parent, entry->name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW)
                                     : fchmodat(entry->parent, entry->name, st->st_mode & ALLPERMS, 0);

        return r < 0 ? -errno : 0;
}

/* A name that isn't in the upper layer, but shows a file that was changed since: it is a name of a copy. */
static int joiner_visit(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        const struct joiner *joiner = userdata;
        struct stat st;
        int r;

        if (step != BENEATH_FILE)
                return 0;
        if (fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
                return errno == ENOENT /* a whiteout of another overlay is only listed */
                               ? 0
                               : error_errnof(joiner->error, -errno, "can't look at %s/%s", joiner->path, entry->path);
        if (time_is_later(joiner->stage->begin, st.st_ctim))
                return 0;
        r = upper_has(joiner->upper, entry->path);
        return r != 0 ? (r < 0 ? r : 0) : name_bring_up(entry, &st);
}

static int joiner_join(struct joiner *joiner, int view, const struct area *area, struct error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < area->declared.n; i++) {
                r = beneath_walk(&(struct beneath_walk){ .dir = view,
                                                         .path = area->declared.list[i],
                                                         .visit = joiner_visit,
                                                         .userdata = joiner },
                                 error);
                if (beneath_is_nowhere(r))
                        r = 0;
        }
        return r;
}

/* ---- An area ---- */

/*
 * Whether the index has files with several names; the others in it are overlayfs's own, such as the whiteout that all whiteouts are links of. Returns:
 * 1, 0, -ENOENT if there is no index, or another negative errno.
 */
static int index_has_files(const struct stage *stage, size_t i)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        char index[64];
        int r;

        r = beneath_open_entries(stage->dir, area_format_path(i, INDEX_DIR, index), &dir);
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0)
                if (entry->d_name[0] != '#')
                        return 1;
        return r;
}

static int hard_links_join_area(const struct stage *stage, size_t i, int view, struct error *error)
{
        struct joiner joiner = {
                .stage = stage,
                .path = stage->areas->areas[i].path,
                .upper = stage->uppers[i],
                .error = error,
        };
        char index[64];
        int copied, r;

        copied = index_has_files(stage, i);
        if (copied < 0)
                return copied == -ENOENT ? 0 : copied;
        stage->kept[i] = true; /* the work directory with the index goes when another overlay is mounted */
        if (copied == 0)
                return 0;
        r = joiner_join(&joiner, view, &stage->areas->areas[i], error);
        /* Without its names in there, the number of names of a file is what it will be. */
        return r < 0 ? r : beneath_remove(stage->dir, area_format_path(i, INDEX_DIR, index));
}

int hard_links_are_copied(const struct stage *stage)
{
        assert(stage);
        for (size_t i = 0; i < stage->areas->n; i++) {
                int copied = index_has_files(stage, i);

                if (copied != 0 && copied != -ENOENT)
                        return copied;
        }
        return 0;
}

int hard_links_join(const struct stage *stage, const struct stage_mounts *mounts, struct error *error)
{
        assert(stage && mounts && mounts->writable && mounts->n == stage->areas->n);
        for (size_t i = 0; i < mounts->n; i++) {
                int r = hard_links_join_area(stage, i, mounts->mounts[i].fd, error);

                if (r < 0)
                        return error && error->code
                                       ? r
                                       : error_errnof(error, r, "can't keep the names of files together in %s",
                                                      stage->areas->areas[i].path);
        }
        return 0;
}
