/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A list of strings that it owns. */

#include "basic/macro.h"

#include <stddef.h>

/* { 0 } is an empty list. */
struct strv {
        char **list; /* ends with NULL; NULL itself while the list is empty */
        size_t n;
};

void strv_done(struct strv *strv);
#define _cleanup_strv_ _cleanup_(strv_done)

/* Appends a copy of @text. Returns: 0 or -ENOMEM. */
_must_check_ int strv_add(struct strv *strv, const char *text);
/* Appends the formatted text. Returns: 0 or -ENOMEM. */
_must_check_ int strv_addf(struct strv *strv, const char *format, ...) _printf_(2, 3);
/* Appends @text itself and takes it over, on failure too. Returns: 0, or -ENOMEM, also if @text is NULL. */
_must_check_ int strv_take(struct strv *strv, char *text);
/* Appends a copy of each string of @list, which ends with NULL; a NULL @list is empty. Returns: 0 or -ENOMEM. */
_must_check_ int strv_add_all(struct strv *strv, char *const *list);
/* Sorts by bytes and drops duplicates. */
void strv_sort(struct strv *strv);
/* Whether the sorted @strv has @text. */
bool strv_has(const struct strv *strv, const char *text);

/* Returns: the list of @strv, which is empty afterwards. */
struct strv strv_move(struct strv *strv);

/* Frees a list that was taken out of a struct strv. Takes NULL. Returns: NULL, always. */
char **strv_free(char **list);
