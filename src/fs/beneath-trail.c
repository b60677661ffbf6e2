/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/beneath-trail.h"

#include "basic/array.h"
#include "basic/io.h"
#include "basic/path.h"

#include <fcntl.h>

/*
 * A directory stays open if this many bytes of path lie between it and the one above it that does. Shorter paths are looked up as a whole,
 * which costs less than to hold a directory.
 */
#define DISTANCE 128
/* Limits the number of open files. */
#define MARKS_MAX 64

/* An open directory on the way. */
struct beneath_mark {
        int fd;
        size_t length; /* of its path, which is the beginning of the trail's */
};

void beneath_trail_done(struct beneath_trail *trail)
{
        for (size_t i = 0; i < trail->n; i++)
                fd_closep(&trail->marks[i].fd);
        free(trail->marks);
        free(trail->path);
        *trail = (struct beneath_trail){ .dir = trail->dir };
}

void beneath_trail_enter(struct beneath_trail *trail, int dir)
{
        assert(trail);
        if (trail->dir == dir)
                return;
        beneath_trail_done(trail);
        trail->dir = dir;
}

/* Closes the directories that @path, which has @length bytes, isn't in. */
static void beneath_trail_go_back(struct beneath_trail *trail, const char *path, size_t length)
{
        size_t known = 0, i = 0;

        for (; i < trail->n; i++) {
                size_t end = trail->marks[i].length;

                if (end >= length || path[end] != '/' || memcmp(path + known, trail->path + known, end - known) != 0)
                        break;
                known = end;
        }
        while (trail->n > i)
                fd_closep(&trail->marks[--trail->n].fd);
}

/* Closes every other directory of the outer half, since most paths are near the innermost one. */
static void beneath_trail_thin(struct beneath_trail *trail)
{
        size_t n = 0;

        for (size_t i = 0; i < trail->n; i++)
                if (i < trail->n / 2 && i % 2 == 1)
                        fd_closep(&trail->marks[i].fd);
                else
                        trail->marks[n++] = trail->marks[i];
        trail->n = n;
}

static int beneath_trail_add(struct beneath_trail *trail, const char *path, struct beneath_mark mark)
{
        size_t known = trail->n > 0 ? trail->marks[trail->n - 1].length : 0;
        struct beneath_mark *grown = array_grow(trail->marks, trail->n, sizeof(*grown));
        char *longer;

        if (!grown)
                return -ENOMEM;
        trail->marks = grown;
        longer = realloc(trail->path, mark.length + 1);
        if (!longer)
                return -ENOMEM;
        memcpy(longer + known, path + known, mark.length - known);
        longer[mark.length] = '\0';
        trail->path = longer;
        trail->marks[trail->n++] = mark;
        return 0;
}

/* Opens the directory that contains @path, and keeps it. */
static int beneath_trail_go_on(struct beneath_trail *trail, const char *path, size_t length)
{
        size_t start = trail->n > 0 ? trail->marks[trail->n - 1].length + 1 : 0;
        _cleanup_free_ char *between = strndup(path + start, length - start);
        int fd, r;

        if (!between)
                return -ENOMEM;
        fd = beneath_open(trail->n > 0 ? trail->marks[trail->n - 1].fd : trail->dir, between, O_PATH | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        r = beneath_trail_add(trail, path, (struct beneath_mark){ .fd = fd, .length = length });
        if (r < 0)
                close(fd);
        return r;
}

/* Returns: the nearest open directory, with the rest of @path from there, or a negative errno. */
static int beneath_trail_approach(struct beneath_trail *trail, const char *path, const char **ret_rest)
{
        const char *name = path_name(path);
        size_t length = name > path ? (size_t)(name - path) - 1 : 0, last = 0;
        int r;

        beneath_trail_go_back(trail, path, (size_t)(name - path) + strlen(name));
        if (trail->n > 0)
                last = trail->marks[trail->n - 1].length;
        if (length > last + DISTANCE) {
                if (trail->n == MARKS_MAX)
                        beneath_trail_thin(trail);
                r = beneath_trail_go_on(trail, path, length);
                if (r < 0)
                        return r;
        }
        if (trail->n == 0) {
                *ret_rest = path;
                return trail->dir;
        }
        *ret_rest = path + trail->marks[trail->n - 1].length + 1;
        return trail->marks[trail->n - 1].fd;
}

int beneath_trail_open(struct beneath_trail *trail, const char *path, int flags)
{
        const char *rest;
        int dir;

        assert(trail && path);
        dir = beneath_trail_approach(trail, path, &rest);
        return dir < 0 ? dir : beneath_open(dir, rest, flags, 0);
}

int beneath_trail_open_entries(struct beneath_trail *trail, const char *path, DIR **ret)
{
        const char *rest;
        int dir;

        assert(trail && path && ret);
        dir = beneath_trail_approach(trail, path, &rest);
        return dir < 0 ? dir : beneath_open_entries(dir, rest, ret);
}

int beneath_trail_is_fixed(struct beneath_trail *trail, const char *path)
{
        const char *rest;
        int dir;

        assert(trail && path);
        dir = beneath_trail_approach(trail, path, &rest);
        return dir < 0 ? dir : beneath_is_fixed(dir, rest);
}
