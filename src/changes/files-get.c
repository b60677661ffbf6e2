/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The accessors of deploy-migrate.h for changed files. */

#include "changes/files.h"

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
        return file ? file->before.mode : 0;
}

unsigned dmig_file_get_mode_after(const struct dmig_file *file)
{
        return file ? file->after.mode : 0;
}

static int64_t side_get_uid(const struct file_side *side)
{
        return side->mode ? (int64_t)side->uid : -1;
}

static int64_t side_get_gid(const struct file_side *side)
{
        return side->mode ? (int64_t)side->gid : -1;
}

int64_t dmig_file_get_uid_before(const struct dmig_file *file)
{
        return file ? side_get_uid(&file->before) : -1;
}

int64_t dmig_file_get_uid_after(const struct dmig_file *file)
{
        return file ? side_get_uid(&file->after) : -1;
}

int64_t dmig_file_get_gid_before(const struct dmig_file *file)
{
        return file ? side_get_gid(&file->before) : -1;
}

int64_t dmig_file_get_gid_after(const struct dmig_file *file)
{
        return file ? side_get_gid(&file->after) : -1;
}

int64_t dmig_file_get_size_before(const struct dmig_file *file)
{
        return file ? file->before.size : -1;
}

int64_t dmig_file_get_size_after(const struct dmig_file *file)
{
        return file ? file->after.size : -1;
}

const char *dmig_file_get_target_before(const struct dmig_file *file)
{
        return file ? file->before.target : NULL;
}

const char *dmig_file_get_target_after(const struct dmig_file *file)
{
        return file ? file->after.target : NULL;
}

const char *dmig_file_get_diff(const struct dmig_file *file)
{
        return file ? file->diff : NULL;
}

size_t dmig_file_count_xattrs(const struct dmig_file *file)
{
        return file ? file->n_xattrs : 0;
}

const struct dmig_xattr *dmig_file_get_xattr(const struct dmig_file *file, size_t i)
{
        return file && i < file->n_xattrs ? &file->xattrs[i] : NULL;
}

const char *dmig_xattr_get_name(const struct dmig_xattr *xattr)
{
        return xattr ? xattr->name : NULL;
}

static const void *value_get(const void *value, size_t size, size_t *ret_size)
{
        if (value && ret_size)
                *ret_size = size;
        return value;
}

const void *dmig_xattr_get_before(const struct dmig_xattr *xattr, size_t *ret_size)
{
        return xattr ? value_get(xattr->before, xattr->size_before, ret_size) : NULL;
}

const void *dmig_xattr_get_after(const struct dmig_xattr *xattr, size_t *ret_size)
{
        return xattr ? value_get(xattr->after, xattr->size_after, ret_size) : NULL;
}
