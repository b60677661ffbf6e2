/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From stages to what a sandbox attaches: overlays, and the names in them that stay as they are. */

#include "basic/array.h"
#include "basic/io.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "stage/mountinfo.h"
#include "stage/stage-view.h"

#include <dirent.h>
#include <fcntl.h>

/*
 * Of a directory with more names none is kept by a mount of its own, which takes some 20 us each: that nothing was changed in them
 * is found out behind the migration then.
 */
#define SHIELDS_MAX 1000

/* ---- Shields ---- */

struct shields {
        char **names;
        size_t n;
};

static void shields_clear(struct shields *shields)
{
        while (shields->n > 0)
                free(shields->names[--shields->n]);
}

static void shields_done(struct shields *shields)
{
        shields_clear(shields);
        free(shields->names);
}

/* Takes over @name, which is NULL at the end of the list. */
static int append(struct shields *shields, char *name)
{
        char **grown = array_grow(shields->names, shields->n, sizeof(char *));

        if (!grown) {
                free(name);
                return -ENOMEM;
        }
        shields->names = grown;
        grown[shields->n++] = name;
        return 0;
}

static int add_shield(struct shields *shields, const char *name)
{
        char *copy = strdup(name);

        return copy ? append(shields, copy) : -ENOMEM;
}

static bool area_concerns(const struct area *area, const char *name)
{
        return area_allows(area, name) || area_leads_to_declared(area, name);
}

/* For what lies deeper in, the name that it lies in, unless changes may be made there. */
static int shields_add_path(const struct area *area, struct shields *shields, const char *path)
{
        _cleanup_free_ char *name = strndup(path, strcspn(path, "/"));

        if (!name)
                return -ENOMEM;
        if (area_concerns(area, name))
                return add_shield(shields, path);
        for (size_t i = 0; i < shields->n; i++)
                if (streq(name, shields->names[i]))
                        return 0;
        return add_shield(shields, name);
}

/* Through an overlay a fifo or a socket isn't the one that others have open; all else looks the same. A link can't have one. */
static bool entry_needs_shield(DIR *dir, const struct dirent *entry, bool writable)
{
        unsigned type = beneath_type(dir, entry);

        return type == DT_FIFO || type == DT_SOCK || (writable && type != DT_LNK);
}

/* All that lies beside what is declared, if that isn't too much. */
static int shields_add_siblings(const struct area *area, bool writable, struct shields *shields)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int r;

        r = beneath_open_entries(area->fd, "", &dir);
        while (r >= 0 && shields->n <= SHIELDS_MAX && (r = beneath_next(dir, &entry)) > 0)
                if (entry_needs_shield(dir, entry, writable) && !area_concerns(area, entry->d_name))
                        r = add_shield(shields, entry->d_name);
        if (shields->n > SHIELDS_MAX)
                shields_clear(shields);
        return r;
}

/*
 * The stage's own layers can't be reached through an overlay, which would look like a broken file system where the stage lies
 * below the area.
 */
static int shields_add_stage(const struct stage *stage, size_t i, struct shields *shields)
{
        const struct area *area = &stage->areas->areas[i];
        const char *inside = stage_find_in_area(stage, i);

        return inside && !area_allows(area, inside) ? shields_add_path(area, shields, inside) : 0;
}

static int shields_make(const struct stage *stage, size_t i, bool writable, char ***ret)
{
        const struct area *area = &stage->areas->areas[i];
        _cleanup_(shields_done) struct shields shields = { 0 };
        int r = 0;

        if (!area_allows(area, ""))
                r = shields_add_siblings(area, writable, &shields);
        for (char **mount = area->mounts; r >= 0 && *mount; mount++)
                r = shields_add_path(area, &shields, *mount);
        if (r >= 0)
                r = shields_add_stage(stage, i, &shields);
        if (r >= 0)
                r = append(&shields, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(shields.names);
        shields.n = 0;
        return 0;
}

/* ---- Mounts ---- */

void stage_mounts_done(struct stage_mounts *mounts)
{
        for (size_t i = 0; i < mounts->n; i++) {
                struct sandbox_mount *mount = &mounts->mounts[i];

                fd_closep(&mount->fd);
                for (char **name = mount->shields; name && *name; name++)
                        free(*name);
                free(mount->shields);
        }
        free(mounts->mounts);
        *mounts = (struct stage_mounts){ 0 };
}

/* Returns: whether nothing is in it, or a negative errno. */
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

/* Whether the area looks as it does without the stage, so that its view needs no overlay, which takes a millisecond. */
static int stage_is_untouched(const struct stage *stage, size_t i)
{
        int r = !area_allows(&stage->areas->areas[i], "");

        for (; r > 0 && stage; stage = stage->below)
                r = directory_is_empty(stage->uppers[i]);
        return r;
}

/* An overlay hides what is mounted below it. */
static bool stage_mounts_hide(const struct stage_mounts *mounts, const char *path)
{
        for (size_t i = 0; i < mounts->n; i++)
                if (path_startswith(path, mounts->mounts[i].path))
                        return true;
        return false;
}

static int stage_mounts_add(const struct stage *stage, size_t i, bool writable, struct sandbox_mount *ret,
                            struct error *error)
{
        const char *path = stage->areas->areas[i].path;
        int r;

        ret->path = path;
        r = shields_make(stage, i, writable, &ret->shields);
        if (r < 0)
                return error_errnof(error, r, "can't list %s", path);
        return ret->fd = stage_mount_view(stage, i, !writable, error);
}

int stage_mount(const struct stage *stage, bool writable, struct stage_mounts *ret, struct error *error)
{
        _cleanup_(stage_mounts_done) struct stage_mounts mounts = { 0 };

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
                mounts.mounts[mounts.n].fd = -EBADF;
                r = stage_mounts_add(stage, i, writable, &mounts.mounts[mounts.n++], error);
                if (r < 0)
                        return r;
        }
        *ret = mounts;
        mounts = (struct stage_mounts){ 0 };
        return 0;
}
