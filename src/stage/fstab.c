/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/fstab.h"

#include "basic/io.h"
#include "basic/path-escape.h"

#include <fcntl.h>

#define FSTAB_PATH "/etc/fstab"
#define FSTAB_MAX  ((size_t)16 * 1024 * 1024)

#define BLANKS " \t"

/* Drops double slashes and a slash at the end. */
static void path_simplify(char *path)
{
        char *end = path;

        for (const char *p = path; *p; p++)
                if (*p != '/' || (p[1] != '/' && p[1] != '\0'))
                        *end++ = *p;
        *end = '\0';
}

/* mount(8) takes a backslash that begins no escape for itself. */
static int mount_point_unescape(const char *word, char **ret)
{
        int r = path_unescape(word, ret);

        if (r != -EBADMSG)
                return r;
        *ret = strdup(word);
        return *ret ? 0 : -ENOMEM;
}

static int fstab_add_mount_point(const char *word, struct strv *ret)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (word[0] != '/')
                return 0;
        r = mount_point_unescape(word, &path);
        if (r < 0)
                return r;
        path_simplify(path);
        return path[0] ? strv_take(ret, TAKE_PTR(path)) : 0;
}

/* Returns: the next word of @line, NULL if there is none. */
static char *line_next_word(char **line)
{
        *line += strspn(*line, BLANKS);
        return **line ? strsep(line, BLANKS) : NULL;
}

/* A line that mount(8) would pass over may be what is left of one that mattered. Returns: 0, -EBADMSG, or -ENOMEM. */
static int fstab_parse_line(char *line, struct strv *ret)
{
        const char *device, *path, *type;

        device = line_next_word(&line);
        if (!device || device[0] == '#')
                return 0;
        path = line ? line_next_word(&line) : NULL;
        type = path && line ? line_next_word(&line) : NULL;
        if (!type)
                return -EBADMSG;
        return streq(type, "swap") ? 0 : fstab_add_mount_point(path, ret);
}

int fstab_parse(char *text, struct strv *ret, struct error *error)
{
        char *line;

        assert(text);
        assert(ret);

        for (size_t number = 1; (line = strsep(&text, "\n")); number++) {
                int r = fstab_parse_line(line, ret);

                if (r == -EBADMSG)
                        return error_setf(error, r,
                                          "line %zu has no device, mount point and type; correct it, or remove it",
                                          number);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int fstab_read_text(const struct root *root, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = root_open(root, FSTAB_PATH, O_RDONLY | O_NONBLOCK | O_NOCTTY);

        return fd < 0 ? fd : io_read_all(fd, FSTAB_MAX, ret, ret_size);
}

int fstab_read(const struct root *root, struct strv *ret, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        assert(root);
        assert(ret);

        r = fstab_read_text(root, &text, &size);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return error_errnof(error, r, "can't read %s" FSTAB_PATH, root->path);
        r = strlen(text) < size ? error_setf(&reason, -EBADMSG, "it has NUL bytes; restore it from a backup")
                                : fstab_parse(text, ret, &reason);
        if (r >= 0)
                return 0;
        error_complete(&reason, r);
        return error_setf(error, r, "%s" FSTAB_PATH ": %s", root->path, error_text(&reason));
}
