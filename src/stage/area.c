/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/area.h"
#include "basic/array.h"
#include "basic/path.h"
#include "stage/declared-path.h"
#include "stage/mountinfo.h"

#include <fcntl.h>
#include <sys/statvfs.h>

/* ---- Roots ----------------------------------------------------------------------------------- */

struct declaration {
        struct areas *areas;
        const struct root *root;
        const struct mountinfo *mounts;
        const struct declared_path *declared;
        struct error *error;
};

static int declaration_open_root(const struct declaration *declaration, const char *path)
{
        _cleanup_free_ char *opened = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOTDIR)
                return error_setf(
                        declaration->error, -EOPNOTSUPP,
                        "the declared path %s can't be staged: a single file is mounted at %s and can't be replaced; unmount it, or declare other paths",
                        declaration->declared->path, path);
        if (fd < 0)
                return error_errnof(declaration->error, -errno, "can't open %s", path);

        r = fd_get_path(fd, &opened);
        if (r < 0)
                return r;
        if (!streq(opened, path)) /* by a user who can write to a directory on the way */
                return error_setf(
                        declaration->error, -EBUSY,
                        "the declared path %s can't be staged: %s was renamed or replaced just now; run again",
                        declaration->declared->path, path);
        return TAKE_FD(fd);
}

static void area_done(struct area *area)
{
        free(area->path);
        fd_closep(&area->fd);
        strv_done(&area->declared);
        strv_done(&area->mounts);
        *area = (struct area){ .fd = -EBADF };
}

static int area_init(const struct declaration *declaration, const char *path, struct area *ret)
{
        struct area area = { .fd = declaration_open_root(declaration, path) };

        if (area.fd < 0)
                return area.fd;
        area.path = strdup(path);
        if (!area.path) {
                area_done(&area);
                return -ENOMEM;
        }
        *ret = area;
        return 0;
}

/* The kernel makes a file system read-only after an error, which a mount table that is kept doesn't tell. Returns: 1, 0 or a negative errno. */
static int area_is_read_only(const struct area *area)
{
        struct statvfs fs;

        return fstatvfs(area->fd, &fs) < 0 ? -errno : (fs.f_flag & ST_RDONLY) != 0;
}

static bool areas_have_root(const struct areas *areas, const char *path)
{
        for (size_t i = 0; i < areas->n; i++)
                if (streq(areas->areas[i].path, path))
                        return true;
        return false;
}

/* @mount is the one that @path is on, NULL if that isn't known. */
static int declaration_add_root(const struct declaration *declaration, const struct mount_point *mount,
                                const char *path)
{
        struct areas *areas = declaration->areas;
        struct area *grown;
        int r;

        if ((mount && (mount->read_only || mount->user != 0)) || areas_have_root(areas, path))
                return 0; /* a read-only mount stays unchanged, and so does one that a user has made meanwhile */
        if (mount && mount_point_is_pseudo(mount))
                return error_setf(
                        declaration->error, -EOPNOTSUPP,
                        "the declared path %s can't be staged: %s is one of the kernel's own file systems (%s), without files on a disk; declare paths outside of it",
                        declaration->declared->path, mount->path, mount->type);

        grown = array_grow(areas->areas, areas->n, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        areas->areas = grown;
        r = area_init(declaration, path, &grown[areas->n]);
        if (r < 0)
                return r;
        r = area_is_read_only(&grown[areas->n]);
        if (r == 0)
                areas->n++;
        else
                area_done(&grown[areas->n]);
        return r < 0 ? error_errnof(declaration->error, r, "can't look at the file system of %s", path) : 0;
}

/* Returns: whether @declared can't be changed at all, -EOPNOTSUPP if that is an error, since a file in "/" can't be replaced there. */
static int declaration_is_fixed(const struct declaration *declaration)
{
        const struct declared_path *declared = declaration->declared;

        if (!streq(declared->parent, "/") || S_ISDIR(declared->type))
                return false;
        if (S_ISLNK(declared->type))
                return true; /* its target is declared as well */
        return error_setf(
                declaration->error, -EOPNOTSUPP,
                "the declared path %s can't be staged: directly in / only the content of an existing directory can be changed; make the directory first",
                declared->path);
}

/* The directory that has as much as possible in one overlay: the migration's root, or directly in "/", or a mount point below it. */
static char *declaration_find_root(const struct declaration *declaration, const struct mount_point *mount)
{
        const char *path = declaration->declared->path, *top = declaration->root->path;
        size_t n = *top ? strlen(top) : 1 + strcspn(path + 1, "/");

        if (mount && strlen(mount->path) > n)
                return strdup(mount->path);
        return strndup(path, n);
}

static int declaration_add_roots(const struct declaration *declaration)
{
        const struct declared_path *declared = declaration->declared;
        const struct mount_point *mount = mountinfo_find(declaration->mounts, declared->path);
        _cleanup_free_ char *root = NULL;
        int r;

        r = declaration_is_fixed(declaration);
        if (r != 0)
                return r < 0 ? r : 0;
        root = declaration_find_root(declaration, mount);
        r = root ? declaration_add_root(declaration, mount, root) : -ENOMEM;
        for (size_t i = 0; r >= 0 && S_ISDIR(declared->type) && i < declaration->mounts->n; i++) {
                const struct mount_point *point = &declaration->mounts->points[i];

                if (path_inside(point->path, declared->path))
                        r = declaration_add_root(declaration, point, point->path);
        }
        return r;
}

/* ---- Mounts in them --------------------------------------------------------------------------- */

static bool area_has_topmost_mount(const struct mountinfo *mounts, const struct area *area, const char *path)
{
        for (size_t i = 0; i < mounts->n; i++)
                if (path_inside(mounts->points[i].path, area->path) && path_inside(path, mounts->points[i].path))
                        return false;
        return true;
}

static int area_list_mounts(const struct areas *areas, const struct mountinfo *mounts, struct area *area)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < mounts->n; i++) {
                const char *path = mounts->points[i].path, *rest = path_inside(path, area->path);

                if (rest && !areas_have_root(areas, path) && area_has_topmost_mount(mounts, area, path))
                        r = strv_add(&area->mounts, rest);
        }
        return r;
}

/* ---- Declared paths in them ------------------------------------------------------------------ */

/* As path_is_within(), for relative paths: "" contains all of them. */
static bool relative_path_is_within(const char *path, const char *directory)
{
        return !*directory || path_is_within(path, directory);
}

static bool relative_path_is_within_any(const char *path, const struct strv *directories)
{
        for (size_t i = 0; i < directories->n; i++)
                if (relative_path_is_within(path, directories->list[i]))
                        return true;
        return false;
}

/* Returns: the innermost area that @path is in, or NULL. */
static struct area *areas_find(const struct areas *areas, const char *path)
{
        for (size_t i = areas->n; i-- > 0;)
                if (path_startswith(path, areas->areas[i].path))
                        return &areas->areas[i];
        return NULL;
}

static int areas_declare_path(const struct areas *areas, const char *path)
{
        struct area *area = areas_find(areas, path);
        int r = 0;

        if (area && !relative_path_is_within_any(path_startswith(path, area->path), &area->mounts))
                r = strv_add(&area->declared, path_startswith(path, area->path));
        for (size_t i = 0; r >= 0 && i < areas->n; i++)
                if (path_inside(areas->areas[i].path, path))
                        r = strv_add(&areas->areas[i].declared, "");
        return r;
}

static int areas_declare_all(const struct areas *areas, const struct declared_paths *declared)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < declared->n; i++)
                r = areas_declare_path(areas, declared->paths[i].path);
        return r;
}

/* ---- Areas ----------------------------------------------------------------------------------- */

struct areas *areas_free(struct areas *areas)
{
        if (!areas)
                return NULL;
        for (size_t i = 0; i < areas->n; i++)
                area_done(&areas->areas[i]);
        free(areas->areas);
        free(areas);
        return NULL;
}

static int area_compare(const void *a, const void *b)
{
        return strcmp(((const struct area *)a)->path, ((const struct area *)b)->path);
}

static int areas_build(const struct declaration *common, const struct declared_paths *declared,
                       struct mountinfo *mounts)
{
        struct areas *areas = common->areas;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < declared->n; i++) {
                r = mountinfo_add_subvolumes(mounts, declared->paths[i].path);
                if (r < 0)
                        return error_errnof(common->error, r, "can't list the subvolumes of %s",
                                            declared->paths[i].path);
        }
        for (size_t i = 0; r >= 0 && i < declared->n; i++) {
                struct declaration declaration = *common;

                declaration.mounts = mounts;
                declaration.declared = &declared->paths[i];
                r = declaration_add_roots(&declaration);
        }
        if (r >= 0 && areas->n > 0)
                qsort(areas->areas, areas->n, sizeof(*areas->areas), area_compare);
        for (size_t i = 0; r >= 0 && i < areas->n; i++)
                r = area_list_mounts(areas, mounts, &areas->areas[i]);
        return r < 0 ? r : areas_declare_all(areas, declared);
}

/* @mounts: brought up to date. */
static int areas_resolve(const struct areas_request *request, struct mountinfo **mounts, struct declared_paths **ret,
                         struct error *error)
{
        int r = mountinfo_renew(mounts, error);

        if (r < 0)
                return r;
        return declared_paths_resolve(
                &(struct declared_request){ .root = request->root, .mounts = *mounts, .writes = request->writes }, ret,
                error);
}

/* Subvolumes that were added to the table come and go without a change of it. */
static void areas_leave_mounts(const struct areas_request *request, struct mountinfo **mounts, size_t n)
{
        if (request->mounts && *mounts && (*mounts)->n == n)
                *request->mounts = TAKE_PTR(*mounts);
}

int areas_find_out(const struct areas_request *request, struct areas **ret, struct error *error)
{
        _cleanup_(declared_paths_freep) struct declared_paths *declared = NULL;
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        _cleanup_(areas_freep) struct areas *areas = NULL;
        size_t n = 0;
        int r;

        assert(request && request->root);
        assert(ret);

        if (request->mounts)
                mounts = TAKE_PTR(*request->mounts);
        areas = calloc(1, sizeof(*areas));
        if (!areas)
                return -ENOMEM;
        r = areas_resolve(request, &mounts, &declared, error);
        if (r >= 0)
                r = mountinfo_renew(&mounts, error); /* looking for the paths may have triggered automounts */
        if (r >= 0) {
                n = mounts->n;
                r = areas_build(&(struct declaration){ .areas = areas, .root = request->root, .error = error },
                                declared, mounts);
        }
        if (r < 0)
                return r;
        areas_leave_mounts(request, &mounts, n);
        *ret = TAKE_PTR(areas);
        return 0;
}

int areas_new(const struct root *root, char *const *writes, struct areas **ret, struct error *error)
{
        return areas_find_out(&(struct areas_request){ .root = root, .writes = writes }, ret, error);
}

int areas_declare(struct areas *areas, const struct root *root, char *const *writes, struct error *error)
{
        _cleanup_(declared_paths_freep) struct declared_paths *declared = NULL;
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        int r;

        assert(areas);
        assert(root);

        r = areas_resolve(&(struct areas_request){ .root = root, .writes = writes }, &mounts, &declared, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < areas->n; i++)
                strv_done(&areas->areas[i].declared);
        return areas_declare_all(areas, declared);
}

int areas_list_declared(const struct areas *areas, struct strv *ret)
{
        int r = 0;

        assert(areas);
        assert(ret);

        for (size_t i = 0; i < areas->n; i++)
                for (size_t j = 0; r >= 0 && j < areas->areas[i].declared.n; j++)
                        r = strv_addf(ret, "%s/%s", areas->areas[i].path, areas->areas[i].declared.list[j]);
        return r;
}

bool area_allows(const struct area *area, const char *path)
{
        assert(area);
        assert(path);

        return relative_path_is_within_any(path, &area->declared);
}

bool area_leads_to_declared(const struct area *area, const char *path)
{
        assert(area);
        assert(path);

        for (size_t i = 0; i < area->declared.n; i++) {
                const char *declared = area->declared.list[i];

                if (*declared && !streq(declared, path) && relative_path_is_within(declared, path))
                        return true;
        }
        return false;
}
