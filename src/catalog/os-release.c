/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/os-release.h"

#include "basic/io.h"

#include <fcntl.h>

#define OS_RELEASE_SIZE_MAX 65536U

/* Removes in place what a shell would of the value @text: quotes and backslashes. */
static void os_release_unquote(char *text)
{
        char quote = '\0', *end = text;

        for (const char *p = text; *p; p++) {
                if (quote ? *p == quote : *p == '"' || *p == '\'') {
                        quote = (char)(quote ? '\0' : *p);
                        continue;
                }
                if (*p == '\\' && quote != '\'' && p[1])
                        p++;
                *end++ = *p;
        }
        *end = '\0';
}

/* Returns: the value, which is in @data, or NULL. As in a shell, the last one counts. */
static char *os_release_find(char *data, const char *variable)
{
        char *line, *found = NULL;

        while ((line = strsep(&data, "\n"))) {
                size_t n;

                line += strspn(line, " \t");
                n = strcspn(line, "=");
                if (line[n] == '=' && n == strlen(variable) && strncmp(line, variable, n) == 0)
                        found = line + n + 1;
        }
        if (found)
                os_release_unquote(found);
        return found;
}

/* Returns: an open file, or a negative errno with @error set. */
static int os_release_open(const struct root *root, const char **ret_path, struct error *error)
{
        static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
        int fd = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(paths) && fd == -ENOENT; i++)
                fd = root_open(root, *ret_path = paths[i], O_RDONLY);
        if (fd == -ENOENT)
                return error_setf(error, -EBADMSG, "%s%s: isn't there, but package.json says that it has the version",
                                  root->path, paths[0]);
        return fd < 0 ? error_errnof(error, fd, "can't open %s%s", root->path, *ret_path) : fd;
}

int os_release_read(const struct root *root, const char *variable, char **ret, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *data = NULL;
        const char *path, *value;
        size_t size;
        int r;

        assert(root);
        assert(variable);
        assert(ret);

        fd = os_release_open(root, &path, error);
        if (fd < 0)
                return fd;
        r = io_read_all(fd, OS_RELEASE_SIZE_MAX, &data, &size);
        if (r < 0)
                return error_errnof(error, r, "can't read %s%s", root->path, path);
        value = os_release_find(data, variable);
        if (!value)
                return error_setf(error, -EBADMSG, "%s%s: has no %s, which package.json says is the version",
                                  root->path, path, variable);
        return str_replace(ret, value);
}
