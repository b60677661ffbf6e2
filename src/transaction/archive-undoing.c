/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a package's state tells that its history doesn't: that an undo is in progress, or that something is left of a transaction. */

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

/* Opens the package's state. Returns: a file descriptor, -ENOENT, or another negative errno. */
static int archive_open_state(const struct root *root, const char *package)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, STATE_DIR "/%s", package) < 0)
                return -ENOMEM;
        return root_open(root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

static bool state_has(int dir, const char *name)
{
        return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool archive_is_undoing(const struct root *root, const char *package)
{
        _cleanup_close_ int dir = -EBADF;

        assert(root && package);
        dir = archive_open_state(root, package);
        return dir == -ENOMEM || (dir >= 0 && state_has(dir, UNDOING_FILE)); /* a second look does no harm */
}

bool archive_is_unfinished(const struct root *root, const char *package)
{
        _cleanup_close_ int dir = -EBADF;

        assert(root && package);
        dir = archive_open_state(root, package);
        return dir == -ENOMEM || (dir >= 0 && (state_has(dir, UNDOING_FILE) || state_has(dir, STAGE_DIR)));
}
