/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * mounts: an fstab, and the kernel's table of mounts. What is found are absolute paths, each without what could hide another.
 *
 * Covers: stage/fstab.c stage/mountinfo.c
 */

#include "fuzz.h"
#include "stage/fstab.h"
#include "stage/mountinfo.h"

static void check_fstab(char *text)
{
        _cleanup_strv_ struct strv paths = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r = fstab_parse(text, &paths, &error);

        law(r == 0 || (r == -EBADMSG && error.message));
        for (size_t i = 0; i < paths.n; i++) {
                const char *path = paths.list[i];

                law(*path == '/' && path[1] && !strstr(path, "//") && path[strlen(path) - 1] != '/');
        }
}

static void check_mountinfo(const char *text)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;

        if (mountinfo_parse(text, &mounts) < 0)
                return;
        for (size_t i = 0; i < mounts->n; i++) {
                const struct mount_point *point = &mounts->points[i], *found;

                law(*point->path == '/' && point->type);
                (void)mount_point_is_pseudo(point);
                (void)mount_point_is_automount(point);
                (void)mount_point_is_remote(point);
                found = mountinfo_find(mounts, point->path);
                law(found && streq(found->path, point->path));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = fuzz_text(data, size);

        check_mountinfo(text);
        check_fstab(text);
        free(text);
        return 0;
}
