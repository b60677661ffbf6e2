/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/strv.h"

#include "basic/array.h"

char **strv_free(char **list)
{
        for (char **text = list; text && *text; text++)
                free(*text);
        free(list);
        return NULL;
}

void strv_done(struct strv *strv)
{
        strv_free(strv->list);
        *strv = (struct strv){ 0 };
}

int strv_take(struct strv *strv, char *text)
{
        /* One more, for the NULL at the end. */
        char **grown = text ? array_grow(strv->list, strv->n + 1, sizeof(*grown)) : NULL;

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
        return strv_take(strv, strdup(text));
}

int strv_add_all(struct strv *strv, char *const *list)
{
        int r = 0;

        for (char *const *text = list; r >= 0 && text && *text; text++)
                r = strv_add(strv, *text);
        return r;
}

static int strv_compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *strv)
{
        size_t n = 0;

        if (strv->n == 0)
                return;
        qsort(strv->list, strv->n, sizeof(char *), strv_compare);
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
        return strv->n > 0 && bsearch(&text, strv->list, strv->n, sizeof(char *), strv_compare);
}
