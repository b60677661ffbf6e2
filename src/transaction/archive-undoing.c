/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a package's state tells that its history doesn't: that an undo is in progress, or that something is left of a transaction; and where
 * an undo keeps what it overwrites.
 */

#include "fs/beneath.h"
#include "transaction/archive.h"
#include "transaction/prepared.h"

#include <fcntl.h>
#include <stdio.h>

#define UNDOING_FILE "undoing"

int archive_note_undo(const struct history *history, bool undoing, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r = 0;

        assert(history && history->dir >= 0);
        if (!undoing)
                r = beneath_remove(history->dir, UNDOING_FILE);
        else {
                fd = openat(history->dir, UNDOING_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
                r = fd < 0 || fsync(fd) < 0 || fsync(history->dir) < 0 ? -errno : 0;
        }
        return r < 0 ? error_errnof(error, r, "can't %s %s" STATE_DIR "/%s/" UNDOING_FILE, undoing ? "write" : "remove",
                                    history->root->path, history->package)
                     : 0;
}

/* Returns: 1 if the package's state has a file with one of the @names, which end with NULL; 0 if not; or a negative errno. */
static int archive_has_any(const struct root *root, const char *package, const char *const *names)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int dir = -EBADF;

        if (asprintf(&path, STATE_DIR "/%s", package) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        dir = root_open(root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        if (dir < 0)
                return dir == -ENOENT ? 0 : dir;
        for (; *names; names++) {
                if (faccessat(dir, *names, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return 1;
                if (errno != ENOENT)
                        return -errno;
        }
        return 0;
}

int archive_is_undoing(const struct root *root, const char *package)
{
        static const char *const names[] = { UNDOING_FILE, NULL };

        assert(root && package);
        return archive_has_any(root, package, names);
}

int archive_is_unfinished(const struct root *root, const char *package)
{
        static const char *const names[] = { UNDOING_FILE, STAGE_DIR, NULL };

        assert(root && package);
        return archive_has_any(root, package, names);
}

/* ---- What is overwritten ---- */

static int directory_make_private(int dir, const char *name)
{
        return mkdirat(dir, name, 0700) < 0 ? -errno : 0;
}

/* The contents of files may be secret. */
static int archive_try_overwritten(const struct history *history, char **ret)
{
        _cleanup_close_ int dir = -EBADF;
        int r = directory_make_private(history->dir, OVERWRITTEN_DIR);

        if (r < 0 && r != -EEXIST)
                return r;
        dir = beneath_open(history->dir, OVERWRITTEN_DIR, O_RDONLY | O_DIRECTORY, 0);
        if (dir < 0)
                return dir;
        r = -EEXIST;
        for (unsigned i = 1; r == -EEXIST && i; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, OVERWRITTEN_DIR "/%u", i) < 0)
                        return -ENOMEM;
                r = directory_make_private(history->dir, path);
                if (r >= 0)
                        *ret = TAKE_PTR(path);
        }
        return r < 0 ? r : beneath_sync(dir);
}

int archive_make_overwritten(const struct history *history, char **ret, struct error *error)
{
        int r;

        assert(history && history->dir >= 0 && ret);
        r = archive_try_overwritten(history, ret);
        return r < 0 ? error_errnof(error, r, "can't make a directory in %s" STATE_DIR "/%s/" OVERWRITTEN_DIR,
                                    history->root->path, history->package)
                     : 0;
}

int archive_drop_overwritten(const struct history *history, const char *path)
{
        assert(history && history->dir >= 0 && path);
        if (unlinkat(history->dir, path, AT_REMOVEDIR) < 0)
                return errno == ENOTEMPTY || errno == EEXIST ? 0 : -errno;
        (void)unlinkat(history->dir, OVERWRITTEN_DIR, AT_REMOVEDIR); /* if it was the only one */
        return 1;
}
