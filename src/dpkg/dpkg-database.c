/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-database.h"

#include "basic/clock.h"
#include "dpkg/dpkg-status.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define DEFAULT_ADMINDIR "/var/lib/dpkg"

#define BUFFER_SIZE ((size_t)64 * 1024)

#define MAX_TRIES           400
#define TRIES_WITHOUT_PAUSE 10
#define PAUSE_USEC          10000

struct dpkg_database {
        const struct root *root; /* NULL where the directory is taken as it is */
        char *directory;         /* with the root before it, for messages */
        char **wanted;           /* sorted; NULL for all */
        struct dpkg_packages packages;

        /* What was read. The status file stays open, so that no other file can get its inode number. */
        int status_fd;
        struct stat status;
        struct dirent **updates;
        int n_updates;
};

static void forget(struct dpkg_database *database)
{
        for (int i = 0; i < database->n_updates; i++)
                free(database->updates[i]);
        free(database->updates);
        database->updates = NULL;
        database->n_updates = 0;
        dpkg_packages_done(&database->packages);
        fd_closep(&database->status_fd);
        database->status_fd = -EBADF;
}

struct dpkg_database *dpkg_database_free(struct dpkg_database *database)
{
        if (!database)
                return NULL;
        forget(database);
        free(database->directory);
        free(database->wanted);
        free(database);
        return NULL;
}

/* One piece of memory for the pointers and what they point to. Returns: NULL when memory ran out. */
static char **copy_names(char *const *names)
{
        size_t n = 0, size = 0;
        char **copy, *p;

        for (; names[n]; n++)
                size += strlen(names[n]) + 1;

        copy = malloc((n + 1) * sizeof(*copy) + size);
        if (!copy)
                return NULL;

        p = (char *)(copy + n + 1);
        for (size_t i = 0; i < n; i++) {
                copy[i] = p;
                p = stpcpy(p, names[i]) + 1;
        }
        copy[n] = NULL;
        return copy;
}

static char *join(const char *directory, const char *name)
{
        char *path;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int new_database(const struct root *root, const char *admindir, char *const *wanted, struct dpkg_database **ret)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;

        database = malloc(sizeof(*database));
        if (!database)
                return -ENOMEM;

        *database = (struct dpkg_database){ .root = admindir ? NULL : root, .status_fd = -EBADF };
        database->directory = admindir ? strdup(admindir) : join(root->path, &DEFAULT_ADMINDIR[1]);
        if (wanted)
                database->wanted = copy_names(wanted);
        if (!database->directory || (wanted && !database->wanted))
                return -ENOMEM;

        *ret = TAKE_PTR(database);
        return 0;
}

static int open_file(const struct dpkg_database *database, const char *name, int flags)
{
        _cleanup_free_ char *path = NULL;
        int fd;

        path = join(database->root ? DEFAULT_ADMINDIR : database->directory, name);
        if (!path)
                return -ENOMEM;
        if (database->root)
                return root_open(database->root, path, flags);

        fd = open(path, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int add_record(struct dpkg_record *record, void *packages)
{
        return dpkg_packages_add(packages, record, false);
}

static int add_update(struct dpkg_record *record, void *packages)
{
        return dpkg_packages_add(packages, record, true);
}

static int feed_file(struct dpkg_status_parser *parser, int fd, const char *path, struct error *error)
{
        _cleanup_free_ char *buffer = NULL;
        ssize_t n;
        int r;

        buffer = malloc(BUFFER_SIZE);
        if (!buffer)
                return -ENOMEM;

        while ((n = read(fd, buffer, BUFFER_SIZE)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_errnof(error, -errno, "cannot read %s", path);
                r = dpkg_status_parser_feed(parser, buffer, (size_t)n, error);
                if (r < 0)
                        return r;
        }
        return dpkg_status_parser_finish(parser, error);
}

static int parse_file(struct dpkg_database *database, int fd, const char *path, dpkg_record_fn found,
                      struct error *error)
{
        _cleanup_(dpkg_status_parser_freep) struct dpkg_status_parser *parser = NULL;
        int r;

        r = dpkg_status_parser_new(path, database->wanted, found, &database->packages, &parser);
        return r < 0 ? r : feed_file(parser, fd, path, error);
}

static int parse_status(struct dpkg_database *database, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        path = join(database->directory, "status");
        if (!path)
                return -ENOMEM;
        return parse_file(database, database->status_fd, path, add_record, error);
}

/* Only the entries that dpkg finished have a name of nothing but digits. */
static int is_update(const struct dirent *entry)
{
        return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

/* Returns: how many there are, none where there is no journal, or a negative errno. */
static int list_updates(int fd, struct dirent ***ret)
{
        int n;

        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return fd;

        n = scandirat(fd, ".", ret, is_update, alphasort);
        return n < 0 ? -errno : n;
}

/* Returns: the open file, or a negative errno. */
static int parse_update(struct dpkg_database *database, int directory_fd, const char *name, struct error *error)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return -EAGAIN;
        if (fd < 0)
                return error_errnof(error, -errno, "cannot open %s/updates/%s", database->directory, name);
        if (asprintf(&path, "%s/updates/%s", database->directory, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        r = parse_file(database, fd, path, add_update, error);
        return r < 0 ? r : TAKE_FD(fd);
}

static bool is_removed(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/*
 * dpkg removes the entries in the order of their names and then begins again with the first name. So as long as the first one
 * is still there after the last was read, all that was read is of one journal.
 */
static int parse_updates(struct dpkg_database *database, struct error *error)
{
        _cleanup_close_ int directory_fd = -EBADF, first = -EBADF;
        int n;

        directory_fd = open_file(database, "updates", O_RDONLY | O_DIRECTORY);
        n = list_updates(directory_fd, &database->updates);
        if (n < 0)
                return error_errnof(error, n, "cannot read %s/updates", database->directory);
        database->n_updates = n;

        for (int i = 0; i < n; i++) {
                int fd = parse_update(database, directory_fd, database->updates[i]->d_name, error);

                if (fd < 0)
                        return fd;
                if (i == 0)
                        first = fd;
                else
                        close(fd);
        }
        return first >= 0 && is_removed(first) ? -EAGAIN : 0;
}

/* dpkg always puts another file in its place; the times are there for whoever edits it. */
static int status_is_current(const struct dpkg_database *database)
{
        const struct stat *read = &database->status;
        _cleanup_close_ int fd = -EBADF;
        struct stat now;

        fd = open_file(database, "status", O_PATH);
        if (fd < 0)
                return fd;
        if (fstat(fd, &now) < 0)
                return -errno;
        return now.st_dev == read->st_dev && now.st_ino == read->st_ino && now.st_size == read->st_size &&
               time_is_same(now.st_mtim, read->st_mtim) && time_is_same(now.st_ctim, read->st_ctim);
}

static int open_status(struct dpkg_database *database, struct error *error)
{
        int fd = open_file(database, "status", O_RDONLY);

        if (fd == -ENOENT)
                return error_setf(error, -ENOENT,
                                  "no package database: %s/status is missing; give another --root or DPKG_ADMINDIR",
                                  database->directory);
        if (fd < 0)
                return error_errnof(error, fd, "cannot open %s/status", database->directory);

        database->status_fd = fd;
        if (fstat(fd, &database->status) < 0)
                return error_errnof(error, -errno, "cannot stat %s/status", database->directory);
        return 0;
}

/* What is open doesn't change any more, so that only the journal has to be read while the status file holds still. */
static int read_once(struct dpkg_database *database, struct error *error)
{
        int r;

        forget(database);
        r = open_status(database, error);
        if (r < 0)
                return r;
        r = parse_updates(database, error);
        if (r < 0)
                return r;
        r = status_is_current(database);
        if (r < 0)
                return error_errnof(error, r, "cannot stat %s/status", database->directory);
        if (r == 0)
                return -EAGAIN;
        r = parse_status(database, error);
        if (r < 0)
                return r;
        return dpkg_packages_merge(&database->packages);
}

int dpkg_database_read(const struct root *root, const char *admindir, char *const *wanted, struct dpkg_database **ret,
                       struct error *error)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        int r;

        r = new_database(root, admindir, wanted, &database);
        if (r < 0)
                return r;

        for (int i = 0; i < MAX_TRIES; i++) {
                if (i >= TRIES_WITHOUT_PAUSE)
                        usleep(PAUSE_USEC);
                r = read_once(database, error);
                if (r == 0)
                        *ret = TAKE_PTR(database);
                if (r != -EAGAIN)
                        return r;
        }
        return error_setf(error, -EAGAIN, "%s changed again and again while it was read; try again later",
                          database->directory);
}

const struct dpkg_package *dpkg_database_find(const struct dpkg_database *database, const char *name)
{
        return dpkg_packages_find(&database->packages, name);
}

bool dpkg_database_covers(const struct dpkg_database *database, const char *name)
{
        for (char **wanted = database->wanted; wanted && *wanted; wanted++)
                if (streq(*wanted, name))
                        return true;
        return !database->wanted;
}

/*
 * The names are enough: dpkg never writes an entry twice. It adds the next one, or replaces the status file and removes all.
 */
static int updates_are_current(const struct dpkg_database *database)
{
        struct dirent **updates = NULL;
        _cleanup_close_ int fd = -EBADF;
        int n;
        bool same;

        fd = open_file(database, "updates", O_RDONLY | O_DIRECTORY);
        n = list_updates(fd, &updates);
        if (n < 0)
                return n;

        same = n == database->n_updates;
        for (int i = 0; i < n; i++) {
                same = same && streq(updates[i]->d_name, database->updates[i]->d_name);
                free(updates[i]);
        }
        free(updates);
        return same;
}

int dpkg_database_is_current(const struct dpkg_database *database)
{
        int r = status_is_current(database);

        return r <= 0 ? r : updates_are_current(database);
}
