/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/missing-mounts.h"

#include "basic/clock.h"
#include "basic/path.h"
#include "stage/automount.h"
#include "stage/declared-path.h"
#include "stage/fstab.h"
#include "stage/mountinfo.h"

#include <fcntl.h>
#include <stdio.h>

struct finder {
        const struct mount_search *search;
        struct automount_limits limits;
        struct mountinfo *mounts;
        struct strv declared; /* paths of the system, with all links followed */
        struct strv *missing;
        struct error *error;
};

static void finder_done(struct finder *finder)
{
        mountinfo_free(finder->mounts);
        strv_done(&finder->declared);
}

static char *finder_make_path(const struct finder *finder, const char *path)
{
        char *whole;

        return asprintf(&whole, "%s%s", finder->search->root->path, path) < 0 ? NULL : whole;
}

/* ---- Automounts ---- */

/* Other automounts than that of binfmt_misc, which every machine has. */
static bool finder_has_automounts(const struct finder *finder)
{
        assert(finder->mounts);
        for (size_t i = 0; i < finder->mounts->n; i++)
                if (mount_point_is_automount(&finder->mounts->points[i]) &&
                    !path_is_within(finder->mounts->points[i].path, "/proc"))
                        return true;
        return false;
}

/* @path is below the root. Returns: as automount_trigger(), with the error set. */
static int finder_trigger(const struct finder *finder, const char *path)
{
        int r = automount_trigger(finder->search->root, path, &finder->limits);

        return r < 0 ? error_errnof(finder->error, r, "can't start a process to open %s%s", finder->search->root->path,
                                    path)
                     : r;
}

/* Sets @ret_late to those of the declared paths that no server has answered for in time. */
static int finder_trigger_declared(struct finder *finder, struct strv *ret_late)
{
        int r = 0;

        if (!finder_has_automounts(finder))
                return 0;
        for (char *const *path = finder->search->writes; r >= 0 && path && *path; path++) {
                r = finder_trigger(finder, *path);
                if (r == 0)
                        r = strv_add(ret_late, *path);
        }
        strv_sort(ret_late);
        return r < 0 ? r : mountinfo_renew(&finder->mounts, finder->error);
}

static bool finder_has_declared_above(const struct finder *finder, const char *path)
{
        for (size_t i = 0; i < finder->declared.n; i++)
                if (path_is_within(path, finder->declared.list[i]))
                        return true;
        return false;
}

/* An automount below a declared path. The entries of an indirect one are known only to its daemon. */
static bool finder_needs_automount(const struct finder *finder, const struct mount_point *point)
{
        return mount_point_is_automount(point) && !point->indirect && finder_has_declared_above(finder, point->path);
}

static int finder_trigger_below(struct finder *finder)
{
        bool triggered = false;

        for (size_t i = 0; i < finder->mounts->n; i++) {
                const char *path = finder->mounts->points[i].path;
                int r;

                if (!finder_needs_automount(finder, &finder->mounts->points[i]))
                        continue;
                r = finder_trigger(finder, path + strlen(finder->search->root->path));
                if (r < 0)
                        return r;
                triggered = true;
        }
        return triggered ? mountinfo_renew(&finder->mounts, finder->error) : 0;
}

static int finder_add_automounts(const struct finder *finder)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < finder->mounts->n; i++)
                if (finder_needs_automount(finder, &finder->mounts->points[i]))
                        r = strv_add(finder->missing, finder->mounts->points[i].path);
        return r;
}

/* ---- Declared paths ---- */

/* The manifest's fault, which the migration will fail for. */
static bool code_means_undeclarable(int code)
{
        return code == -EPERM || code == -EXDEV || code == -ELOOP || code == -ENOENT || code == -ENOTDIR ||
               code == -ENAMETOOLONG;
}

static int finder_resolve(struct finder *finder, const char *path)
{
        _cleanup_(declared_paths_freep) struct declared_paths *declared = NULL;
        _cleanup_error_ struct error error = { 0 };
        char *const writes[] = { (char *)(uintptr_t)path, NULL };
        int r = mountinfo_renew(&finder->mounts, finder->error);

        if (r < 0)
                return r;
        r = declared_paths_resolve(&(const struct declared_request){ .root = finder->search->root,
                                                                     .mounts = finder->mounts,
                                                                     .writes = writes },
                                   &declared, &error);
        if (code_means_undeclarable(r))
                return strv_take(&finder->declared, finder_make_path(finder, path));
        if (r < 0) {
                error_complete(&error, r);
                return error_setf(finder->error, r, "%s", error_text(&error));
        }
        for (size_t i = 0; r >= 0 && i < declared->n; i++)
                r = strv_add(&finder->declared, declared->paths[i].path);
        return r;
}

/* Asks no server again that has just failed to answer. */
static int finder_add_declared(struct finder *finder, const char *path, const struct strv *late)
{
        _cleanup_free_ char *whole = finder_make_path(finder, path);
        const struct mount_point *point;

        if (!whole)
                return -ENOMEM;
        point = mountinfo_find(finder->mounts, whole);
        if (point && mount_point_is_automount(point))
                return strv_add(finder->missing, point->path);
        return strv_has(late, path) ? strv_add(finder->missing, whole) : finder_resolve(finder, path);
}

static int finder_list_declared(struct finder *finder)
{
        _cleanup_strv_ struct strv late = { 0 };
        int r;

        r = finder_trigger_declared(finder, &late);
        for (char *const *path = finder->search->writes; r >= 0 && path && *path; path++)
                r = finder_add_declared(finder, *path, &late);
        return r;
}

/* ---- Configured mount points ---- */

/*
 * Follows the symbolic links in @path, as mount(8) does; the path stays as it is if something is mounted there, if it doesn't exist, or if that
 * could take a server.
 */
static int finder_find_mount_point(const struct finder *finder, const char *path, char **ret)
{
        _cleanup_free_ char *whole = finder_make_path(finder, path);
        const struct mount_point *point;
        _cleanup_close_ int fd = -EBADF;

        if (!whole)
                return -ENOMEM;
        point = mountinfo_find(finder->mounts, whole);
        if (!point || !(streq(point->path, whole) || mount_point_is_automount(point) || mount_point_is_remote(point)))
                fd = root_open(finder->search->root, path, O_PATH);
        if (fd >= 0)
                return fd_get_path(fd, ret);
        *ret = TAKE_PTR(whole);
        return 0;
}

/* Whether @declared is in the file system of the mount point @point, or the other way round, and that isn't mounted. */
static bool finder_misses(const struct finder *finder, const char *point, const char *declared)
{
        const char *path = path_is_within(declared, point) ? declared : point;
        const struct mount_point *mount;

        if (!path_is_within(path, declared))
                return false;
        mount = mountinfo_find(finder->mounts, path);
        return !mount || !path_is_within(mount->path, point) || mount_point_is_automount(mount);
}

static int finder_check(const struct finder *finder, const char *configured)
{
        _cleanup_free_ char *point = NULL;
        int r;

        r = finder_find_mount_point(finder, configured, &point);
        for (size_t i = 0; r >= 0 && i < finder->declared.n; i++)
                if (finder_misses(finder, point, finder->declared.list[i]))
                        return strv_take(finder->missing, TAKE_PTR(point));
        return r;
}

static int finder_list_configured(const struct finder *finder, struct strv *ret)
{
        int r = fstab_read(finder->search->root, ret, finder->error);

        return r < 0 ? r : strv_add_all(ret, finder->search->configured);
}

/* Returns: 1 if something is configured besides the root, 0, or a negative errno. */
static int finder_has_configured(const struct finder *finder)
{
        _cleanup_strv_ struct strv points = { 0 };
        int r = finder_list_configured(finder, &points);

        for (size_t i = 0; r == 0 && i < points.n; i++)
                r = !streq(points.list[i], "/");
        return r;
}

static int finder_check_all(const struct finder *finder)
{
        _cleanup_strv_ struct strv points = { 0 };
        int r;

        r = finder_list_configured(finder, &points);
        for (size_t i = 0; r >= 0 && i < points.n; i++)
                r = finder_check(finder, points.list[i]);
        return r;
}

int missing_mounts_find(const struct mount_search *search, struct strv *ret, struct error *error)
{
        _cleanup_(finder_done) struct finder finder = { .search = search, .missing = ret, .error = error };
        int r;

        assert(search && search->root);
        assert(ret);

        finder.limits.end_usec = usec_add(now_usec(CLOCK_MONOTONIC), search->automount_usec);
        finder.limits.stop_fd = search->stop_fd;
        r = mountinfo_renew(&finder.mounts, error);
        /* In a chroot without /proc nobody knows what is mounted, which is no matter if nothing has to be. */
        if (r == -ENOENT && finder_has_configured(&finder) == 0) {
                error_clear(error);
                return 0;
        }
        if (r >= 0)
                r = finder_list_declared(&finder);
        if (r >= 0)
                r = finder_trigger_below(&finder);
        if (r >= 0)
                r = finder_add_automounts(&finder);
        if (r >= 0)
                r = finder_check_all(&finder);
        strv_sort(ret);
        return r;
}
