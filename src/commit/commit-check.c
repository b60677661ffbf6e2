/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/commit-check.h"

#include "fs/beneath.h"
#include "fs/rename.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- Holds ---- */

/* Tries both kinds of rename that a commit needs; whether they were done, a recovery tells by the inode number. */
static int slots_try_renames(int slots)
{
        const struct rename_end a = { slots, "try.a" }, b = { slots, "try.b" }, c = { slots, "try.c" };
        struct stat st;
        int r;

        if (mkdirat(slots, a.name, 0700) < 0 || mkdirat(slots, b.name, 0700) < 0 ||
            fstatat(slots, a.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        r = rename_exchange(&a, &b);
        if (r >= 0)
                r = rename_install(&b, &c);
        if (r >= 0)
                r = rename_end_is(&c, st.st_ino);
        return r == 0 ? -EOPNOTSUPP : r < 0 ? r : 0;
}

int commit_check_hold(const struct preparation *p, size_t area, struct error *error)
{
        static const char *const names[] = { "try.a", "try.b", "try.c" };
        const char *path = p->stage->areas->areas[area].path;
        int slots = p->slots[area], r;

        if (!p->redo->areas[area].hold)
                return 0;
        r = slots_try_renames(slots);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                (void)unlinkat(slots, names[i], AT_REMOVEDIR);
        if (r == -EOPNOTSUPP)
                return error_setf(
                        error, r,
                        "files of %s get other inode numbers when they are renamed, by which a commit that is cut off couldn't be finished; move the data to another file system, or use --sandbox=off to run migrations directly on the system",
                        path);
        return r < 0 ? error_errnof(error, r, "can't rename in %s", path) : 0;
}

/* ---- Attributes ---- */

static int slots_make_file(int slots, const char *name, mode_t mode)
{
        int r = S_ISDIR(mode)   ? mkdirat(slots, name, 0700)
                : S_ISLNK(mode) ? symlinkat(name, slots, name)
                                : mknodat(slots, name, (mode & S_IFMT) | 0600, 0);

        return r < 0 ? -errno : beneath_open(slots, name, O_PATH | O_NOFOLLOW, 0);
}

static int slots_try_attributes(int slots, const struct attributes *attributes)
{
        static const char name[] = "try";
        _cleanup_close_ int fd = slots_make_file(slots, name, attributes->st.st_mode);
        int r = fd < 0 ? fd : attributes_apply(fd, attributes);

        (void)unlinkat(slots, name, S_ISDIR(attributes->st.st_mode) ? AT_REMOVEDIR : 0);
        return r;
}

int commit_check_metas(const struct preparation *p, struct error *error)
{
        for (size_t i = 0; i < p->redo->n_metas; i++) {
                const struct redo_meta *meta = &p->redo->metas[i];
                int r;

                if (!p->redo->areas[meta->area].hold || !meta->after.st.st_mode ||
                    attributes_equal(&meta->before, &meta->after))
                        continue;
                r = slots_try_attributes(p->slots[meta->area], &meta->after);
                if (r < 0)
                        return error_errnof(error, r, "can't set the attributes of %s/%s on its file system",
                                            p->stage->areas->areas[meta->area].path, meta->path);
        }
        return 0;
}
