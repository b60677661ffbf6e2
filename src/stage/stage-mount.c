/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From a stage to the mounts that a sandbox attaches: its areas' overlays, and the names in them that stay the system's own (shields). */

#include "basic/io.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "stage/mountinfo.h"
#include "stage/stage-view.h"

#include <dirent.h>
#include <fcntl.h>

/*
 * A shield takes some 20 us. In a directory with more names none has one: whether the migration changed them is found out from the upper
 * layer afterwards.
 */
#define SHIELDS_MAX 1000

/* ---- Shields ---- */

/* Whether @name is declared, or contains a declared path. */
static bool area_concerns(const struct area *area, const char *name)
{
        return area_allows(area, name) || area_leads_to_declared(area, name);
}

/* Shields @path by the name in the area's root that contains it, unless that may be changed. */
static int shields_add_path(struct strv *shields, const struct area *area, const char *path)
{
        _cleanup_free_ char *name = strndup(path, strcspn(path, "/"));

        if (!name)
                return -ENOMEM;
        if (area_concerns(area, name))
                return strv_add(shields, path);
        for (size_t i = 0; i < shields->n; i++)
                if (streq(name, shields->list[i]))
                        return 0;
        return strv_add(shields, name);
}

/* A fifo or a socket in an overlay isn't the one that other processes have open. A symbolic link can't have a shield. */
static bool entry_needs_shield(DIR *dir, const struct dirent *entry, bool writable)
{
        unsigned type = beneath_type(dir, entry);

        return type == DT_FIFO || type == DT_SOCK || (writable && type != DT_LNK);
}

/* Shields every name beside the declared ones, if there aren't too many. */
static int shields_add_siblings(struct strv *shields, const struct area *area, bool writable)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_open_entries(area->fd, "", &dir);
        while (r >= 0 && shields->n <= SHIELDS_MAX && (r = beneath_next(dir, &entry)) > 0)
                if (entry_needs_shield(dir, entry, writable) && !area_concerns(area, entry->d_name))
                        r = strv_add(shields, entry->d_name);
        if (shields->n > SHIELDS_MAX)
                strv_done(shields);
        return r;
}

/* Through an overlay the stage's own layers can't be opened, so in an area that contains the stage they would look like a broken file system. */
static int shields_add_stage(struct strv *shields, const struct stage *stage, size_t i)
{
        const struct area *area = &stage->areas->areas[i];
        const char *inside = stage_find_in_area(stage, i);

        return inside && !area_allows(area, inside) ? shields_add_path(shields, area, inside) : 0;
}

static int shields_add(struct strv *shields, const struct stage *stage, size_t i, bool writable)
{
        const struct area *area = &stage->areas->areas[i];
        int r = 0;

        if (!area_allows(area, ""))
                r = shields_add_siblings(shields, area, writable);
        for (size_t j = 0; r >= 0 && j < area->mounts.n; j++)
                r = shields_add_path(shields, area, area->mounts.list[j]);
        return r < 0 ? r : shields_add_stage(shields, stage, i);
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

/* Returns: 1 if it has no entries, 0 if it has, or a negative errno. */
static int directory_is_empty(int directory)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_open_entries(directory, "", &dir);
        if (r >= 0)
                r = beneath_next(dir, &entry);
        return r < 0 ? r : r == 0;
}

/* Whether the stage changes nothing in the area, so that checking needs no overlay of it, which takes a millisecond. */
static int stage_is_untouched(const struct stage *stage, size_t i)
{
        int r = !area_allows(&stage->areas->areas[i], "");

        for (; r > 0 && stage; stage = stage->below)
                r = directory_is_empty(stage->uppers[i]);
        return r;
}

/* An overlay hides the areas below it. */
static bool stage_mounts_hide(const struct stage_mounts *mounts, const char *path)
{
        for (size_t i = 0; i < mounts->n; i++)
                if (path_is_within(path, mounts->mounts[i].path))
                        return true;
        return false;
}

/* Adds the overlay of the area @i to @mounts. */
static int stage_mount_area(const struct stage *stage, size_t i, struct stage_mounts *mounts, struct error *error)
{
        struct sandbox_mount *mount = &mounts->mounts[mounts->n++];
        int r;

        *mount = (struct sandbox_mount){ .path = stage->areas->areas[i].path, .fd = -EBADF };
        r = shields_add(&mount->shields, stage, i, mounts->writable);
        if (r < 0)
                return error_errnof(error, r, "can't list %s", mount->path);
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
                int r = writable || stage_mounts_hide(&mounts, path) ? 0 : stage_is_untouched(stage, i);

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
