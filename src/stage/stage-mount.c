/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From a stage to the mounts that a sandbox attaches: its areas' overlays, and the paths in them that stay the system's own (shields). */

#include "basic/io.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "stage/mountinfo.h"
#include "stage/stage-view.h"

/* ---- Shields ---- */

/*
 * Through an overlay the layers of a stage can't be opened, so in an area that contains the stages they would look like a broken file
 * system. The directory that they are in stays the system's own.
 */
static int shields_add_stages(struct strv *shields, const struct stage *stage, size_t i)
{
        const char *inside = stage_find_in_area(stage, i);
        size_t n = inside ? (size_t)(path_name(inside) - inside) : 0;

        return inside ? strv_addf(shields, "%.*s", n > 0 ? (int)n - 1 : (int)strlen(inside), inside) : 0;
}

/* An overlay doesn't include the file systems that are mounted in the area. */
static int shields_add(struct strv *shields, const struct stage *stage, size_t i)
{
        const struct area *area = &stage->areas->areas[i];
        int r = strv_add_all(shields, area->mounts.list);

        return r < 0 ? r : shields_add_stages(shields, stage, i);
}

/* ---- Mounts ---- */

void stage_mounts_done(struct stage_mounts *mounts)
{
        for (size_t i = 0; i < mounts->n; i++) {
                fd_closep(&mounts->mounts[i].fd);
                strv_done(&mounts->mounts[i].shields);
        }
        free(mounts->mounts);
        *mounts = (struct stage_mounts){ 0 };
}

bool stage_mounts_contain(const struct stage_mounts *mounts, const char *path)
{
        assert(mounts && path);

        for (size_t i = 0; i < mounts->n; i++)
                if (path_is_within(path, mounts->mounts[i].path))
                        return true;
        return false;
}

/* Whether the stage changes nothing in the area, so that checking needs no overlay of it, which takes a millisecond. */
static int stage_is_untouched(const struct stage *stage, size_t i)
{
        int r = !area_allows(&stage->areas->areas[i], "");

        for (; r > 0 && stage; stage = stage->below)
                r = beneath_is_empty(stage->uppers[i], "");
        return r;
}

/* Adds the overlay of the area @i to @mounts. */
static int stage_mount_area(const struct stage *stage, size_t i, struct stage_mounts *mounts, struct error *error)
{
        struct sandbox_mount *mount = &mounts->mounts[mounts->n++];
        int r;

        *mount = (struct sandbox_mount){ .path = stage->areas->areas[i].path, .fd = -EBADF };
        r = shields_add(&mount->shields, stage, i);
        if (r < 0)
                return r;
        return mount->fd = stage_mount_view(stage, i, !mounts->writable, error);
}

int stage_mount(const struct stage *stage, bool writable, struct stage_mounts *ret, struct error *error)
{
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { .writable = writable };

        assert(stage);
        assert(ret);

        mounts.mounts = calloc(stage->areas->n + 1, sizeof(*mounts.mounts));
        if (!mounts.mounts)
                return -ENOMEM;
        for (size_t i = 0; i < stage->areas->n; i++) {
                const char *path = stage->areas->areas[i].path;
                int r = 0;

                /* An overlay hides the areas below it. */
                if (!writable && !stage_mounts_contain(&mounts, path))
                        r = stage_is_untouched(stage, i);

                if (r > 0)
                        continue;
                if (r < 0)
                        return error_errnof(error, r, "can't list the changes of %s", path);
                r = stage_mount_area(stage, i, &mounts, error);
                if (r < 0)
                        return r;
        }
        *ret = mounts;
        mounts = (struct stage_mounts){ 0 };
        return 0;
}
