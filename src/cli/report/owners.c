/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/owners.h"

#include "basic/macro.h"
#include "cli/need.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

/* One for the process, as what getpwuid(3) asks is. */
static const char *owners_root;

void owners_set_root(const char *root)
{
        owners_root = root && *root && !streq(root, "/") ? root : NULL;
}

/* A file of names. */
struct owners_file {
        char *path;
        FILE *stream; /* NULL if there is none */
};

static void owners_file_done(struct owners_file *file)
{
        if (file->stream)
                fclose(file->stream);
        free(file->path);
}

static void owners_file_try(struct owners_file *file, const char *root, const char *path)
{
        free(file->path);
        if (asprintf(&file->path, "%s%s", root, path) < 0)
                need_memory(file->path = NULL);
        file->stream = fopen(file->path, "re");
        if (!file->stream && errno != ENOENT)
                need_fail(file->path, errno);
}

/* A tree that has no users of its own was made by those of the system. */
static void owners_file_open(struct owners_file *file, const char *path)
{
        if (owners_root)
                owners_file_try(file, owners_root, path);
        if (!file->stream)
                owners_file_try(file, "", path);
}

/* No line of it was the one: since it has none, which is known at its end alone; or since it couldn't be read. */
static void owners_file_check(const struct owners_file *file)
{
        if (file->stream && !feof(file->stream))
                need_fail(file->path, errno ? errno : EIO);
}

/* Nobody has that number, or a service can't be reached, for which the C library has many errors; but these are the machine's. */
static void owners_check(const char *what)
{
        if (errno == EIO || errno == ENOMEM || errno == ENOSPC || errno == EMFILE || errno == ENFILE || errno == EINTR)
                need_fail(what, errno);
}

/* The files come first, without nsswitch.conf, since what the C library loads for that ends the program if memory runs out. */
static const struct passwd *owners_find_user(int64_t uid)
{
        _cleanup_(owners_file_done) struct owners_file file = { 0 };
        const struct passwd *found = NULL;

        owners_file_open(&file, "/etc/passwd");
        errno = 0;
        while (file.stream && (found = fgetpwent(file.stream)) && found->pw_uid != (uid_t)uid)
                errno = 0;
        if (found)
                return found;
        owners_file_check(&file);
        errno = 0;
        found = owners_root ? NULL : getpwuid((uid_t)uid);
        if (!found)
                owners_check(file.path);
        return found;
}

static const struct group *owners_find_group(int64_t gid)
{
        _cleanup_(owners_file_done) struct owners_file file = { 0 };
        const struct group *found = NULL;

        owners_file_open(&file, "/etc/group");
        errno = 0;
        while (file.stream && (found = fgetgrent(file.stream)) && found->gr_gid != (gid_t)gid)
                errno = 0;
        if (found)
                return found;
        owners_file_check(&file);
        errno = 0;
        found = owners_root ? NULL : getgrgid((gid_t)gid);
        if (!found)
                owners_check(file.path);
        return found;
}

static const char *owner_format(const char *name, int64_t number, char ret[static OWNER_MAX])
{
        if (name && strlen(name) < OWNER_MAX)
                return strcpy(ret, name);
        snprintf(ret, OWNER_MAX, "%" PRId64, number);
        return ret;
}

const char *owner_name_user(int64_t uid, char ret[static OWNER_MAX])
{
        const struct passwd *user = owners_find_user(uid);

        return owner_format(user ? user->pw_name : NULL, uid, ret);
}

const char *owner_name_group(int64_t gid, char ret[static OWNER_MAX])
{
        const struct group *group = owners_find_group(gid);

        return owner_format(group ? group->gr_name : NULL, gid, ret);
}
