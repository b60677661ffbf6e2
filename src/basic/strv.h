/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A list of strings that it owns. */

#include "basic/macro.h"

#include <stddef.h>

/* {} is an empty one. */
struct strv {
        char **list; /* NULL while it is empty, else ended by NULL */
        size_t n;
};

void strv_done(struct strv *strv);
#define _cleanup_strv_ _cleanup_(strv_done)

/* Appends a copy of @text. Returns: 0 or -ENOMEM. */
int strv_add(struct strv *strv, const char *text);
/* Appends @text itself and takes it over, on failure too. Returns: 0, or -ENOMEM, also if @text is NULL. */
int strv_take(struct strv *strv, char *text);
/* Appends a copy of each string of @list, which NULL ends. Returns: 0 or -ENOMEM. */
int strv_add_all(struct strv *strv, char *const *list);
/* Sorts by bytes and drops duplicates. */
void strv_sort(struct strv *strv);
/* Whether the sorted @strv has @text. */
bool strv_has(const struct strv *strv, const char *text);

/* Frees a list that was taken out of a struct strv. Takes NULL. Returns: NULL, always. */
char **strv_free(char **list);
