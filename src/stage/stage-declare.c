/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a migration declares after others that have moved directories, or replaced them by links: the paths are resolved in the stage below. */

#include "basic/io.h"
#include "stage/mount-namespace.h"
#include "stage/stage.h"

#include <fcntl.h>
#include <sys/mount.h>

struct narrowing {
        const struct stage_declaration *declaration;
        const struct stage_mounts *below;
        struct error *error;
};

/* They are sorted, since one hides those in it. */
static int narrowing_attach(const struct narrowing *narrowing)
{
        for (size_t i = 0; i < narrowing->below->n; i++) {
                const struct sandbox_mount *mount = &narrowing->below->mounts[i];

                if (move_mount(mount->fd, "", AT_FDCWD, mount->path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
                        return error_errnof(narrowing->error, -errno, "can't attach the overlay over %s", mount->path);
        }
        return 0;
}

/* Opens the root again, since it is open on the mounts outside. */
static int narrowing_run(void *userdata)
{
        const struct narrowing *narrowing = userdata;
        const struct stage_declaration *declaration = narrowing->declaration;
        _cleanup_(root_done) struct root root = { .fd = -EBADF };
        int r;

        r = narrowing_attach(narrowing);
        if (r < 0)
                return r;
        r = root_init(&root, declaration->root->path[0] ? declaration->root->path : "/");
        if (r < 0)
                return error_errnof(narrowing->error, r, "can't open %s", declaration->root->path);
        return areas_declare(declaration->areas, &root, declaration->writes, narrowing->error);
}

int stage_declare(const struct stage_declaration *declaration, struct error *error)
{
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { 0 };
        struct narrowing narrowing = { declaration, &mounts, error };
        int r;

        assert(declaration->areas && declaration->root);

        if (!declaration->below)
                return areas_declare(declaration->areas, declaration->root, declaration->writes, error);
        r = stage_mount(declaration->below, false, &mounts, error);
        return r < 0 ? r : mount_namespace_run(narrowing_run, &narrowing, error);
}
