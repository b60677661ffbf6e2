/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/hard-links.h"

#include "basic/array.h"
#include "basic/io.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>

/* In it overlayfs has one more name of each file that it has copied, and that has several names beneath. */
#define INDEX_DIR "index"
#define MARK      "trusted.overlay.nlink" /* of such a copy */

/* A file of which the upper layer has some names. */
struct joined_file {
        ino_t ino;      /* in the overlay */
        size_t missing; /* how many names the upper layer hasn't */
};

struct joiner {
        int upper;
        int view; /* the overlay */
        struct joined_file *files;
        size_t n;
        size_t missing; /* of all files together */
};

static void joiner_done(struct joiner *joiner)
{
        free(joiner->files);
}

static const char *index_format_path(size_t area, char ret[static 64])
{
        snprintf(ret, 64, STAGE_AREAS_DIR "/%zu/work/" INDEX_DIR, area);
        return ret;
}

bool hard_links_were_kept(const struct stage *stage, size_t area)
{
        char path[64];
        struct stat st;

        assert(stage && area < stage->areas->n);
        return fstatat(stage->dir, index_format_path(area, path), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool hard_links_has_mark(int dir, const char *path)
{
        _cleanup_close_ int fd = beneath_open(dir, path, O_PATH | O_NOFOLLOW, 0);

        return fd >= 0 && getxattr(FD_PATH(fd), MARK, NULL, 0) > 0;
}

/* ---- Which files ---- */

/* Returns: 1 if the index has a file with a name in the upper layer, 0 if not, or a negative errno. */
static int index_has_files(const struct stage *stage, const char *path)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        struct stat st;
        int r;

        r = beneath_open_entries(stage->dir, path, &dir);
        while (r >= 0 && (r = beneath_next(dir, &entry)) > 0) {
                if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
                        return 1;
        }
        return r;
}

static struct joined_file *joiner_find(const struct joiner *joiner, ino_t ino)
{
        for (size_t i = 0; i < joiner->n; i++)
                if (joiner->files[i].ino == ino)
                        return &joiner->files[i];
        return NULL;
}

static int joiner_add(struct joiner *joiner, const struct stat *st, nlink_t n_upper)
{
        struct joined_file *grown;

        if (st->st_nlink <= n_upper || joiner_find(joiner, st->st_ino))
                return 0;
        grown = array_grow(joiner->files, joiner->n, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        joiner->files = grown;
        grown[joiner->n++] = (struct joined_file){ st->st_ino, st->st_nlink - n_upper };
        joiner->missing += st->st_nlink - n_upper;
        return 0;
}

/* In the upper layer: adds a file that isn't there with all of its names. */
static int joiner_visit_upper(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        struct joiner *joiner = userdata;
        struct stat st, whole;

        if (step != BENEATH_FILE)
                return 0;
        if (fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (st.st_nlink < 2 || !hard_links_has_mark(entry->parent, entry->name))
                return 0;
        if (fstatat(joiner->view, entry->path, &whole, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return joiner_add(joiner, &whole, st.st_nlink - 1); /* the index has one */
}

/* ---- Their other names ---- */

/* Sets an attribute to what it is: overlayfs then makes the name in the upper layer, as one more of the copy. */
static int name_bring_up(const struct beneath_entry *entry, const struct stat *st)
{
        int r = S_ISLNK(st->st_mode) ? fchownat(entry->parent, entry->name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW)
                                     : fchmodat(entry->parent, entry->name, st->st_mode & ALLPERMS, 0);

        return r < 0 ? -errno : 0;
}

static int joiner_visit_view(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        struct joiner *joiner = userdata;
        struct joined_file *file;
        struct stat st, upper;
        int r;

        if (step != BENEATH_FILE)
                return joiner->missing == 0;
        if (fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        file = st.st_nlink > 1 ? joiner_find(joiner, st.st_ino) : NULL;
        if (!file || file->missing == 0 || fstatat(joiner->upper, entry->path, &upper, AT_SYMLINK_NOFOLLOW) == 0)
                return 0;
        r = name_bring_up(entry, &st);
        if (r < 0)
                return r;
        file->missing--;
        joiner->missing--;
        return 0;
}

static int joiner_join(struct joiner *joiner, const struct area *area, struct error *error)
{
        int r;

        r = beneath_walk(
                &(struct beneath_walk){
                        .dir = joiner->upper, .path = "", .visit = joiner_visit_upper, .userdata = joiner },
                error);
        for (size_t i = 0; r >= 0 && joiner->missing > 0 && i < area->declared.n; i++) {
                r = beneath_walk(&(struct beneath_walk){ .dir = joiner->view,
                                                         .path = area->declared.list[i],
                                                         .visit = joiner_visit_view,
                                                         .userdata = joiner },
                                 error);
                if (beneath_is_nowhere(r))
                        r = 0;
        }
        return r;
}

/* ---- An area ---- */

static int hard_links_join_area(const struct stage *stage, size_t i, int view, struct error *error)
{
        _cleanup_(joiner_done) struct joiner joiner = { .upper = stage->uppers[i], .view = view };
        char path[64];
        int r;

        r = index_has_files(stage, index_format_path(i, path));
        if (r <= 0)
                return r == -ENOENT ? 0 : r;
        r = joiner_join(&joiner, &stage->areas->areas[i], error);
        if (r < 0)
                return r;
        /* Without its names in there, the number of names of a file is what it will be. */
        r = beneath_remove(stage->dir, path);
        if (r >= 0)
                r = beneath_make_directories(stage->dir, path);
        if (r < 0)
                return r;
        close(r);
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
