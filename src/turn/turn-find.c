/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "turn/turn-find.h"

#include "basic/io.h"
#include "catalog/trusted-directory.h"

#include <fcntl.h>
#include <syslog.h>

/* A link is followed, and may lead out of the directory; what root runs has to be root's in any case. */
static int turn_check_file(struct dmig *ctx, const char *package, struct error *error)
{
        _cleanup_close_ int fd = root_open_present(&ctx->root, TURN_PATH, O_PATH);
        const char *path = ctx->root.path, *reason;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return error_errnof(error, fd < 0 ? fd : -errno, "can't use %s" TURN_PATH, path);
        if (!S_ISREG(st.st_mode))
                return error_setf(error, -EBADMSG, "%s" TURN_PATH ": it isn't a regular file; " TURN_REMEDY, path);
        if (io_check_trusted(&st, &reason) < 0)
                return error_setf(error, -EPERM, "%s" TURN_PATH ": it %s; " TURN_REMEDY, path, reason);
        if (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))
                return 1;
        context_log(ctx, LOG_NOTICE, package, "%s" TURN_PATH " isn't executable, so no turn is asked for", path);
        return 0;
}

int turn_find(struct dmig *ctx, const char *package, struct error *error)
{
        _cleanup_trusted_directory_ struct trusted_directory directory = TRUSTED_DIRECTORY_NONE;
        int r;

        assert(ctx);
        assert(package);

        r = trusted_directory_open(&ctx->root, ADMIN_DIR, &directory, error);
        if (r == -ENOENT)
                return 0;
        if (r >= 0)
                r = trusted_directory_look_for(&directory, "turn", error);
        return r <= 0 ? r : turn_check_file(ctx, package, error);
}
