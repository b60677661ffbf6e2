/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * mounts: an fstab, and the kernel's table of mounts. What is found are absolute paths, each without what could hide another.
 *
 * Covers: stage/fstab.c stage/mountinfo.c
 */

#include "fuzz.h"
#include "stage/fstab.h"
#include "stage/mountinfo.h"

/* The file says what its text says. */
static void check_fstab_file(const char *text, const struct strv *expected, int code)
{
        const struct root *root = fuzz_root((const char *const[]){ "/etc", NULL });
        _cleanup_strv_ struct strv paths = { 0 };
        _cleanup_error_ struct error error = { 0 };

        fuzz_put("/etc/fstab", text, strlen(text));
        law(fstab_read(root, &paths, &error) == code);
        law(code == 0 || strstr(error.message, "/etc/fstab: "));
        law(paths.n == expected->n);
        for (size_t i = 0; i < paths.n; i++)
                law(streq(paths.list[i], expected->list[i]));
}

static void check_fstab(const char *text)
{
        _cleanup_free_ char *copy = fuzz_text((const uint8_t *)text, strlen(text));
        _cleanup_strv_ struct strv paths = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r = fstab_parse(copy, &paths, &error);

        law(r == 0 || (r == -EBADMSG && error.message));
        for (size_t i = 0; i < paths.n; i++) {
                const char *path = paths.list[i];

                law(*path == '/' && path[1] && !strstr(path, "//") && path[strlen(path) - 1] != '/');
        }
        check_fstab_file(text, &paths, r);
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

/* The table of this machine is one, too. */
static void check_own_table(void)
{
        static bool checked;
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        int r = checked ? 0 : mountinfo_read(&mounts);

        law(r == 0 || r == -ENOENT); /* without /proc */
        checked = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_text(data, size);

        check_own_table();
        check_mountinfo(text);
        check_fstab(text);
        return 0;
}
