/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/stage.h"

#include "basic/array.h"
#include "basic/path.h"
#include "fs/attributes.h"
#include "fs/beneath.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/statvfs.h>

static void stage_rename_done(struct stage_rename *rename)
{
        free(rename->path);
        free(rename->from);
}

/* Sets @error to "can't WHAT DIRECTORY". Returns: @code. */
static int stage_set_error(int dir, int code, const char *what, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        if (fd_get_path(dir, &path) < 0)
                return code;
        return error_errnof(error, code, "can't %s %s", what, path);
}

/* ---- Making a stage ---- */

/* The upper layer's root gets the attributes of the directory below, which the overlay's root shows. */
static int stage_make_upper(struct stage *stage, size_t i)
{
        _cleanup_attributes_ struct attributes attributes = { 0 };
        int over = stage->below ? stage->below->uppers[i] : stage->areas->areas[i].fd, r;
        char name[64];

        snprintf(name, sizeof(name), STAGE_AREAS_DIR "/%zu.upper", i);
        r = stage->uppers[i] = beneath_make_directories(stage->dir, name);
        if (r >= 0)
                r = attributes_read(over, &attributes);
        return r < 0 ? r : attributes_apply(stage->uppers[i], &attributes);
}

/* The clock of the file system is coarser than the others, by which a file made now could seem to be older than the stage. */
static int stage_note_begin(struct stage *stage)
{
        struct stat st;

        if (futimens(stage->dir, NULL) < 0 || fstat(stage->dir, &st) < 0)
                return -errno;
        stage->begin = st.st_mtim;
        return 0;
}

static int stage_make_uppers(struct stage *stage)
{
        int r = 0;

        stage->kept = calloc(stage->areas->n + 1, sizeof(bool));
        stage->uppers = malloc((stage->areas->n + 1) * sizeof(int));
        if (!stage->kept || !stage->uppers) {
                free(TAKE_PTR(stage->uppers)); /* which has no descriptors yet */
                return -ENOMEM;
        }
        for (size_t i = 0; i < stage->areas->n; i++)
                stage->uppers[i] = -EBADF;
        for (size_t i = 0; r >= 0 && i < stage->areas->n; i++)
                r = stage_make_upper(stage, i);
        return r < 0 ? r : stage_note_begin(stage);
}

int stage_new(const struct stage_request *request, struct stage **ret, struct error *error)
{
        _cleanup_(stage_freep) struct stage *stage = NULL;
        int r;

        assert(request->name);
        assert(request->areas);
        assert(ret);

        stage = malloc(sizeof(*stage));
        if (!stage)
                return -ENOMEM;
        *stage = (struct stage){ .dir = -EBADF, .areas = request->areas, .below = request->below };

        r = beneath_remove(request->state, request->name);
        if (r < 0)
                return stage_set_error(request->state, r, "remove an earlier stage in", error);
        r = stage->dir = beneath_make_directories(request->state, request->name);
        if (r < 0)
                return stage_set_error(request->state, r, "make a stage in", error);
        r = fd_get_path(stage->dir, &stage->path);
        if (r >= 0)
                r = stage_make_uppers(stage);
        if (r < 0)
                return stage_set_error(stage->dir, r, "make the upper layers of", error);
        *ret = TAKE_PTR(stage);
        return 0;
}

struct stage *stage_free(struct stage *stage)
{
        if (!stage)
                return NULL;
        for (size_t i = 0; stage->uppers && i < stage->areas->n; i++)
                fd_closep(&stage->uppers[i]);
        fd_closep(&stage->dir);
        for (size_t i = 0; i < stage->n_renames; i++)
                stage_rename_done(&stage->renames[i]);
        free(stage->renames);
        free(stage->uppers);
        free(stage->kept);
        free(stage->path);
        free(stage);
        return NULL;
}

/* ---- Renames ---- */

int stage_add_rename(struct stage *stage, const struct stage_rename *rename)
{
        struct stage_rename *grown, copy = { 0 };

        assert(stage && rename && rename->path);
        copy.area = rename->area;
        grown = array_grow(stage->renames, stage->n_renames, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        stage->renames = grown;
        copy.path = strdup(rename->path);
        copy.from = rename->from ? strdup(rename->from) : NULL;
        if (!copy.path || (rename->from && !copy.from)) {
                stage_rename_done(&copy);
                return -ENOMEM;
        }
        grown[stage->n_renames++] = copy;
        return 0;
}

static int stage_rename_compare(const void *a, const void *b)
{
        const struct stage_rename *x = a, *y = b;

        return x->area != y->area ? (x->area < y->area ? -1 : 1) : path_compare(x->path, y->path);
}

/* Finds the rename of the file itself, or else of the innermost directory that it is in. */
static const struct stage_rename *stage_find_rename(const struct stage *stage, size_t area, char *path)
{
        const struct stage_rename key = { .area = area, .path = path }, *found = NULL;

        for (char *end = path + strlen(path); !found && end && stage->n_renames > 0; end = strrchr(path, '/')) {
                *end = '\0';
                found = bsearch(&key, stage->renames, stage->n_renames, sizeof(key), stage_rename_compare);
        }
        return found;
}

/* As stage_trace(), through this stage alone; replaces @path. */
static int stage_trace_once(const struct stage *stage, size_t area, char **path)
{
        _cleanup_free_ char *cut = strdup(*path);
        const struct stage_rename *rename;
        char *from;

        if (!cut)
                return -ENOMEM;
        rename = stage_find_rename(stage, area, cut);
        if (!rename)
                return 1;
        if (!rename->from)
                return 0;
        if (asprintf(&from, "%s%s", rename->from, *path + strlen(rename->path)) < 0)
                return -ENOMEM;
        free(*path);
        *path = from;
        return 1;
}

int stage_trace(const struct stage *stage, size_t area, const char *path, char **ret)
{
        _cleanup_free_ char *traced = NULL;
        int r;

        assert(path && ret);
        traced = strdup(path);
        r = traced ? 1 : -ENOMEM;
        for (; r > 0 && stage; stage = stage->below)
                r = stage_trace_once(stage, area, &traced);
        if (r > 0)
                *ret = TAKE_PTR(traced);
        return r;
}

/* ---- Space ---- */

#define SPACE_LOW (1024U * 1024U)

/* Includes the blocks reserved for root, which migrations may use. */
static uint64_t statvfs_get_free(const struct statvfs *vfs)
{
        return (uint64_t)vfs->f_bfree * vfs->f_frsize;
}

int stage_is_full(const struct stage *stage)
{
        struct statvfs vfs;

        assert(stage);

        if (fstatvfs(stage->dir, &vfs) < 0)
                return -errno;
        return statvfs_get_free(&vfs) < SPACE_LOW;
}

const char *stage_explain_space(const struct stage *stage, char *buffer, size_t size)
{
        struct statvfs vfs;
        uint64_t free_bytes;

        assert(stage);
        assert(size > 0);

        buffer[0] = '\0';
        if (fstatvfs(stage->dir, &vfs) < 0)
                return buffer;
        free_bytes = statvfs_get_free(&vfs);
        if (free_bytes >= SPACE_LOW && vfs.f_bfree >= vfs.f_blocks / 100)
                return buffer;
        snprintf(buffer, size, "; only %" PRIu64 " KiB are free on the file system of %s", free_bytes / 1024,
                 stage->path);
        return buffer;
}
