/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/files.h"

#include "basic/array.h"

#include <stdio.h>

static void file_done(const struct dmig_file *file)
{
        free(file->path);
        free(file->from);
        free(file->diff);
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

int files_add(struct dmig_files *files, const struct dmig_file *file)
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
        return 0;
}

/* ---- From changes ---- */

static int64_t file_size(const struct stat *st)
{
        return S_ISREG(st->st_mode) ? st->st_size : -1;
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

int files_add_change(struct dmig_files *files, const char *root, const struct change *change)
{
        bool moved = change->kind == CHANGE_MOVE;
        const struct dmig_file file = {
                .kind = change_kind_to_string(change->kind),
                .path = file_join_path(root, change->path),
                .from = moved ? file_join_path(root, change->from) : NULL,
                .mode_before = change->before.st_mode,
                .mode_after = change->after.st_mode,
                .size_before = file_size(&change->before),
                .size_after = file_size(&change->after),
        };
        int r;

        if (change->kind == CHANGE_ENTRIES || !file.path || (moved && !file.from)) {
                file_done(&file);
                return change->kind == CHANGE_ENTRIES ? 0 : -ENOMEM;
        }
        r = files_add(files, &file);
        return r < 0 ? r : 1;
}

/* ---- The inverse ---- */

static const char *file_invert_kind(const char *kind)
{
        return streq(kind, "create") ? "remove" : streq(kind, "remove") ? "create" : kind;
}

static int files_add_inverse(struct dmig_files *files, const struct dmig_file *file)
{
        const struct dmig_file inverse = {
                .kind = file_invert_kind(file->kind),
                .path = strdup(file->from ? file->from : file->path),
                .from = file->from ? strdup(file->path) : NULL,
                .mode_before = file->mode_after,
                .mode_after = file->mode_before,
                .size_before = file->size_after,
                .size_after = file->size_before,
        };

        if (!inverse.path || (file->from && !inverse.from)) {
                file_done(&inverse);
                return -ENOMEM;
        }
        return files_add(files, &inverse);
}

int files_invert(const struct dmig_files *files, struct dmig_files **ret)
{
        _cleanup_(files_freep) struct dmig_files *inverse = NULL;
        int r;

        assert(files && ret);
        r = files_new(&inverse);
        for (size_t i = 0; r >= 0 && i < files->n; i++)
                r = files_add_inverse(inverse, &files->files[i]);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(inverse);
        return 0;
}

/* ---- deploy-migrate.h ---- */

size_t dmig_files_count(const struct dmig_files *files)
{
        return files ? files->n : 0;
}

const struct dmig_file *dmig_files_get(const struct dmig_files *files, size_t i)
{
        return files && i < files->n ? &files->files[i] : NULL;
}

const char *dmig_file_get_kind(const struct dmig_file *file)
{
        return file ? file->kind : NULL;
}

const char *dmig_file_get_path(const struct dmig_file *file)
{
        return file ? file->path : NULL;
}

const char *dmig_file_get_from(const struct dmig_file *file)
{
        return file ? file->from : NULL;
}

unsigned dmig_file_get_mode_before(const struct dmig_file *file)
{
        return file ? file->mode_before : 0;
}

unsigned dmig_file_get_mode_after(const struct dmig_file *file)
{
        return file ? file->mode_after : 0;
}

int64_t dmig_file_get_size_before(const struct dmig_file *file)
{
        return file ? file->size_before : -1;
}

int64_t dmig_file_get_size_after(const struct dmig_file *file)
{
        return file ? file->size_after : -1;
}

const char *dmig_file_get_diff(const struct dmig_file *file)
{
        return file ? file->diff : NULL;
}
