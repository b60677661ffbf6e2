/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-database.h"

#include "basic/clock.h"
#include "basic/strv.h"
#include "dpkg/dpkg-admindir.h"
#include "dpkg/dpkg-info.h"
#include "dpkg/dpkg-status.h"
#include "dpkg/dpkg-updates.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define BUFFER_SIZE ((size_t)64 * 1024)

#define MAX_TRIES           400
#define TRIES_WITHOUT_PAUSE 10
#define PAUSE_USEC          10000

struct dpkg_database {
        struct dpkg_admindir admindir;
        struct strv wanted; /* sorted; empty: all packages */
        struct dpkg_packages packages;

        /* The files that were read. The status file stays open, so that no other file can get its inode number. */
        int status_fd;
        struct stat status;
        struct dpkg_updates updates;
};

static void dpkg_database_clear(struct dpkg_database *database)
{
        dpkg_updates_done(&database->updates);
        dpkg_packages_done(&database->packages);
        fd_closep(&database->status_fd);
        database->status_fd = -EBADF;
}

struct dpkg_database *dpkg_database_free(struct dpkg_database *database)
{
        if (!database)
                return NULL;
        dpkg_database_clear(database);
        dpkg_admindir_done(&database->admindir);
        strv_done(&database->wanted);
        free(database);
        return NULL;
}

static int dpkg_database_new(const struct dpkg_database_request *request, struct dpkg_database **ret)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        int r;

        database = malloc(sizeof(*database));
        if (!database)
                return -ENOMEM;

        *database = (struct dpkg_database){ .status_fd = -EBADF };
        r = dpkg_admindir_init(&database->admindir, request->root, request->admindir);
        if (r >= 0)
                r = strv_add_all(&database->wanted, request->wanted);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(database);
        return 0;
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
                        return dpkg_file_explain(file->path, -errno, error);
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
        int r;

        r = dpkg_admindir_join(&database->admindir, "status", &path);
        return r < 0 ? r
                     : dpkg_database_parse(
                               database,
                               &(struct dpkg_database_file){ database->status_fd, path, dpkg_database_add_record },
                               error);
}

/* Returns: the open file, -EAGAIN if dpkg removed it meanwhile, or another errno. */
static int dpkg_database_parse_update(struct dpkg_database *database, int directory_fd, const char *name,
                                      struct error *error)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (asprintf(&path, "%s/updates/%s", database->admindir.path, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return -EAGAIN;
        if (fd < 0 || fstat(fd, &st) < 0)
                return dpkg_file_explain(path, -errno, error);
        if (S_ISREG(st.st_mode) && st.st_size == 0)
                return error_setf(
                        error, -EBADMSG,
                        "%s: is empty, so the package whose state dpkg recorded there isn't known; reinstall what was upgraded last, or remove the file",
                        path);

        r = dpkg_database_parse(database, &(struct dpkg_database_file){ fd, path, dpkg_database_add_update }, error);
        return r < 0 ? r : TAKE_FD(fd);
}

/* Returns: 1, 0 or a negative errno. */
static int fd_is_removed(int fd)
{
        struct stat st;

        return fstat(fd, &st) < 0 ? -errno : st.st_nlink == 0;
}

/*
 * dpkg removes the entries in the order of their names and then begins again with the first name. So if the first entry still exists after
 * the last was read, all of them belong to one journal.
 */
static int dpkg_database_parse_updates(struct dpkg_database *database, struct error *error)
{
        _cleanup_close_ int directory_fd = -EBADF, first = -EBADF;
        int r;

        directory_fd = dpkg_admindir_open(&database->admindir, "updates", O_RDONLY | O_DIRECTORY);
        r = dpkg_updates_list(directory_fd, &database->updates);
        if (r < 0)
                return dpkg_admindir_explain(&database->admindir, "updates", r, error);

        for (int i = 0; i < database->updates.n; i++) {
                int fd = dpkg_database_parse_update(database, directory_fd, database->updates.list[i]->d_name, error);

                if (fd < 0)
                        return fd;
                if (i == 0)
                        first = fd;
                else
                        close(fd);
        }
        r = first >= 0 ? fd_is_removed(first) : 0;
        if (r < 0)
                return dpkg_admindir_explain(&database->admindir, "updates", r, error);
        return r > 0 ? -EAGAIN : 0;
}

/* dpkg always replaces the file; the times are compared because an editor may not. */
static int dpkg_database_status_is_current(const struct dpkg_database *database)
{
        const struct stat *read = &database->status;
        _cleanup_close_ int fd = -EBADF;
        struct stat now;

        fd = dpkg_admindir_open(&database->admindir, "status", O_PATH);
        if (fd < 0)
                return fd;
        if (fstat(fd, &now) < 0)
                return -errno;
        return now.st_dev == read->st_dev && now.st_ino == read->st_ino && now.st_size == read->st_size &&
               time_is_same(now.st_mtim, read->st_mtim) && time_is_same(now.st_ctim, read->st_ctim);
}

static int dpkg_database_open_status(struct dpkg_database *database, struct error *error)
{
        int fd = dpkg_admindir_open(&database->admindir, "status", O_RDONLY);

        if (fd == -ENOENT)
                return error_setf(error, -ENOENT,
                                  "no package database: %s/status is missing; use another --root or DPKG_ADMINDIR",
                                  database->admindir.path);
        if (fd < 0)
                return dpkg_admindir_explain(&database->admindir, "status", fd, error);

        database->status_fd = fd;
        if (fstat(fd, &database->status) < 0)
                return dpkg_admindir_explain(&database->admindir, "status", -errno, error);
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
                return dpkg_admindir_explain(&database->admindir, "status", r, error);
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
        return error_setf(error, -EAGAIN, "%s kept changing while it was read; try again later",
                          database->admindir.path);
}

const struct dpkg_package *dpkg_database_find(const struct dpkg_database *database, const char *name)
{
        assert(database);
        assert(name);

        return dpkg_packages_find(&database->packages, name);
}

int dpkg_database_has_list(const struct dpkg_database *database, const char *name, struct error *error)
{
        int r;

        assert(database);
        assert(name);

        r = dpkg_admindir_open(&database->admindir, "info", O_RDONLY | O_DIRECTORY);
        if (r >= 0)
                r = dpkg_info_has_list(r, name);
        return r < 0 ? dpkg_admindir_explain(&database->admindir, "info", r, error) : r;
}

const char *dpkg_database_directory(const struct dpkg_database *database)
{
        assert(database);

        return database->admindir.path;
}

bool dpkg_database_covers(const struct dpkg_database *database, const char *name)
{
        assert(database);
        assert(name);

        return database->wanted.n == 0 || strv_has(&database->wanted, name);
}

static int dpkg_database_updates_are_current(const struct dpkg_database *database)
{
        _cleanup_(dpkg_updates_done) struct dpkg_updates now = { 0 };
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = dpkg_admindir_open(&database->admindir, "updates", O_RDONLY | O_DIRECTORY);
        r = dpkg_updates_list(fd, &now);
        return r < 0 ? r : dpkg_updates_are_same(&now, &database->updates);
}

int dpkg_database_is_current(const struct dpkg_database *database)
{
        int r;

        assert(database);

        r = dpkg_database_status_is_current(database);
        return r <= 0 ? r : dpkg_database_updates_are_current(database);
}
