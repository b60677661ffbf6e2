/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/strv.h"

#include "basic/array.h"

#include <stdarg.h>
#include <stdio.h>

char **strv_free(char **list)
{
        for (char **text = list; text && *text; text++)
                free(*text);
        free(list);
        return NULL;
}

void strv_done(struct strv *strv)
{
        assert(strv);

        strv_free(strv->list);
        *strv = (struct strv){ 0 };
}

struct strv strv_move(struct strv *strv)
{
        struct strv moved;

        assert(strv);

        moved = *strv;
        *strv = (struct strv){ 0 };
        return moved;
}

int strv_take(struct strv *strv, char *text)
{
        char **grown;

        assert(strv);

        /* One more, for the NULL at the end. */
        grown = text ? array_grow(strv->list, strv->n + 1, sizeof(*grown)) : NULL;
        if (!grown) {
                free(text);
                return -ENOMEM;
        }
        strv->list = grown;
        grown[strv->n++] = text;
        grown[strv->n] = NULL;
        return 0;
}

int strv_add(struct strv *strv, const char *text)
{
        assert(text);

        return strv_take(strv, strdup(text));
}

int strv_addf(struct strv *strv, const char *format, ...)
{
        char *text;
        va_list args;
        int r;

        assert(format);

        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        return strv_take(strv, r < 0 ? NULL : text);
}

int strv_add_all(struct strv *strv, char *const *list)
{
        int r = 0;

        for (char *const *text = list; r >= 0 && text && *text; text++)
                r = strv_add(strv, *text);
        return r;
}

static int strv_cmp(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *strv)
{
        size_t n = 0;

        assert(strv);

        if (strv->n == 0)
                return;
        qsort(strv->list, strv->n, sizeof(char *), strv_cmp);
        for (size_t i = 0; i < strv->n; i++)
                if (n > 0 && streq(strv->list[n - 1], strv->list[i]))
                        free(strv->list[i]);
                else
                        strv->list[n++] = strv->list[i];
        strv->n = n;
        strv->list[n] = NULL;
}

bool strv_has(const struct strv *strv, const char *text)
{
        assert(strv);
        assert(text);

        return strv->n > 0 && bsearch(&text, strv->list, strv->n, sizeof(char *), strv_cmp);
}
