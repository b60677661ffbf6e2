/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/tried.h"

#include "basic/io.h"
#include "basic/path.h"

#include <fcntl.h>
#include <stdio.h>

#define NOTE_SIZE_MAX 4096U

static int tried_format_name(const char *package, char **ret)
{
        if (asprintf(ret, "%s.tried", package) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

void tried_note(const struct dmig *ctx, const char *package, const char *to)
{
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;
        _cleanup_free_ char *name = NULL;

        assert(ctx);
        assert(package);
        assert(to);

        dir = root_open(&ctx->root, LOCK_DIR, O_RDONLY | O_DIRECTORY);
        if (dir < 0 || tried_format_name(package, &name) < 0)
                return;
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 && io_write_all(fd, to, strlen(to)) < 0)
                (void)unlinkat(dir, name, 0);
}

bool tried_take(const struct dmig *ctx, const char *package, const char *to)
{
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;
        _cleanup_free_ char *name = NULL, *text = NULL;
        size_t size;
        bool same;

        assert(ctx);
        assert(package);
        assert(to);

        dir = root_open(&ctx->root, LOCK_DIR, O_RDONLY | O_DIRECTORY);
        if (dir < 0 || tried_format_name(package, &name) < 0)
                return false;
        fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return false;
        same = io_read_all(fd, NOTE_SIZE_MAX, &text, &size) >= 0 && size == strlen(to) && memcmp(text, to, size) == 0;
        (void)unlinkat(dir, name, 0);
        return same;
}
