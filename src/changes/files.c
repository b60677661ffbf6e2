/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/files.h"

#include "basic/array.h"
#include "basic/path.h"

#include <stdio.h>

static void xattrs_done(struct dmig_xattr *xattrs, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(xattrs[i].name);
                free(xattrs[i].before);
                free(xattrs[i].after);
        }
        free(xattrs);
}

static void file_done(struct dmig_file *file)
{
        free(file->path);
        free(file->from);
        free(file->before.target);
        free(file->after.target);
        xattrs_done(file->xattrs, file->n_xattrs);
        free(file->diff);
        *file = (struct dmig_file){ 0 };
}

int files_new(struct dmig_files **ret)
{
        struct dmig_files *files;

        assert(ret);
        files = calloc(1, sizeof(*files));
        if (!files)
                return -ENOMEM;
        *ret = files;
        return 0;
}

struct dmig_files *files_free(struct dmig_files *files)
{
        if (!files)
                return NULL;
        for (size_t i = 0; i < files->n; i++)
                file_done(&files->files[i]);
        free(files->files);
        free(files);
        return NULL;
}

int files_add(struct dmig_files *files, struct dmig_file *file)
{
        struct dmig_file *grown;

        assert(files && file);
        grown = array_grow(files->files, files->n, sizeof(*grown));
        if (!grown) {
                file_done(file);
                return -ENOMEM;
        }
        files->files = grown;
        grown[files->n++] = *file;
        *file = (struct dmig_file){ 0 };
        return 0;
}

/* ---- Extended attributes ---- */

/* Copies text or other bytes. NULL stays NULL. Returns: 0 or -ENOMEM. */
static int value_copy(const void *value, size_t size, void **ret)
{
        if (!value)
                return 0;
        *ret = malloc(size + 1);
        if (!*ret)
                return -ENOMEM;
        memcpy(*ret, value, size);
        return 0;
}

/* Adds copies of what @xattr borrows. Returns: 0 or -ENOMEM. */
static int file_add_xattr(struct dmig_file *file, const struct dmig_xattr *xattr)
{
        struct dmig_xattr *grown = array_grow(file->xattrs, file->n_xattrs, sizeof(*grown)), *added;
        int r;

        if (!grown)
                return -ENOMEM;
        file->xattrs = grown;
        added = &grown[file->n_xattrs++];
        *added = (struct dmig_xattr){
                .name = strdup(xattr->name),
                .size_before = xattr->size_before,
                .size_after = xattr->size_after,
        };
        r = added->name ? value_copy(xattr->before, xattr->size_before, &added->before) : -ENOMEM;
        return r < 0 ? r : value_copy(xattr->after, xattr->size_after, &added->after);
}

/* Merges the two sorted lists. */
static int file_add_xattrs(struct dmig_file *file, const struct change_details *before,
                           const struct change_details *after)
{
        int r = 0;

        for (size_t i = 0, j = 0; r >= 0 && (i < before->n_xattrs || j < after->n_xattrs);) {
                const struct xattr *old = i < before->n_xattrs ? &before->xattrs[i] : NULL,
                                   *new = j < after->n_xattrs ? &after->xattrs[j] : NULL;
                int c = !old ? 1 : !new ? -1 : strcmp(old->name, new->name);
                struct dmig_xattr xattr = { 0 };

                assert(old || new);
                xattr.name = c <= 0 ? old->name : new->name;
                if (c <= 0) {
                        xattr.before = old->value;
                        xattr.size_before = old->size;
                        i++;
                }
                if (c >= 0) {
                        xattr.after = new->value;
                        xattr.size_after = new->size;
                        j++;
                }
                r = file_add_xattr(file, &xattr);
        }
        return r;
}

/* ---- From changes ---- */

static int side_init(const struct stat *st, const struct change_details *details, struct file_side *ret)
{
        *ret = (struct file_side){
                .mode = st->st_mode,
                .uid = st->st_uid,
                .gid = st->st_gid,
                .size = S_ISREG(st->st_mode) ? st->st_size : -1,
                .target = details->target ? strdup(details->target) : NULL,
        };
        return details->target && !ret->target ? -ENOMEM : 0;
}

/* @root may be "/", and @path "", which is the root itself. */
static char *file_join_path(const char *root, const char *path)
{
        bool slash = root[0] && root[strlen(root) - 1] == '/';
        char *joined;

        if (!*path)
                return strdup(root);
        return asprintf(&joined, "%s%s%s", root, slash ? "" : "/", path) < 0 ? NULL : joined;
}

static int file_init(struct dmig_file *file, const char *root, const struct change *change)
{
        bool moved = change->kind == CHANGE_MOVE;
        int r;

        file->kind = change_kind_to_string(change->kind);
        file->path = file_join_path(root, change->path);
        if (moved)
                file->from = file_join_path(root, change->from);
        r = file->path && (!moved || file->from) ? 0 : -ENOMEM;
        if (r >= 0)
                r = side_init(&change->before, &change->details_before, &file->before);
        if (r >= 0)
                r = side_init(&change->after, &change->details_after, &file->after);
        return r < 0 ? r : file_add_xattrs(file, &change->details_before, &change->details_after);
}

int files_add_change(struct dmig_files *files, const char *root, const struct change *change)
{
        struct dmig_file file = { 0 };
        int r;

        assert(files && root && change);
        if (change->kind == CHANGE_ENTRIES)
                return 0;
        r = file_init(&file, root, change);
        if (r < 0) {
                file_done(&file);
                return r;
        }
        r = files_add(files, &file);
        return r < 0 ? r : 1;
}

static int file_compare(const void *a, const void *b)
{
        return path_compare(((const struct dmig_file *)a)->path, ((const struct dmig_file *)b)->path);
}

void files_sort(struct dmig_files *files)
{
        size_t n = 0;

        if (!files || files->n == 0)
                return;
        qsort(files->files, files->n, sizeof(*files->files), file_compare);
        for (size_t i = 0; i < files->n; i++)
                if (n > 0 && streq(files->files[n - 1].path, files->files[i].path))
                        file_done(&files->files[i]);
                else
                        files->files[n++] = files->files[i];
        files->n = n;
}

/* ---- The inverse ---- */

static const char *file_invert_kind(const char *kind)
{
        return streq(kind, "create") ? "remove" : streq(kind, "remove") ? "create" : kind;
}

static int side_copy(const struct file_side *side, struct file_side *ret)
{
        *ret = *side;
        ret->target = side->target ? strdup(side->target) : NULL;
        return side->target && !ret->target ? -ENOMEM : 0;
}

static int file_init_inverse(struct dmig_file *inverse, const struct dmig_file *file)
{
        int r;

        inverse->kind = file_invert_kind(file->kind);
        inverse->path = strdup(file->from ? file->from : file->path);
        if (file->from)
                inverse->from = strdup(file->path);
        r = inverse->path && (!file->from || inverse->from) ? 0 : -ENOMEM;
        if (r >= 0)
                r = side_copy(&file->after, &inverse->before);
        if (r >= 0)
                r = side_copy(&file->before, &inverse->after);
        for (size_t i = 0; r >= 0 && i < file->n_xattrs; i++) {
                const struct dmig_xattr *xattr = &file->xattrs[i];

                r = file_add_xattr(inverse, &(const struct dmig_xattr){ .name = xattr->name,
                                                                        .before = xattr->after,
                                                                        .after = xattr->before,
                                                                        .size_before = xattr->size_after,
                                                                        .size_after = xattr->size_before });
        }
        return r;
}

int files_invert(const struct dmig_files *files, struct dmig_files **ret)
{
        _cleanup_(files_freep) struct dmig_files *inverse = NULL;
        int r;

        assert(files && ret);
        r = files_new(&inverse);
        for (size_t i = 0; r >= 0 && i < files->n; i++) {
                struct dmig_file file = { 0 };

                r = file_init_inverse(&file, &files->files[i]);
                if (r < 0)
                        file_done(&file);
                else
                        r = files_add(inverse, &file);
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(inverse);
        return 0;
}
