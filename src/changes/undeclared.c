/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/undeclared.h"

#include "basic/memstream.h"
#include "basic/path.h"
#include "basic/utf8.h"

#include <stdio.h>

/* The message ends up in one line of the history. */
#define SHOWN_MAX      100
#define SHOWN_SIZE_MAX 8192

static bool text_is_utf8(const char *text)
{
        size_t left = strlen(text), n;
        uint32_t character;

        for (; left > 0; text += n, left -= n)
                if ((n = utf8_decode(text, left, &character)) == 0)
                        return false;
        return true;
}

int undeclared_add(struct undeclared *undeclared, const struct area *area, const char *path)
{
        _cleanup_free_ char *whole = NULL;
        const char *below;

        assert(undeclared && undeclared->root && area && path);
        if (asprintf(&whole, "%s%s%s", area->path, *path ? "/" : "", path) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        below = str_startswith(whole, undeclared->root->path);
        if (!below)
                below = whole;
        /* JSON can't name other bytes, so such a file is declared with its directory. */
        while (!text_is_utf8(below))
                *strrchr(below, '/') = '\0';
        return strv_add(&undeclared->paths, *below ? below : "/");
}

static int undeclared_compare(const void *a, const void *b)
{
        return path_compare(*(const char *const *)a, *(const char *const *)b);
}

/* Drops the paths that lie in another one of the list. */
static void undeclared_collapse(struct strv *paths)
{
        size_t n = 1;

        qsort(paths->list, paths->n, sizeof(*paths->list), undeclared_compare);
        for (size_t i = 1; i < paths->n; i++) {
                if (path_is_within(paths->list[i], paths->list[n - 1]))
                        free(paths->list[i]);
                else
                        paths->list[n++] = paths->list[i];
        }
        paths->list[n] = NULL;
        paths->n = n;
}

static void text_print_json(FILE *stream, const char *text)
{
        fputc('"', stream);
        for (; *text; text++) {
                if ((unsigned char)*text < ' ' || *text == '\x7f')
                        fprintf(stream, "\\u%04x", (unsigned)*text);
                else
                        fprintf(stream, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        }
        fputc('"', stream);
}

static void undeclared_print(FILE *stream, const struct strv *paths)
{
        size_t size = 0, i;

        fputc('[', stream);
        for (i = 0; i < paths->n && i < SHOWN_MAX && (i == 0 || size < SHOWN_SIZE_MAX); i++) {
                size += strlen(paths->list[i]);
                fputs(i > 0 ? "," : "", stream);
                text_print_json(stream, paths->list[i]);
        }
        fputc(']', stream);
        if (i < paths->n)
                fprintf(stream, " and %zu more", paths->n - i);
}

/* Moves those out of @paths that no manifest can declare. */
static int undeclared_part(struct strv *paths, struct strv *ret)
{
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < paths->n; i++) {
                if (path_touches_state(paths->list[i]) && r >= 0)
                        r = strv_take(ret, paths->list[i]);
                else
                        paths->list[n++] = paths->list[i];
        }
        paths->list[n] = NULL;
        paths->n = n;
        return r;
}

static int undeclared_format(const struct strv *paths, char **ret)
{
        size_t size;
        FILE *stream = open_memstream(ret, &size);

        if (!stream)
                return -ENOMEM;
        undeclared_print(stream, paths);
        return memstream_close(stream, ret);
}

int undeclared_check(struct undeclared *undeclared, struct error *error)
{
        _cleanup_free_ char *list = NULL, *forbidden_list = NULL;
        _cleanup_strv_ struct strv forbidden = { 0 };
        int r;

        assert(undeclared);
        if (undeclared->paths.n == 0)
                return 0;
        undeclared_collapse(&undeclared->paths);
        r = undeclared_part(&undeclared->paths, &forbidden);
        if (r >= 0)
                r = undeclared_format(&undeclared->paths, &list);
        if (r >= 0)
                r = undeclared_format(&forbidden, &forbidden_list);
        if (r < 0)
                return r;
        if (forbidden.n == 0)
                return error_setf(error, -EPERM,
                                  "migrate changed paths that its manifest doesn't declare: %s; add them to \"writes\"",
                                  list);
        return error_setf(
                error, -EPERM,
                "migrate changed %s, which contains or is in " STATE_DIR
                " and can't be declared%s%s%s; leave that as it is, and keep the package's data elsewhere",
                forbidden_list, undeclared->paths.n > 0 ? ", and paths that its manifest doesn't declare: " : "",
                undeclared->paths.n > 0 ? list : "", undeclared->paths.n > 0 ? ", which go into \"writes\"" : "");
}

void undeclared_done(struct undeclared *undeclared)
{
        strv_done(&undeclared->paths);
}
