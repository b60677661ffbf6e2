/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Walks a tree beneath an open directory without recursion: each directory is listed at once, and left through "..", which must still be
 * the directory that the walk came from. Removing and measuring a tree are such walks.
 */

#include "basic/array.h"
#include "basic/io.h"
#include "basic/path.h"
#include "fs/beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define LISTING_MIN 64U

/* A directory on the way to the current entry. */
struct level {
        char *names; /* its entries: 'd' for a directory, '-' for anything else, then the name and a NUL; an empty one ends them */
        const char *next;   /* the next of them */
        size_t path_length; /* of the directory's path */
        dev_t dev;
        ino_t ino;
};

struct walker {
        const struct beneath_walk *walk;
        struct error *error;
        int parent; /* of the walk's path */
        int opened; /* for it; negative: it is the caller's */
        int fd;     /* the innermost directory */
        struct level *levels;
        size_t n;
        char *path; /* of the current entry */
};

static void walker_done(struct walker *walker)
{
        fd_closep(&walker->opened);
        fd_closep(&walker->fd);
        for (size_t i = 0; i < walker->n; i++)
                free(walker->levels[i].names);
        free(walker->levels);
        free(walker->path);
}

static int walker_set_error(const struct walker *walker, int code)
{
        return error_errnof(walker->error, code, "can't read %s", *walker->path ? walker->path : ".");
}

static struct beneath_entry walker_get_entry(const struct walker *walker)
{
        return (struct beneath_entry){
                .parent = walker->n > 0 ? walker->fd : walker->parent,
                .name = path_name(walker->path),
                .path = walker->path,
        };
}

static int walker_visit(const struct walker *walker, enum beneath_step step)
{
        const struct beneath_entry entry = walker_get_entry(walker);

        return walker->walk->visit(step, &entry, walker->walk->userdata);
}

/* A growing text. */
struct listing {
        char *names;
        size_t size, room;
};

static int listing_add(struct listing *listing, char type, const char *name)
{
        size_t n = strlen(name) + 1, room = listing->room;
        char *grown;

        while (room - listing->size < n + 2) /* a NUL ends all of it */
                room = room ? room * 2 : LISTING_MIN;
        grown = room > listing->room ? realloc(listing->names, room) : listing->names;
        if (!grown)
                return -ENOMEM;
        listing->names = grown;
        listing->room = room;
        grown[listing->size] = type;
        memcpy(grown + listing->size + 1, name, n);
        listing->size += n + 1;
        grown[listing->size] = '\0';
        return 0;
}

static int listing_add_entry(struct listing *listing, int fd, const struct dirent64 *entry)
{
        struct stat st = { 0 };
        bool directory = entry->d_type == DT_DIR;

        if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                return 0;
        if (entry->d_type == DT_UNKNOWN) {
                if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
                        return -errno;
                directory = S_ISDIR(st.st_mode);
        }
        return listing_add(listing, directory ? 'd' : '-', entry->d_name);
}

/* By the system call itself, since opendir(3) makes six more, and most directories here have an entry or two. */
static int directory_list_names(int fd, char **ret)
{
        _Alignas(struct dirent64) char entries[8192];
        struct listing listing = { 0 };
        ssize_t n;
        int r = 0;

        while (r >= 0 && (n = getdents64(fd, entries, sizeof(entries))) != 0) {
                const struct dirent64 *entry;

                if (n < 0)
                        r = -errno;
                for (ssize_t i = 0; r >= 0 && i < n; i += entry->d_reclen) {
                        entry = (const struct dirent64 *)(const void *)(entries + i);
                        r = listing_add_entry(&listing, fd, entry);
                }
        }
        if (r >= 0 && !listing.names)
                r = (listing.names = strdup("")) ? 0 : -ENOMEM;
        if (r < 0)
                free(listing.names);
        else
                *ret = listing.names;
        return r;
}

/* Makes the directory @fd the innermost one and takes it over, on failure too. */
static int walker_push(struct walker *walker, int fd)
{
        _cleanup_close_ int own = fd;
        struct level *levels;
        struct stat st;
        char *names = NULL;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        levels = array_grow(walker->levels, walker->n, sizeof(*levels));
        if (!levels)
                return -ENOMEM;
        walker->levels = levels;
        r = directory_list_names(fd, &names);
        if (r < 0)
                return r;

        levels[walker->n++] = (struct level){
                .names = names,
                .next = names,
                .path_length = strlen(walker->path),
                .dev = st.st_dev,
                .ino = st.st_ino,
        };
        fd_closep(&walker->fd);
        walker->fd = TAKE_FD(own);
        return 0;
}

static int walker_enter(struct walker *walker)
{
        const struct beneath_entry entry = walker_get_entry(walker);
        int fd, r;

        r = walker_visit(walker, BENEATH_ENTER);
        if (r != 0)
                return r < 0 ? r : 0;
        fd = beneath_open_list(entry.parent, entry.name);
        if (fd == -ENOENT) /* gone since it was listed */
                return walker_visit(walker, BENEATH_LEAVE);
        r = fd < 0 ? fd : walker_push(walker, fd);
        return r < 0 ? walker_set_error(walker, r) : 0;
}

/* Returns to the directory above, if it is still the one that the walk came from. */
static int walker_pop(struct walker *walker)
{
        const struct level *above = walker->n > 1 ? &walker->levels[walker->n - 2] : NULL;
        struct stat st;
        int fd = -EBADF, r;

        if (above) {
                fd = openat(walker->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0)
                        return errno == ENOENT ? -ESTALE : -errno;
                r = fstat(fd, &st) < 0 ? -errno : st.st_dev == above->dev && st.st_ino == above->ino ? 0 : -ESTALE;
                if (r < 0) {
                        close(fd);
                        return r;
                }
        }
        fd_closep(&walker->fd);
        walker->fd = fd;
        free(walker->levels[--walker->n].names);
        return 0;
}

static int walker_leave(struct walker *walker)
{
        int r;

        walker->path[walker->levels[walker->n - 1].path_length] = '\0';
        r = walker_pop(walker);
        return r < 0 ? walker_set_error(walker, r) : walker_visit(walker, BENEATH_LEAVE);
}

/* Sets the path to that of @name in the innermost directory. */
static int walker_set_path(struct walker *walker, const char *name)
{
        size_t n = walker->levels[walker->n - 1].path_length;
        char *path = realloc(walker->path, n + strlen(name) + 2);

        if (!path)
                return -ENOMEM;
        walker->path = path;
        if (n > 0)
                path[n++] = '/';
        strcpy(path + n, name);
        return 0;
}

/* Goes on to the next entry of the innermost directory. */
static int walker_advance(struct walker *walker)
{
        struct level *level = &walker->levels[walker->n - 1];
        const char *next = level->next;
        int r;

        assert(next);
        if (!*next)
                return walker_leave(walker);
        level->next += strlen(next) + 1;
        r = walker_set_path(walker, next + 1);
        if (r < 0)
                return r;
        return *next == 'd' ? walker_enter(walker) : walker_visit(walker, BENEATH_FILE);
}

int beneath_walk(const struct beneath_walk *walk, struct error *error)
{
        _cleanup_(walker_done) struct walker walker = {
                .walk = walk,
                .error = error,
                .parent = walk->dir,
                .opened = -EBADF,
                .fd = -EBADF,
                .path = strdup(walk->path),
        };
        const char *name = path_name(walk->path);
        struct stat st;
        int r;

        assert(walk->visit);

        if (!walker.path)
                return -ENOMEM;
        if (name > walk->path) {
                walker.opened = beneath_open_parent(walk->dir, walk->path, &name);
                walker.parent = walker.opened;
        }
        if (walker.parent < 0)
                return walker_set_error(&walker, walker.parent);
        if (fstatat(walker.parent, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
                return walker_set_error(&walker, -errno);

        r = S_ISDIR(st.st_mode) ? walker_enter(&walker) : walker_visit(&walker, BENEATH_FILE);
        while (r >= 0 && walker.n > 0)
                r = walker_advance(&walker);
        return r;
}

static int beneath_remove_entry(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        (void)userdata;
        /* A directory that is empty needn't be read; what else can be wrong shows when it is. */
        if (step == BENEATH_ENTER)
                return unlinkat(entry->parent, entry->name, AT_REMOVEDIR) == 0;
        if (unlinkat(entry->parent, entry->name, step == BENEATH_LEAVE ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
                return -errno;
        return 0;
}

int beneath_remove(int dir, const char *path)
{
        int r;

        assert(path);

        if (!*path)
                return -EINVAL;
        r = beneath_walk(&(struct beneath_walk){ .dir = dir, .path = path, .visit = beneath_remove_entry }, NULL);
        return r == -ENOENT ? 0 : r;
}

static int beneath_measure_entry(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        uint64_t *sum = userdata;
        struct stat st;

        if (step == BENEATH_LEAVE)
                return 0;
        if (fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
                return errno == ENOENT ? 0 : -errno; /* gone since it was listed */
        *sum += (uint64_t)st.st_blocks * 512 / (S_ISDIR(st.st_mode) || st.st_nlink == 0 ? 1 : st.st_nlink);
        return 0;
}

int beneath_measure(int dir, const char *path, uint64_t *ret)
{
        uint64_t sum = 0;
        int r;

        assert(ret);

        r = beneath_walk(
                &(struct beneath_walk){ .dir = dir, .path = path, .visit = beneath_measure_entry, .userdata = &sum },
                NULL);
        if (r >= 0)
                *ret = sum;
        return r;
}
