/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/stage-view.h"

#include "basic/array.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "stage/mount-namespace.h"
#include "stage/mountinfo.h"
#include "stage/overlay.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>

struct view {
        const struct stage *stage;
        size_t area;
        bool read_only;
        bool plain; /* of lower layers only, which needs no work directory and so is faster */
        int base;   /* an overlay in place of the real directory; -EBADF: none */
        struct error *error;
};

struct layers {
        int *lower; /* topmost first; the last one is the real directory */
        size_t n_lower;
        int upper;
        int work;
};

static void layers_done(struct layers *layers)
{
        for (size_t i = 0; i < layers->n_lower; i++)
                fd_closep(&layers->lower[i]);
        free(layers->lower);
        fd_closep(&layers->upper);
        fd_closep(&layers->work);
}

/* Replaces the directory @name of the area @i: one that an earlier overlay used can't be used again. */
static int stage_make_anew(const struct stage *stage, size_t i, const char *name)
{
        char path[64];
        int r;

        snprintf(path, sizeof(path), STAGE_AREAS_DIR "/%zu.%s", i, name);
        r = beneath_remove(stage->dir, path);
        return r < 0 ? r : beneath_make_directories(stage->dir, path);
}

static int fd_duplicate(int fd)
{
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        return copy < 0 ? -errno : copy;
}

/*
 * Opens the directory @name of the area in @stage, which is open as @fd. With a base this runs in a mount namespace of its own, where @fd
 * is on a mount of the other one, so that the directory must be opened by its path.
 */
static int view_open_layer(const struct view *view, const struct stage *stage, const char *name, int fd)
{
        _cleanup_free_ char *path = NULL;

        if (view->base < 0)
                return fd_duplicate(fd);
        if (asprintf(&path, "%s/" STAGE_AREAS_DIR "/%zu.%s", stage->path, view->area, name) < 0)
                return -ENOMEM;
        fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int view_open_upper(const struct view *view, const struct stage *stage)
{
        return view_open_layer(view, stage, "upper", stage->uppers[view->area]);
}

/* Attaches the base in the stage and opens it, since before Linux 6.15 no layer may be on a mount that isn't attached. */
static int view_open_base(const struct view *view)
{
        _cleanup_close_ int made = stage_make_anew(view->stage, view->area, "base/mount");
        _cleanup_close_ int over = made < 0 ? made : view_open_layer(view, view->stage, "base/mount", made);

        if (over < 0)
                return over;
        if (move_mount(view->base, "", over, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
                return -errno;
        return view_open_layer(view, view->stage, "base/mount", made);
}

static int layers_add(struct layers *layers, int fd)
{
        int *grown = fd < 0 ? NULL : array_grow(layers->lower, layers->n_lower, sizeof(int));

        if (fd < 0)
                return fd;
        if (!grown) {
                close(fd);
                return -ENOMEM;
        }
        layers->lower = grown;
        grown[layers->n_lower++] = fd;
        return 0;
}

static int layers_open_writable(const struct view *view, struct layers *layers)
{
        _cleanup_close_ int work = stage_make_anew(view->stage, view->area, "work");

        if (work < 0)
                return work;
        layers->upper = view_open_upper(view, view->stage);
        if (layers->upper < 0)
                return layers->upper;
        return layers->work = view_open_layer(view, view->stage, "work", work);
}

static int layers_open(const struct view *view, struct layers *layers)
{
        const struct stage *stage = view->stage;
        int r;

        r = view->plain ? layers_add(layers, view_open_upper(view, stage)) : layers_open_writable(view, layers);
        for (const struct stage *below = stage->below; r >= 0 && below; below = below->below)
                r = layers_add(layers, view_open_upper(view, below));
        if (r >= 0)
                r = layers_add(layers, view->base < 0 ? fd_duplicate(stage->areas->areas[view->area].fd)
                                                      : view_open_base(view));
        return r;
}

static int view_mount(void *userdata)
{
        const struct view *view = userdata;
        const char *path = view->stage->areas->areas[view->area].path;
        _cleanup_(layers_done) struct layers layers = { .upper = -EBADF, .work = -EBADF };
        int r;

        r = layers_open(view, &layers);
        if (r < 0)
                return error_errnof(view->error, r, "can't open the layers of an overlay over %s", path);
        return overlay_mount(
                &(struct overlay){
                        .lower = layers.lower,
                        .n_lower = layers.n_lower,
                        .upper = layers.upper,
                        .work = layers.work,
                        .read_only = view->read_only,
                        .path = path,
                },
                view->error);
}

/* Mounts an overlay over the real directory to which nothing is written. */
static int stage_mount_base(const struct stage *stage, size_t i, struct error *error)
{
        const struct area *area = &stage->areas->areas[i];
        _cleanup_close_ int upper = stage_make_anew(stage, i, "base/upper"),
                            work = stage_make_anew(stage, i, "base/work");
        const struct overlay overlay = {
                .lower = &area->fd,
                .n_lower = 1,
                .upper = upper,
                .work = work,
                .read_only = true,
                .exported = true,
                .path = area->path,
        };

        if (upper < 0 || work < 0)
                return error_errnof(error, upper < 0 ? upper : work, "can't make the layers of an overlay over %s",
                                    area->path);
        return overlay_mount(&overlay, error);
}

const char *stage_find_in_area(const struct stage *stage, size_t i)
{
        assert(stage);
        assert(i < stage->areas->n);

        return path_inside(stage->path, stage->areas->areas[i].path);
}

/*
 * The kernel refuses a lower layer inside another one (-ELOOP, and a line in its log). The layer of a stage below is one if the real
 * directory contains the stages. The kernel doesn't look for it in an overlay, so the real directory is put into one.
 */
int stage_mount_view(const struct stage *stage, size_t i, bool read_only, struct error *error)
{
        struct view view = { .stage = stage, .area = i, .read_only = read_only, .base = -EBADF, .error = error };
        const char *inside = stage_find_in_area(stage, i);
        _cleanup_close_ int base = -EBADF;
        int r;

        if (read_only && !inside) {
                view.plain = true;
                r = view_mount(&view);
                if (r != -ELOOP)
                        return r;
                view.plain = false;
        }
        if (!stage->below || !inside) {
                r = view_mount(&view);
                if (r != -ELOOP || !stage->below)
                        return r;
        }
        view.base = base = stage_mount_base(stage, i, error);
        return base < 0 ? base : mount_namespace_run(view_mount, &view, error);
}

int stage_open_lower(const struct stage *stage, size_t i, struct error *error)
{
        const struct area *area = &stage->areas->areas[i];
        _cleanup_close_ int view = -EBADF;
        int fd;

        assert(stage);
        assert(i < stage->areas->n);

        if (stage->below) {
                view = stage_mount_view(stage->below, i, true, error);
                if (view < 0)
                        return view;
        }
        fd = openat(view < 0 ? area->fd : view, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? error_errnof(error, -errno, "can't open %s", area->path) : fd;
}
