/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parent side of the sandbox: from what a manifest declares to a table of steps. */

#include "sandbox.h"

#include <fcntl.h>
#include <stdio.h>

static const char *const private_dirs[] = { "/tmp", "/var/tmp" };

static size_t count(const char *const *list)
{
        size_t n = 0;

        while (list[n])
                n++;
        return n;
}

static int add_string(char ***list, size_t *n, char *string)
{
        char **grown = string ? reallocarray(*list, *n + 1, sizeof(char *)) : NULL;

        if (!grown) {
                free(string);
                return -ENOMEM;
        }
        *list = grown;
        grown[(*n)++] = string;
        return 0;
}

static int add_step(struct sandbox *sandbox, enum sandbox_step_type type, const char *path, size_t slot)
{
        struct sandbox_step *grown = reallocarray(sandbox->steps, sandbox->n_steps + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        sandbox->steps = grown;
        grown[sandbox->n_steps++] = (struct sandbox_step){ .type = type, .path = path, .slot = slot };
        return 0;
}

static bool is_private(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(private_dirs); i++)
                if (path_is_within(path, private_dirs[i]))
                        return true;
        return false;
}

/* Makes the directory @name in @parent, whoever else may write there. Returns: 1, 0 where it was there, or a negative errno. */
static int make_directory(int parent, const char *name)
{
        _cleanup_close_ int fd = -EBADF;

        if (mkdirat(parent, name, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 || fchmod(fd, 0755) < 0 ? -errno : 1; /* whatever the umask is */
}

/* Makes each missing directory of @path, which is absolute and normalised, and remembers it. */
static int make_missing(struct sandbox *sandbox, const struct root *root, const char *path)
{
        _cleanup_close_ int parent = -EBADF;
        size_t n = 0;
        int r = 0;

        while (r >= 0 && path[n]) {
                _cleanup_free_ char *prefix = NULL, *name = NULL;
                size_t begin = n + 1;
                char *whole;

                if (parent >= 0)
                        close(TAKE_FD(parent));
                prefix = strndup(path, n ? n : 1);
                n = begin + strcspn(path + begin, "/");
                name = strndup(path + begin, n - begin);
                if (!prefix || !name)
                        return -ENOMEM;
                parent = root_open(root, prefix, O_PATH | O_DIRECTORY);
                r = parent < 0 ? parent : make_directory(parent, name);
                if (r > 0)
                        r = asprintf(&whole, "%s%.*s", root->path, (int)n, path) < 0
                                    ? -ENOMEM
                                    : add_string(&sandbox->made, &sandbox->n_made, whole);
        }
        return r;
}

/* By way of a link; a manifest that says so itself is refused. */
static bool is_state(const struct root *root, const char *resolved)
{
        const char *path = startswith(resolved, root->path);

        return path && path_touches_state(path);
}

static int add_path(struct sandbox *sandbox, const struct root *root, const char *path, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *resolved = NULL;
        int r = 0;

        fd = root_open(root, path, O_PATH);
        if (fd == -ENOENT) {
                r = make_missing(sandbox, root, path);
                fd = r < 0 ? r : root_open(root, path, O_PATH);
        }
        if (fd < 0)
                return error_errnof(error, fd, "can't open the declared path %s%s", root->path, path);

        r = fd_get_path(fd, &resolved);
        if (r < 0)
                return r;
        if (is_state(root, resolved))
                return error_setf(error, -EPERM,
                                  "the declared path %s%s leads to " STATE_DIR
                                  ", where migrations have nothing to write",
                                  root->path, path);
        return add_string(&sandbox->paths, &sandbox->n_paths, TAKE_PTR(resolved));
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that what is nested is attached behind what it lies in. */
static int resolve_declared(struct sandbox *sandbox, const struct root *root, const struct manifest *manifest,
                            struct error *error)
{
        int r;

        if (count((const char *const *)manifest->writes) > SANDBOX_SLOTS_MAX - SANDBOX_VISIBLE_MAX)
                return error_setf(error, -E2BIG, "more than %d declared paths",
                                  SANDBOX_SLOTS_MAX - SANDBOX_VISIBLE_MAX);
        for (char **path = manifest->writes; *path; path++) {
                r = add_path(sandbox, root, *path, error);
                if (r < 0)
                        return r;
        }
        if (sandbox->n_paths > 0)
                qsort(sandbox->paths, sandbox->n_paths, sizeof(char *), compare_paths);
        return 0;
}

static int add_attach(struct sandbox *sandbox, const char *path, size_t slot)
{
        struct stat st;
        int r = 0;

        if (is_private(path)) {
                if (stat(path, &st) < 0)
                        return -errno;
                r = add_step(sandbox, S_ISDIR(st.st_mode) ? STEP_DIRECTORY : STEP_FILE, path, 0);
        }
        return r < 0 ? r : add_step(sandbox, STEP_ATTACH, path, slot);
}

/* The paths below /tmp that have to stay visible, behind the declared ones. */
static int keep_visible(struct sandbox *sandbox, const char *const *visible)
{
        int r = 0;

        for (const char *const *path = visible; r >= 0 && *path; path++)
                if (is_private(*path))
                        r = add_string(&sandbox->paths, &sandbox->n_paths, strdup(*path));
        return r;
}

static int add_steps(struct sandbox *sandbox, enum sandbox_step_type type, size_t begin, size_t end)
{
        int r = 0;

        for (size_t i = begin; r >= 0 && i < end; i++)
                r = type == STEP_ATTACH ? add_attach(sandbox, sandbox->paths[i], i)
                                        : add_step(sandbox, type, sandbox->paths[i], i);
        return r;
}

static int add_private_dirs(struct sandbox *sandbox)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(private_dirs); i++)
                if (access(private_dirs[i], F_OK) == 0)
                        r = add_step(sandbox, STEP_TMPFS, private_dirs[i], 0);
        return r;
}

/* A copy has the flags of the moment: what is declared is copied before all becomes read-only, what is just visible after. */
static int add_writable(struct sandbox *sandbox, const struct sandbox_request *request, struct error *error)
{
        size_t n_declared;
        int r;

        r = resolve_declared(sandbox, request->root, request->manifest, error);
        if (r < 0)
                return r;
        n_declared = sandbox->n_paths;
        r = keep_visible(sandbox, request->visible);
        if (r < 0)
                return r;

        r = add_steps(sandbox, STEP_DETACH, 0, n_declared);
        if (r >= 0)
                r = add_step(sandbox, STEP_READ_ONLY, "/", 0);
        if (r >= 0)
                r = add_steps(sandbox, STEP_DETACH, n_declared, sandbox->n_paths);
        if (r >= 0)
                r = add_private_dirs(sandbox);
        if (r >= 0)
                r = add_steps(sandbox, STEP_ATTACH, n_declared, sandbox->n_paths);
        if (r >= 0)
                r = add_steps(sandbox, STEP_ATTACH, 0, n_declared);
        return r;
}

static int add_all_steps(struct sandbox *sandbox, const struct sandbox_request *request, struct error *error)
{
        bool migrate = request->phase == SANDBOX_MIGRATE;
        int r = 0;

        if (!migrate || !request->manifest->network) {
                sandbox->network = request->network;
                r = add_step(sandbox, STEP_NETWORK, "", 0);
        }
        if (r >= 0)
                r = add_step(sandbox, STEP_PRIVATE, "/", 0);
        if (r >= 0)
                r = migrate ? add_writable(sandbox, request, error) : add_step(sandbox, STEP_READ_ONLY, "/", 0);
        if (r >= 0)
                r = add_step(sandbox, STEP_PROC, "/proc", 0);
        if (r >= 0)
                r = add_step(sandbox, STEP_DROP_CAPABILITIES, "", 0);
        return r;
}

int sandbox_new(const struct sandbox_request *request, struct sandbox **ret, struct error *error)
{
        _cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
        int r;

        sandbox = malloc(sizeof(*sandbox));
        if (!sandbox)
                return -ENOMEM;
        *sandbox = (struct sandbox){ .network = -EBADF };

        r = add_all_steps(sandbox, request, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(sandbox);
        return 0;
}

struct sandbox *sandbox_free(struct sandbox *sandbox)
{
        if (!sandbox)
                return NULL;

        for (size_t i = sandbox->n_made; i-- > 0;) {
                (void)rmdir(sandbox->made[i]); /* stays where the migration has put something into it */
                free(sandbox->made[i]);
        }
        free(sandbox->made);
        for (size_t i = 0; i < sandbox->n_paths; i++)
                free(sandbox->paths[i]);
        free(sandbox->paths);
        free(sandbox->steps);
        free(sandbox);
        return NULL;
}
