/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The directories that a program in the sandbox has for itself: those for temporary files, for the sockets of running daemons, and for device
 * files. In: the request. Out: steps that mount an empty one over each, and put back what has to stay visible.
 */

#include "sandbox/sandbox-steps.h"

#include "basic/array.h"
#include "basic/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define RUN_DIR    "/run"
#define DEV_DIR    "/dev"
#define BOOTED_DIR "/run/systemd/system" /* sd_booted(3) looks for it */

static const struct private_dir {
        const char *path;
        mode_t mode;
} private_dirs[] = { { "/tmp", 01777 }, { "/var/tmp", 01777 }, { RUN_DIR, 0755 }, { DEV_DIR, 0755 } };

/* A tree in one of them that stays visible. */
struct preserved {
        const char *path;
        mode_t type;
        size_t fd; /* of its clone, in the sandbox's table */
};

/* The private directories of the system, or those of the request's root. */
struct private_set {
        struct sandbox *sandbox;
        const struct sandbox_request *request;
        const char *root; /* the path before each of them */
        struct preserved *preserved;
        size_t n_preserved;
};

/* ---- What stays visible ---- */

/* Returns: 1, 0 if there is nothing at @path, or a negative errno. */
static int path_get_type(const char *path, mode_t *ret)
{
        struct stat st = { 0 };

        if (lstat(path, &st) < 0 && errno != ENOENT && errno != ENOTDIR)
                return -errno;
        *ret = st.st_mode & S_IFMT;
        return *ret != 0;
}

static bool private_set_contains(const struct private_set *set, const char *path)
{
        const char *rest = str_startswith(path, set->root);

        for (size_t i = 0; rest && i < ELEMENTSOF(private_dirs); i++)
                if (path_is_within(rest, private_dirs[i].path))
                        return true;
        return false;
}

/* Takes @path. */
static int private_set_add_preserved(struct private_set *set, char *path, mode_t type)
{
        struct preserved *grown = array_grow(set->preserved, set->n_preserved, sizeof(*grown));
        const char *kept = sandbox_keep_path(set->sandbox, path);

        if (grown)
                set->preserved = grown;
        if (!grown || !kept)
                return -ENOMEM;
        grown[set->n_preserved++] = (struct preserved){ kept, type, set->sandbox->n_fds++ };
        return 0;
}

/* A path in a preserved tree is preserved with it. */
static int private_set_preserve(struct private_set *set, const char *path)
{
        mode_t type = 0;
        int r;

        if (!private_set_contains(set, path))
                return 0;
        for (size_t i = 0; i < set->n_preserved; i++)
                if (path_is_within(path, set->preserved[i].path))
                        return 0;
        r = path_get_type(path, &type);
        return r <= 0 ? r : private_set_add_preserved(set, strdup(path), type);
}

/* A path that doesn't exist yet can be made only in a directory that does. */
static int private_set_preserve_nearest(struct private_set *set, const char *path)
{
        _cleanup_free_ char *nearest = strdup(path);
        mode_t type = 0;
        int r = 0;

        if (!nearest)
                return -ENOMEM;
        while (private_set_contains(set, nearest) && (r = path_get_type(nearest, &type)) == 0)
                *strrchr(nearest, '/') = '\0';
        return r < 0 ? r : private_set_preserve(set, nearest);
}

/* The request's root comes first, since others may be in it. */
static int private_set_find_preserved(struct private_set *set)
{
        const struct sandbox_request *request = set->request;
        int r = 0;

        if (!set->root[0])
                r = private_set_preserve(set, request->root);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(request->helpers); i++)
                if (request->helpers[i])
                        r = private_set_preserve(set, request->helpers[i]);
        for (char *const *path = request->declared; r >= 0 && path && *path; path++)
                r = private_set_preserve_nearest(set, *path);
        return r;
}

static int private_set_detach(const struct private_set *set)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n_preserved; i++)
                r = sandbox_add(set->sandbox, STEP_DETACH, set->preserved[i].path, set->preserved[i].fd);
        return r;
}

static int private_set_attach(const struct private_set *set)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n_preserved; i++) {
                const struct preserved *preserved = &set->preserved[i];

                r = sandbox_append(set->sandbox, &(struct sandbox_step){ .type = STEP_MOUNT_POINT,
                                                                         .path = preserved->path,
                                                                         .mode = preserved->type });
                if (r >= 0)
                        r = sandbox_add(set->sandbox, STEP_ATTACH, preserved->path, preserved->fd);
        }
        return r;
}

/* ---- The directories of /run ---- */

static bool run_directory_is_hidden(const struct private_set *set, const char *path)
{
        return streq(path + strlen(set->root), BOOTED_DIR) && !(set->request->files && set->request->files->systemd);
}

static int private_set_add_run_directories(const struct private_set *set, const char *path, unsigned levels);

/* Adds the entry @name of the directory @parent, open as @dir, if it is a directory, and @levels of what is in it. */
static int private_set_add_run_directory(const struct private_set *set, const char *parent, const struct dirent *entry,
                                         unsigned levels)
{
        const char *path;
        struct stat st;
        char *joined;

        if (entry->d_name[0] == '.' && (!entry->d_name[1] || streq(entry->d_name, "..")))
                return 0;
        if (asprintf(&joined, "%s/%s", parent, entry->d_name) < 0)
                return -ENOMEM;
        path = sandbox_keep_path(set->sandbox, joined);
        if (!path)
                return -ENOMEM;
        if (lstat(path, &st) < 0)
                return errno == ENOENT ? 0 : -errno; /* it is gone by now */
        if (!S_ISDIR(st.st_mode) || run_directory_is_hidden(set, path))
                return 0;
        return sandbox_append(set->sandbox, &(struct sandbox_step){ .type = STEP_DIRECTORY,
                                                                    .path = path,
                                                                    .mode = st.st_mode,
                                                                    .uid = st.st_uid,
                                                                    .gid = st.st_gid }) < 0
                       ? -ENOMEM
                       : private_set_add_run_directories(set, path, levels);
}

static int private_set_add_run_directories(const struct private_set *set, const char *path, unsigned levels)
{
        const struct dirent *entry;
        int r = 0;
        DIR *dir;

        if (levels == 0)
                return 0;
        dir = opendir(path);
        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while (r >= 0 && (errno = 0, entry = readdir(dir)))
                if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)
                        r = private_set_add_run_directory(set, path, entry, levels - 1);
        if (r >= 0 && !entry && errno)
                r = -errno;
        closedir(dir);
        return r;
}

/* ---- The private directories ---- */

static int private_set_add_directory(const struct private_set *set, const struct private_dir *private)
{
        const char *path;
        mode_t type = 0;
        char *joined;
        int r;

        if (asprintf(&joined, "%s%s", set->root, private->path) < 0)
                return -ENOMEM;
        path = sandbox_keep_path(set->sandbox, joined);
        r = path ? path_get_type(path, &type) : -ENOMEM;
        if (r <= 0 || !S_ISDIR(type))
                return r < 0 ? r : 0;
        r = sandbox_add_private_directory(set->sandbox, path, private->mode);
        return r >= 0 && streq(private->path, RUN_DIR) ? private_set_add_run_directories(set, path, 2) : r;
}

static int private_set_add_directories(const struct private_set *set)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(private_dirs); i++)
                if (!streq(private_dirs[i].path, DEV_DIR))
                        r = private_set_add_directory(set, &private_dirs[i]);
        return r >= 0 && !set->root[0] ? sandbox_add_dev(set->sandbox) : r;
}

static int sandbox_add_private_set(struct sandbox *sandbox, const struct sandbox_request *request, const char *root)
{
        struct private_set set = { .sandbox = sandbox, .request = request, .root = root };
        int r;

        r = private_set_find_preserved(&set);
        if (r >= 0)
                r = private_set_detach(&set);
        if (r >= 0)
                r = private_set_add_directories(&set);
        if (r >= 0)
                r = private_set_attach(&set);
        free(set.preserved);
        return r;
}

/* Programs that change their root to the request's find the same devices there. */
static int sandbox_share_dev(struct sandbox *sandbox, const struct sandbox_request *request)
{
        size_t fd = sandbox->n_fds++;
        const char *path;
        mode_t type = 0;
        char *joined;
        int r;

        if (asprintf(&joined, "%s" DEV_DIR, request->root) < 0)
                return -ENOMEM;
        path = sandbox_keep_path(sandbox, joined);
        r = path ? path_get_type(path, &type) : -ENOMEM;
        if (r <= 0 || !S_ISDIR(type))
                return r < 0 ? r : 0;
        r = sandbox_add(sandbox, STEP_DETACH, DEV_DIR, fd);
        return r < 0 ? r : sandbox_add(sandbox, STEP_ATTACH, path, fd);
}

int sandbox_add_private(struct sandbox *sandbox, const struct sandbox_request *request)
{
        int r = 0;

        assert(sandbox);
        assert(request && request->root);

        /* The root may itself be in a private directory, which is preserved with what is mounted in it. */
        if (request->root[0])
                r = sandbox_add_private_set(sandbox, request, request->root);
        if (r >= 0)
                r = sandbox_add_private_set(sandbox, request, "");
        return r >= 0 && request->root[0] ? sandbox_share_dev(sandbox, request) : r;
}
