/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-layer.h"

#include "basic/array.h"
#include "basic/path.h"
#include "fs/attributes.h"
#include "fs/overlay-attribute.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/* ---- Paths and entries ----------------------------------------------------------------------- */

int changes_layer_stat(int dir, const char *name, struct stat *ret)
{
        struct stat st = { 0 };

        assert(name && ret);
        if (dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
                return -errno;
        *ret = stat_is_whiteout(&st) ? (struct stat){ 0 } : st;
        return ret->st_mode != 0;
}

/* ---- Directories ----------------------------------------------------------------------------- */

void changes_layer_done(struct changes_layer *layer)
{
        for (size_t i = 0; i < layer->n; i++) {
                free(layer->dirs[i].path);
                free(layer->dirs[i].before);
        }
        free(layer->dirs);
        free(layer->moved);
        *layer = (struct changes_layer){ 0 };
}

/* Reads an attribute of overlayfs. Returns: 1, 0 if the directory doesn't have it, or a negative errno. */
static int layer_dir_read_xattr(int fd, const char *name, char ret[static PATH_MAX])
{
        ssize_t n = overlay_attribute_get(fd, name, ret, PATH_MAX - 1);

        if (n < 0)
                return errno == ENODATA || errno == ENOTSUP ? 0 : -errno;
        ret[n] = '\0';
        return 1;
}

/* Finds the lower path that overlayfs merges the directory with; @ret is NULL if there is none. */
static int layer_dir_find_target(const struct changes_layer *layer, const struct layer_dir *dir, int fd, char **ret)
{
        const struct layer_dir *parent = &layer->dirs[dir->parent];
        const char *name = path_name(dir->path);
        char value[PATH_MAX];
        int r;

        r = layer_dir_read_xattr(fd, "opaque", value);
        if (r < 0 || (r > 0 && streq(value, "y"))) {
                *ret = NULL;
                return r < 0 ? r : 0;
        }
        r = layer_dir_read_xattr(fd, "redirect", value);
        if (r < 0)
                return r;
        if (r > 0)
                name = value;
        if (*name == '/')
                return path_join("", name + 1, ret);
        if (parent->merged)
                return path_join(parent->before, name, ret);
        *ret = NULL;
        return 0;
}

static int layer_has_lower(struct beneath_trail *lower, const char *path)
{
        _cleanup_close_ int fd = beneath_trail_open(lower, path, O_PATH | O_DIRECTORY);

        return fd >= 0 ? 1 : beneath_is_nowhere(fd) ? 0 : fd;
}

static bool layer_dir_is_in_place(const struct changes_layer *layer, const struct layer_dir *dir, const char *target)
{
        const struct layer_dir *parent = &layer->dirs[dir->parent];
        const char *name = path_name(target);
        size_t n = name > target ? (size_t)(name - target) - 1 : 0;

        return parent->merged && streq(name, path_name(dir->path)) && n == strlen(parent->before) &&
               memcmp(target, parent->before, n) == 0;
}

static int layer_dir_merge(const struct changes_layer *layer, struct beneath_trail *lower, struct layer_dir *dir,
                           int fd)
{
        _cleanup_free_ char *target = NULL;
        bool is_root = dir == layer->dirs;
        int r;

        r = is_root ? path_join("", "", &target) : layer_dir_find_target(layer, dir, fd, &target);
        if (r < 0 || !target)
                return r;
        r = layer_has_lower(lower, target);
        if (r <= 0)
                return r;
        dir->merged = dir->compared = true;
        dir->moved = !is_root && !layer_dir_is_in_place(layer, dir, target);
        dir->before = TAKE_PTR(target);
        return 0;
}

static int changes_layer_add(struct changes_layer *layer, size_t parent, char *path)
{
        struct layer_dir *grown = array_grow(layer->dirs, layer->n, sizeof(*grown));

        if (!grown) {
                free(path);
                return -ENOMEM;
        }
        layer->dirs = grown;
        grown[layer->n++] = (struct layer_dir){ .path = path, .parent = parent };
        return 0;
}

static int changes_layer_add_children(struct changes_layer *layer, size_t parent, DIR *dir)
{
        const struct dirent *entry;
        char *path;
        int r;

        layer->dirs[parent].child = layer->n;
        while ((r = beneath_next(dir, &entry)) > 0) {
                r = beneath_type(dir, entry);
                if (r < 0)
                        return r;
                if (r != DT_DIR)
                        continue;
                r = path_join(layer->dirs[parent].path, entry->d_name, &path);
                if (r >= 0)
                        r = changes_layer_add(layer, parent, path);
                if (r < 0)
                        return r;
                layer->dirs[parent].n_children++;
        }
        return r;
}

void layer_trails_done(struct layer_trails *trails)
{
        beneath_trail_done(&trails->upper);
        beneath_trail_done(&trails->lower);
}

static int changes_layer_read_dir(struct layer_trails *trails, struct changes_layer *layer, size_t i)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        int r;

        r = beneath_trail_open_entries(&trails->upper, layer->dirs[i].path, &dir);
        if (r < 0)
                return r;
        r = layer_dir_merge(layer, &trails->lower, &layer->dirs[i], dirfd(dir));
        return r < 0 ? r : changes_layer_add_children(layer, i, dir);
}

static int changes_layer_compare_moved(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int changes_layer_collect_moved(struct changes_layer *layer)
{
        layer->moved = calloc(layer->n, sizeof(*layer->moved));
        if (!layer->moved)
                return -ENOMEM;
        for (size_t i = 0; i < layer->n; i++)
                if (layer->dirs[i].moved)
                        layer->moved[layer->n_moved++] = layer->dirs[i].before;
        qsort(layer->moved, layer->n_moved, sizeof(*layer->moved), changes_layer_compare_moved);
        return 0;
}

bool changes_layer_was_moved(const struct changes_layer *layer, const char *before)
{
        assert(layer && before);
        return bsearch(&before, layer->moved, layer->n_moved, sizeof(*layer->moved), changes_layer_compare_moved);
}

int changes_layer_read(const struct changes_request *request, struct layer_trails *trails, struct changes_layer *ret,
                       struct error *error)
{
        _cleanup_(changes_layer_done) struct changes_layer layer = { 0 };
        char *root;
        int r;

        assert(request && request->upper >= 0 && request->lower >= 0 && ret);
        r = path_join("", "", &root);
        if (r >= 0)
                r = changes_layer_add(&layer, 0, root);
        for (size_t i = 0; r >= 0 && i < layer.n; i++) {
                r = changes_layer_read_dir(trails, &layer, i);
                if (r < 0)
                        return changes_explain(request, layer.dirs[i].path, r, error);
        }
        if (r >= 0)
                r = changes_layer_collect_moved(&layer);
        if (r < 0)
                return r;
        *ret = layer;
        layer = (struct changes_layer){ 0 };
        return 0;
}
