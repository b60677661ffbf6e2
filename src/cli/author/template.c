/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/template.h"

#include "basic/install-paths.h"
#include "basic/io.h"
#include "basic/memstream.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define TEMPLATE_SIZE_MAX 65536U
#define PLACEHOLDER       "@NAME@"

/* Makes the directories above @path. */
static int path_make_parents(const char *path)
{
        _cleanup_free_ char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdir(copy, 0777) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return 0;
}

int template_write(const char *path, const char *text, mode_t mode, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        assert(path);
        assert(text);

        r = path_make_parents(path);
        if (r >= 0)
                fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (r >= 0 && fd < 0)
                r = -errno;
        if (r == -EEXIST)
                return error_setf(error, r, "%s: is there already, and was left as it is", path);
        if (r >= 0)
                r = io_write_all(fd, text, strlen(text));
        return r < 0 ? error_errnof(error, r, "can't make %s", path) : 0;
}

/* @ret: to be freed. */
static int template_read(const char *name, char **ret, struct error *error)
{
        const char *directory = getenv("DEPLOY_MIGRATE_DATADIR");
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        if (asprintf(&path, "%s/templates/%s", directory && *directory ? directory : PKGDATADIR, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = open(path, O_RDONLY | O_CLOEXEC);
        r = fd < 0 ? -errno : io_read_all(fd, TEMPLATE_SIZE_MAX, ret, &size);
        return r < 0 ? error_errnof(error, r, "can't read %s", path) : 0;
}

/* Returns: @text with the placeholders filled in, to be freed, or NULL if memory ran out. */
static char *template_expand(const char *text, const char *subject)
{
        const char *at;
        char *expanded = NULL;
        size_t size;
        FILE *stream = open_memstream(&expanded, &size);

        if (!stream)
                return NULL;
        for (; (at = strstr(text, PLACEHOLDER)); text = at + strlen(PLACEHOLDER))
                fprintf(stream, "%.*s%s", (int)(at - text), text, subject);
        fputs(text, stream);
        return memstream_close(stream, &expanded) < 0 ? NULL : expanded;
}

int template_install(const struct template *template, struct error *error)
{
        _cleanup_free_ char *text = NULL, *expanded = NULL;
        int r;

        assert(template);

        r = template_read(template->name, &text, error);
        if (r < 0)
                return r;
        assert(text);
        expanded = template_expand(text, template->subject);
        return expanded ? template_write(template->path, expanded, template->mode, error) : -ENOMEM;
}
