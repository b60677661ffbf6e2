/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes.h"

#include "basic/array.h"
#include "basic/path-escape.h"
#include "basic/path.h"
#include "changes/changes-list.h"

#include <stdio.h>

static const char *const kinds[] = {
        [CHANGE_CREATE] = "create", [CHANGE_REPLACE] = "replace",   [CHANGE_REMOVE] = "remove",
        [CHANGE_MOVE] = "move",     [CHANGE_METADATA] = "metadata", [CHANGE_ENTRIES] = "entries",
};

const char *change_kind_to_string(enum change_kind kind)
{
        assert((size_t)kind < ELEMENTSOF(kinds));
        return kinds[kind];
}

int change_kind_from_string(const char *text)
{
        assert(text);
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i], text))
                        return (int)i;
        return -EINVAL;
}

struct change_details change_details_take(struct change_details *details)
{
        struct change_details taken = *details;

        *details = (struct change_details){ 0 };
        return taken;
}

void change_details_done(struct change_details *details)
{
        struct attributes attributes = { .xattrs = details->xattrs, .n_xattrs = details->n_xattrs };

        attributes_done(&attributes);
        free(details->target);
        *details = (struct change_details){ 0 };
}

void change_done(struct change *change)
{
        free(change->path);
        free(change->from);
        free(change->link);
        change_details_done(&change->details_before);
        change_details_done(&change->details_after);
        *change = (struct change){ 0 };
}

void changes_done(struct changes *changes)
{
        for (size_t i = 0; i < changes->n; i++)
                change_done(&changes->changes[i]);
        free(changes->changes);
        strv_done(&changes->notices);
        *changes = (struct changes){ 0 };
}

int changes_add(struct changes *changes, struct change *change)
{
        struct change *grown;

        assert(changes && change);
        grown = array_grow(changes->changes, changes->n, sizeof(*grown));
        if (!grown) {
                change_done(change);
                return -ENOMEM;
        }
        changes->changes = grown;
        grown[changes->n++] = *change;
        *change = (struct change){ 0 };
        return 0;
}

int changes_append(struct changes *changes, struct changes *from)
{
        int r = 0;

        assert(changes && from && changes != from);
        for (size_t i = 0; r >= 0 && i < from->n; i++)
                r = changes_add(changes, &from->changes[i]);
        return r < 0 ? r : strv_add_all(&changes->notices, from->notices.list);
}

size_t changes_count(const struct changes *changes)
{
        size_t n = 0;

        for (size_t i = 0; i < changes->n; i++)
                n += changes->changes[i].kind != CHANGE_ENTRIES;
        return n;
}

static int change_compare_places(const void *a, const void *b)
{
        const struct change *x = a, *y = b;

        return x->area != y->area ? (x->area < y->area ? -1 : 1) : path_compare(x->path, y->path);
}

const struct change *changes_find(const struct changes *changes, size_t area, const char *path)
{
        const struct change key = { .area = area, .path = (char *)(uintptr_t)path }, *found = NULL;

        assert(changes && path);
        if (changes->n > 0)
                found = bsearch(&key, changes->changes, changes->n, sizeof(key), change_compare_places);
        while (found && found > changes->changes && change_compare_places(found - 1, &key) == 0)
                found--;
        return found;
}

/* The order of changes at one path: removed, made, altered. */
static int change_kind_rank(enum change_kind kind)
{
        return kind == CHANGE_REMOVE ? 0 : kind == CHANGE_METADATA ? 2 : kind == CHANGE_ENTRIES ? 3 : 1;
}

static int change_compare(const void *a, const void *b)
{
        const struct change *x = a, *y = b;
        int c = change_compare_places(x, y);

        return c ? c : change_kind_rank(x->kind) - change_kind_rank(y->kind);
}

static void changes_drop_pathless(struct changes *changes)
{
        size_t n = 0;

        for (size_t i = 0; i < changes->n; i++)
                if (changes->changes[i].path)
                        changes->changes[n++] = changes->changes[i];
                else
                        change_done(&changes->changes[i]);
        changes->n = n;
}

void changes_sort(struct changes *changes)
{
        assert(changes);
        changes_drop_pathless(changes);
        if (changes->n > 1)
                qsort(changes->changes, changes->n, sizeof(*changes->changes), change_compare);
}

int changes_merge(struct changes *changes, struct changes *from)
{
        int r = changes_append(changes, from);

        changes_sort(changes);
        return r;
}

int changes_format_path(const struct area *area, const char *path, char **ret)
{
        _cleanup_free_ char *absolute = NULL;

        assert(area && path && ret);
        if (asprintf(&absolute, "%s%s%s", area->path, *path ? "/" : "", path) < 0) {
                absolute = NULL;
                return -ENOMEM;
        }
        return path_escape(absolute, ret);
}

int changes_explain(const struct changes_request *request, const char *path, int code, struct error *error)
{
        _cleanup_free_ char *printed = NULL;

        assert(request && path);
        if (changes_format_path(request->area, path, &printed) < 0)
                return -ENOMEM;
        return error_errnof(error, code, "can't compare %s with the original", printed);
}
