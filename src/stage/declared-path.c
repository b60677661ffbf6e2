/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/declared-path.h"
#include "basic/array.h"
#include "basic/path.h"
#include "stage/trusted-links.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#define LINKS_MAX 40

/* One declared path, while its links are followed. */
struct search {
        const struct root *root;
        const char *state; /* STATE_DIR, with all links resolved */
        struct trusted_links *links;
        const char *written; /* the path in the manifest */
        struct error *error;
};

static void declared_path_done(struct declared_path *path)
{
        free(path->path);
        free(path->parent);
        *path = (struct declared_path){ 0 };
}

struct declared_paths *declared_paths_free(struct declared_paths *declared)
{
        if (!declared)
                return NULL;
        for (size_t i = 0; i < declared->n; i++)
                declared_path_done(&declared->paths[i]);
        free(declared->paths);
        free(declared);
        return NULL;
}

/* Returns: @path, which is within the root, as a path below it. */
static const char *root_strip(const struct root *root, const char *path)
{
        const char *rest = path + strlen(root->path);

        return *rest ? rest : "/";
}

/* The kernel tells the path of a file in another mount namespace as that one has it. Returns: 0, -ESTALE if it isn't within the root, or another negative errno. */
static int root_get_path(const struct root *root, int fd, char **ret)
{
        _cleanup_free_ char *path = NULL;
        int r;

        r = fd_get_path(fd, &path);
        if (r < 0)
                return r;
        if (!path_is_within(path, root->path))
                return -ESTALE;
        *ret = TAKE_PTR(path);
        return 0;
}

static int search_refuse(const struct search *search, int code, const char *reason)
{
        return error_setf(search->error, code, "the declared path %s%s can't be staged: %s", search->root->path,
                          search->written, reason);
}

/* Through a user's link or mount, it would be for him to say what root changes. */
static int search_refuse_user(const struct search *search)
{
        return error_setf(
                search->error, -EACCES,
                "the declared path %s%s can't be staged: %s%s on the way belongs to user %u, who could make it lead anywhere; make it root's (chown -h root) if it is a symbolic link, unmount it if it is a mount, or declare where it leads",
                search->root->path, search->written, search->root->path, search->links->obstacle, search->links->user);
}

static int search_refuse_unreachable(const struct search *search, int code)
{
        if (code == -EACCES && search->links->obstacle)
                return search_refuse_user(search);
        if (code == -EXDEV)
                return search_refuse(
                        search, code,
                        "it leads out of the root by a symbolic link; make the link a relative one to a path in the root");
        if (code == -ELOOP)
                return search_refuse(search, code, "it leads through too many symbolic links; remove the loop");
        if (code == -ESTALE)
                return search_refuse(
                        search, code,
                        "the root directory was moved, or opened in another mount namespace; open it again");
        return error_errnof(search->error, code, "can't reach the declared path %s%s", search->root->path,
                            search->written);
}

static bool search_touches_state(const struct search *search, const char *path)
{
        return path_touches_state(root_strip(search->root, path)) || path_startswith(path, search->state) ||
               path_startswith(search->state, path);
}

/* Opens the nearest existing directory on the way to @path, with the rest of @path in @ret_rest. Returns: a file descriptor or a negative errno. */
static int search_open_nearest(const struct search *search, const char *path, const char **ret_rest)
{
        size_t n = strlen(path);
        int fd;

        do {
                _cleanup_free_ char *prefix = NULL;

                n = (size_t)((const char *)memrchr(path, '/', n) - path);
                prefix = strndup(path, n ? n : 1);
                if (!prefix)
                        return -ENOMEM;
                fd = trusted_links_open(search->links, prefix, O_PATH | O_DIRECTORY);
        } while (fd == -ENOENT && n > 0);

        *ret_rest = path + n + 1;
        return fd;
}

/* A link's target may be any text if it doesn't exist. */
static bool path_is_normalised(const char *path)
{
        for (const char *p = path;; p++) {
                size_t n = strcspn(p, "/");

                if (n == 0 || (p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.'))))
                        return false;
                p += n;
                if (!*p)
                        return true;
        }
}

/* Sets @ret to @target, a path below the root, without the links on the way. */
static int search_resolve_link(const struct search *search, const char *target, char **ret)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = trusted_links_open(search->links, target, O_PATH | O_NOFOLLOW);
        if (fd < 0 && fd != -ENOENT)
                return search_refuse_unreachable(search, fd);
        r = fd < 0 ? 0 : root_get_path(search->root, fd, &path);
        if (r < 0)
                return search_refuse_unreachable(search, r);
        *ret = strdup(path ? root_strip(search->root, path) : target);
        return *ret ? 0 : -ENOMEM;
}

static int search_follow_link(const struct search *search, const struct declared_path *link, char **ret)
{
        _cleanup_free_ char *target = NULL, *text = NULL;
        _cleanup_close_ int parent = -EBADF;
        int r;

        parent = trusted_links_open(search->links, root_strip(search->root, link->parent), O_PATH | O_DIRECTORY);
        r = parent < 0 ? parent
                       : trusted_links_read(search->links, parent, root_strip(search->root, link->path), &text);
        if (r < 0)
                return search_refuse_unreachable(search, r);
        if (text[0] == '/' && search->root->path[0])
                return search_refuse_unreachable(search, -EXDEV);
        if (text[0] == '/')
                return search_resolve_link(search, text, ret);
        if (asprintf(&target, "%s/%s", root_strip(search->root, link->parent), text) < 0) {
                target = NULL;
                return -ENOMEM;
        }
        return search_resolve_link(search, target, ret);
}

static int search_find(const struct search *search, const char *path, struct declared_path *ret)
{
        _cleanup_(declared_path_done) struct declared_path found = { 0 };
        _cleanup_close_ int parent = -EBADF;
        struct stat st = { 0 };
        const char *rest;
        int r;

        if (streq(path, "/"))
                return search_refuse(search, -EPERM,
                                     "it is or leads to the whole system; declare the paths in it that change");
        parent = search_open_nearest(search, path, &rest);
        if (parent < 0)
                return search_refuse_unreachable(search, parent);
        if (!path_is_normalised(rest))
                return search_refuse(search, -ENOENT,
                                     "it is a symbolic link to a path that doesn't exist; make that, or declare it");

        r = root_get_path(search->root, parent, &found.parent);
        if (r < 0)
                return search_refuse_unreachable(search, r);
        if (asprintf(&found.path, "%s/%s", streq(found.parent, "/") ? "" : found.parent, rest) < 0) {
                found.path = NULL;
                return -ENOMEM;
        }
        r = trusted_links_check_mount(search->links, root_strip(search->root, found.path));
        if (r < 0)
                return search_refuse_unreachable(search, r);
        if (!strchr(rest, '/') && fstatat(parent, rest, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
                return search_refuse_unreachable(search, -errno);

        found.type = st.st_mode & S_IFMT;
        *ret = found;
        found = (struct declared_path){ 0 };
        return 0;
}

/* Adds @path, and if it is a link sets @ret_next to its target below the root. Returns: 0, or a negative errno. */
static int search_add_path(const struct search *search, const char *path, struct declared_paths *declared,
                           char **ret_next)
{
        struct declared_path *grown;
        int r;

        grown = array_grow(declared->paths, declared->n, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        declared->paths = grown;

        grown += declared->n;
        r = search_find(search, path, grown);
        if (r < 0)
                return r;
        declared->n++;
        if (search_touches_state(search, grown->path))
                return search_refuse(search, -EPERM,
                                     "it contains or leads to " STATE_DIR
                                     ", which migrations must not change; declare the paths beside it");
        return S_ISLNK(grown->type) ? search_follow_link(search, grown, ret_next) : 0;
}

static int search_run(const struct search *search, struct declared_paths *declared)
{
        _cleanup_free_ char *path = strdup(search->written);

        if (!path)
                return -ENOMEM;
        for (unsigned i = 0; i <= LINKS_MAX; i++) {
                char *next = NULL;
                int r = search_add_path(search, path, declared, &next);

                if (r < 0 || !next)
                        return r;
                free(path);
                path = next;
        }
        return search_refuse_unreachable(search, -ELOOP);
}

static int declared_path_compare(const void *a, const void *b)
{
        return strcmp(((const struct declared_path *)a)->path, ((const struct declared_path *)b)->path);
}

/* Sorting puts a directory before the paths in it. */
static void declared_paths_drop_nested(struct declared_paths *declared)
{
        size_t n = 0;

        if (declared->n > 0)
                qsort(declared->paths, declared->n, sizeof(*declared->paths), declared_path_compare);
        for (size_t i = 0; i < declared->n; i++) {
                bool nested = false;

                for (size_t j = 0; !nested && j < n; j++)
                        nested = path_startswith(declared->paths[i].path, declared->paths[j].path);
                if (nested)
                        declared_path_done(&declared->paths[i]);
                else
                        declared->paths[n++] = declared->paths[i];
        }
        declared->n = n;
}

/* STATE_DIR may be a symbolic link. */
static int root_find_state(const struct root *root, char **ret)
{
        _cleanup_close_ int fd = root_open(root, STATE_DIR, O_PATH);

        if (fd >= 0)
                return fd_get_path(fd, ret);
        return asprintf(ret, "%s" STATE_DIR, root->path) < 0 ? -ENOMEM : 0;
}

int declared_paths_resolve(const struct declared_request *request, struct declared_paths **ret, struct error *error)
{
        _cleanup_(declared_paths_freep) struct declared_paths *declared = NULL;
        _cleanup_free_ char *state = NULL;
        const struct root *root = request->root;
        struct trusted_links links = { .root = root, .mounts = request->mounts };
        struct search search = { .root = root, .links = &links, .error = error };
        int r;

        assert(root && request->mounts);
        assert(ret);

        declared = calloc(1, sizeof(*declared));
        if (!declared)
                return -ENOMEM;
        r = root_find_state(root, &state);
        search.state = state;
        for (char *const *path = request->writes; r >= 0 && path && *path; path++) {
                search.written = *path;
                r = search_run(&search, declared);
        }
        free(links.obstacle);
        if (r < 0)
                return r;

        declared_paths_drop_nested(declared);
        *ret = TAKE_PTR(declared);
        return 0;
}
