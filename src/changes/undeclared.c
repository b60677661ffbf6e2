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

int undeclared_check(struct undeclared *undeclared, struct error *error)
{
        _cleanup_free_ char *list = NULL;
        size_t size;
        FILE *stream;

        assert(undeclared);
        if (undeclared->paths.n == 0)
                return 0;
        undeclared_collapse(&undeclared->paths);
        stream = open_memstream(&list, &size);
        if (!stream)
                return -ENOMEM;
        undeclared_print(stream, &undeclared->paths);
        if (memstream_close(stream, &list) < 0)
                return -ENOMEM;
        return error_setf(error, -EPERM,
                          "migrate changed paths that its manifest doesn't declare: %s; add them to \"writes\"", list);
}

void undeclared_done(struct undeclared *undeclared)
{
        strv_done(&undeclared->paths);
}
