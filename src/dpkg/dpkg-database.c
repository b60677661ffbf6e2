/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-database.h"

#include "basic/clock.h"
#include "basic/strv.h"
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
        const struct root *root; /* NULL if the directory isn't below it */
        char *directory;         /* with the root prepended, for messages */
        struct strv wanted;      /* sorted; empty: all packages */
        struct dpkg_packages packages;

        /* The files that were read. The status file stays open, so that no other file can get its inode number. */
        int status_fd;
        struct stat status;
        struct dirent **updates;
        int n_updates;
};

static void dpkg_database_clear(struct dpkg_database *database)
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
        dpkg_database_clear(database);
        free(database->directory);
        strv_done(&database->wanted);
        free(database);
        return NULL;
}

static char *admindir_join(const char *directory, const char *name)
{
        char *path;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int dpkg_database_new(const struct dpkg_database_request *request, struct dpkg_database **ret)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;

        database = malloc(sizeof(*database));
        if (!database)
                return -ENOMEM;

        *database = (struct dpkg_database){
                .root = request->admindir ? NULL : request->root,
                .directory = request->admindir ? strdup(request->admindir)
                                               : admindir_join(request->root->path, &DEFAULT_ADMINDIR[1]),
                .status_fd = -EBADF,
        };
        if (!database->directory || strv_add_all(&database->wanted, request->wanted) < 0)
                return -ENOMEM;

        *ret = TAKE_PTR(database);
        return 0;
}

static int dpkg_database_open(const struct dpkg_database *database, const char *name, int flags)
{
        _cleanup_free_ char *path = NULL;
        int fd;

        path = admindir_join(database->root ? DEFAULT_ADMINDIR : database->directory, name);
        if (!path)
                return -ENOMEM;
        if (database->root)
                return root_open(database->root, path, flags);

        fd = open(path, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int dpkg_database_add_record(struct dpkg_record *record, void *packages)
{
        return dpkg_packages_add(packages, record, false);
}

static int dpkg_database_add_update(struct dpkg_record *record, void *packages)
{
        return dpkg_packages_add(packages, record, true);
}

/* A file of the database, and the function that takes its records. */
struct dpkg_database_file {
        int fd;
        const char *path; /* for messages */
        dpkg_record_fn found;
};

static int dpkg_status_parser_feed_file(struct dpkg_status_parser *parser, const struct dpkg_database_file *file,
                                        struct error *error)
{
        _cleanup_free_ char *buffer = NULL;
        ssize_t n;
        int r;

        buffer = malloc(BUFFER_SIZE);
        if (!buffer)
                return -ENOMEM;

        while ((n = read(file->fd, buffer, BUFFER_SIZE)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_errnof(error, -errno, "can't read %s", file->path);
                r = dpkg_status_parser_feed(parser, buffer, (size_t)n, error);
                if (r < 0)
                        return r;
        }
        return dpkg_status_parser_finish(parser, error);
}

static int dpkg_database_parse(struct dpkg_database *database, const struct dpkg_database_file *file,
                               struct error *error)
{
        _cleanup_(dpkg_status_parser_freep) struct dpkg_status_parser *parser = NULL;
        const struct dpkg_status_request request = {
                .name = file->path,
                .wanted = database->wanted.list,
                .found = file->found,
                .userdata = &database->packages,
        };
        int r;

        r = dpkg_status_parser_new(&request, &parser);
        return r < 0 ? r : dpkg_status_parser_feed_file(parser, file, error);
}

static int dpkg_database_parse_status(struct dpkg_database *database, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        path = admindir_join(database->directory, "status");
        if (!path)
                return -ENOMEM;
        return dpkg_database_parse(
                database, &(struct dpkg_database_file){ database->status_fd, path, dpkg_database_add_record }, error);
}

/* Only the names of entries that dpkg completed are all digits. */
static int dirent_is_update(const struct dirent *entry)
{
        return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

/* Returns: how many there are, 0 if there is no journal, or a negative errno. */
static int dpkg_database_list_updates(int fd, struct dirent ***ret)
{
        int n;

        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return fd;

        n = scandirat(fd, ".", ret, dirent_is_update, alphasort);
        return n < 0 ? -errno : n;
}

/* Returns: the open file, -EAGAIN if dpkg removed it meanwhile, or another errno. */
static int dpkg_database_parse_update(struct dpkg_database *database, int directory_fd, const char *name,
                                      struct error *error)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return -EAGAIN;
        if (fd < 0)
                return error_errnof(error, -errno, "can't open %s/updates/%s", database->directory, name);
        if (asprintf(&path, "%s/updates/%s", database->directory, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        r = dpkg_database_parse(database, &(struct dpkg_database_file){ fd, path, dpkg_database_add_update }, error);
        return r < 0 ? r : TAKE_FD(fd);
}

static bool fd_is_removed(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/*
 * dpkg removes the entries in the order of their names and then begins again with the first name. So if the first entry still exists after
 * the last was read, all of them belong to one journal.
 */
static int dpkg_database_parse_updates(struct dpkg_database *database, struct error *error)
{
        _cleanup_close_ int directory_fd = -EBADF, first = -EBADF;
        int n;

        directory_fd = dpkg_database_open(database, "updates", O_RDONLY | O_DIRECTORY);
        n = dpkg_database_list_updates(directory_fd, &database->updates);
        if (n < 0)
                return error_errnof(error, n, "can't read %s/updates", database->directory);
        database->n_updates = n;

        for (int i = 0; i < n; i++) {
                int fd = dpkg_database_parse_update(database, directory_fd, database->updates[i]->d_name, error);

                if (fd < 0)
                        return fd;
                if (i == 0)
                        first = fd;
                else
                        close(fd);
        }
        return first >= 0 && fd_is_removed(first) ? -EAGAIN : 0;
}

/* dpkg always replaces the file; the times are compared because an editor may not. */
static int dpkg_database_status_is_current(const struct dpkg_database *database)
{
        const struct stat *read = &database->status;
        _cleanup_close_ int fd = -EBADF;
        struct stat now;

        fd = dpkg_database_open(database, "status", O_PATH);
        if (fd < 0)
                return fd;
        if (fstat(fd, &now) < 0)
                return -errno;
        return now.st_dev == read->st_dev && now.st_ino == read->st_ino && now.st_size == read->st_size &&
               time_is_same(now.st_mtim, read->st_mtim) && time_is_same(now.st_ctim, read->st_ctim);
}

static int dpkg_database_open_status(struct dpkg_database *database, struct error *error)
{
        int fd = dpkg_database_open(database, "status", O_RDONLY);

        if (fd == -ENOENT)
                return error_setf(error, -ENOENT,
                                  "no package database: %s/status is missing; use another --root or DPKG_ADMINDIR",
                                  database->directory);
        if (fd < 0)
                return error_errnof(error, fd, "can't open %s/status", database->directory);

        database->status_fd = fd;
        if (fstat(fd, &database->status) < 0)
                return error_errnof(error, -errno, "can't stat %s/status", database->directory);
        return 0;
}

/* The open status file doesn't change any more, so only the journal has to be read before the file is replaced. */
static int dpkg_database_read_once(struct dpkg_database *database, struct error *error)
{
        int r;

        dpkg_database_clear(database);
        r = dpkg_database_open_status(database, error);
        if (r < 0)
                return r;
        r = dpkg_database_parse_updates(database, error);
        if (r < 0)
                return r;
        r = dpkg_database_status_is_current(database);
        if (r < 0)
                return error_errnof(error, r, "can't stat %s/status", database->directory);
        if (r == 0)
                return -EAGAIN;
        r = dpkg_database_parse_status(database, error);
        if (r < 0)
                return r;
        return dpkg_packages_merge(&database->packages);
}

int dpkg_database_read(const struct dpkg_database_request *request, struct dpkg_database **ret, struct error *error)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        int r;

        assert(request && (request->root || request->admindir));
        assert(!request->wanted || request->wanted[0]);
        assert(ret);

        r = dpkg_database_new(request, &database);
        if (r < 0)
                return r;

        for (int i = 0; i < MAX_TRIES; i++) {
                if (i >= TRIES_WITHOUT_PAUSE)
                        usleep(PAUSE_USEC);
                r = dpkg_database_read_once(database, error);
                if (r == 0)
                        *ret = TAKE_PTR(database);
                if (r != -EAGAIN)
                        return r;
        }
        return error_setf(error, -EAGAIN, "%s kept changing while it was read; try again later", database->directory);
}

const struct dpkg_package *dpkg_database_find(const struct dpkg_database *database, const char *name)
{
        assert(database);
        assert(name);

        return dpkg_packages_find(&database->packages, name);
}

bool dpkg_database_covers(const struct dpkg_database *database, const char *name)
{
        assert(database);
        assert(name);

        return database->wanted.n == 0 || strv_has(&database->wanted, name);
}

/* The names are enough: dpkg never writes an entry twice. It adds the next one, or replaces the status file and removes all. */
static int dpkg_database_updates_are_current(const struct dpkg_database *database)
{
        struct dirent **updates = NULL;
        _cleanup_close_ int fd = -EBADF;
        int n;
        bool same;

        fd = dpkg_database_open(database, "updates", O_RDONLY | O_DIRECTORY);
        n = dpkg_database_list_updates(fd, &updates);
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
        int r;

        assert(database);

        r = dpkg_database_status_is_current(database);
        return r <= 0 ? r : dpkg_database_updates_are_current(database);
}
