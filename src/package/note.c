/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/note.h"

#include "basic/io.h"
#include "basic/path.h"

#include <fcntl.h>
#include <stdio.h>

#define NOTE_SIZE_MAX (1U << 20)

static int note_format_name(const char *package, const char *kind, char **ret)
{
        if (asprintf(ret, "%s.%s", package, kind) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

void note_add(const struct dmig *ctx, const char *package, const char *kind, const char *line)
{
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;
        _cleanup_free_ char *name = NULL, *text = NULL;
        int n;

        assert(ctx && package && kind && line);

        dir = root_open_mkdirs(&ctx->root, LOCK_DIR);
        if (dir < 0 || note_format_name(package, kind, &name) < 0)
                return;
        n = asprintf(&text, "%s\n", line);
        if (n < 0) {
                text = NULL;
                return;
        }
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 && line[0])
                (void)!write(fd, text, (size_t)n); /* one line, or a part that names nothing */
}

static bool note_split(char *text, struct strv *ret)
{
        char *rest = text, *line;

        while ((line = strsep(&rest, "\n")))
                if (line[0] && strv_add(ret, line) < 0)
                        return false;
        return true;
}

bool note_take(const struct dmig *ctx, const char *package, const char *kind, struct strv *ret)
{
        _cleanup_close_ int dir = -EBADF, fd = -EBADF;
        _cleanup_free_ char *name = NULL, *text = NULL;
        size_t size;

        assert(ctx && package && kind && ret);

        dir = root_open(&ctx->root, LOCK_DIR, O_RDONLY | O_DIRECTORY);
        if (dir < 0 || note_format_name(package, kind, &name) < 0)
                return false;
        fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || io_read_all(fd, NOTE_SIZE_MAX, &text, &size) < 0 || !note_split(text, ret))
                return false;
        (void)unlinkat(dir, name, 0);
        return true;
}
