/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parent side of the sandbox: from the overlays that a migration works in to a table of steps. */

#include "sandbox/sandbox.h"

#include "basic/array.h"
#include "basic/path.h"

static const char *const private_dirs[] = { "/tmp", "/var/tmp" };

enum { FD_NETWORK, FD_MOUNTS };

/* Trees below private directories that stay visible. */
struct preserved {
        const char **paths;
        size_t n;
};

static int sandbox_append_step(struct sandbox *sandbox, const struct sandbox_step *step)
{
        struct sandbox_step *grown = array_grow(sandbox->steps, sandbox->n_steps, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        sandbox->steps = grown;
        grown[sandbox->n_steps++] = *step;
        return 0;
}

static int sandbox_add_step(struct sandbox *sandbox, enum sandbox_step_type type, const char *path, size_t fd)
{
        return sandbox_append_step(sandbox, &(struct sandbox_step){ .type = type, .path = path, .fd = fd });
}

static bool path_is_private(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(private_dirs); i++)
                if (path_is_within(path, private_dirs[i]))
                        return true;
        return false;
}

/* A path in a preserved tree is preserved with it. */
static void preserved_add(struct preserved *preserved, const char *path)
{
        for (size_t i = 0; i < preserved->n; i++)
                if (path_is_within(path, preserved->paths[i]))
                        return;
        if (path_is_private(path))
                preserved->paths[preserved->n++] = path;
}

static int sandbox_add_private_dirs(struct sandbox *sandbox)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(private_dirs); i++)
                if (access(private_dirs[i], F_OK) == 0)
                        r = sandbox_add_step(sandbox, STEP_TMPFS, private_dirs[i], 0);
        return r;
}

static int sandbox_add_preserved(struct sandbox *sandbox, const struct preserved *preserved)
{
        size_t first = sandbox->n_fds;
        int r = 0;

        sandbox->n_fds += preserved->n;
        for (size_t i = 0; r >= 0 && i < preserved->n; i++)
                r = sandbox_add_step(sandbox, STEP_DETACH, preserved->paths[i], first + i);
        if (r >= 0)
                r = sandbox_add_private_dirs(sandbox);
        for (size_t i = 0; r >= 0 && i < preserved->n; i++) {
                r = sandbox_add_step(sandbox, STEP_DIRECTORY, preserved->paths[i], 0);
                if (r >= 0)
                        r = sandbox_add_step(sandbox, STEP_ATTACH, preserved->paths[i], first + i);
        }
        return r;
}

static int sandbox_add_private(struct sandbox *sandbox, const struct sandbox_request *request)
{
        _cleanup_free_ const char **paths = NULL;
        struct preserved preserved = { 0 };
        size_t n_visible = 0;

        while (request->visible[n_visible])
                n_visible++;
        preserved.paths = paths = calloc(n_visible + request->n_mounts + 1, sizeof(*paths));
        if (!paths)
                return -ENOMEM;
        for (size_t i = 0; i < n_visible; i++)
                preserved_add(&preserved, request->visible[i]);
        for (size_t i = 0; i < request->n_mounts; i++)
                preserved_add(&preserved, request->mounts[i].path);
        return sandbox_add_preserved(sandbox, &preserved);
}

static int sandbox_add_shields(struct sandbox *sandbox, const struct sandbox_mount *mount, size_t fd, size_t covered)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < mount->shields.n; i++)
                r = sandbox_append_step(sandbox, &(struct sandbox_step){ STEP_SHIELD, mount->path,
                                                                         mount->shields.list[i], fd, covered });
        return r;
}

/* All directories are opened before the first overlay is attached, which hides those below it. */
static int sandbox_add_mounts(struct sandbox *sandbox, const struct sandbox_request *request)
{
        size_t first = sandbox->n_fds;
        int r = 0;

        sandbox->n_fds += request->n_mounts;
        for (size_t i = 0; r >= 0 && i < request->n_mounts; i++)
                r = sandbox_add_step(sandbox, STEP_OPEN, request->mounts[i].path, first + i);
        for (size_t i = 0; r >= 0 && i < request->n_mounts; i++) {
                const struct sandbox_mount *mount = &request->mounts[i];

                r = sandbox_add_step(sandbox, STEP_COVER, mount->path, FD_MOUNTS + i);
                if (r >= 0)
                        r = sandbox_add_shields(sandbox, mount, FD_MOUNTS + i, first + i);
        }
        return r;
}

static int sandbox_add_all(struct sandbox *sandbox, const struct sandbox_request *request)
{
        bool migrate = request->phase == SANDBOX_MIGRATE;
        int r = 0;

        if (!migrate || !request->network_allowed)
                r = sandbox_add_step(sandbox, STEP_NETWORK, "", FD_NETWORK);
        if (r >= 0)
                r = sandbox_add_step(sandbox, STEP_PRIVATE, "/", 0);
        if (r >= 0)
                r = sandbox_add_step(sandbox, STEP_READ_ONLY, "/", 0);
        if (r >= 0 && migrate)
                r = sandbox_add_private(sandbox, request);
        if (r >= 0)
                r = sandbox_add_mounts(sandbox, request);
        if (r >= 0)
                r = sandbox_add_step(sandbox, STEP_PROC, "/proc", 0);
        if (r >= 0)
                r = sandbox_add_step(sandbox, STEP_DROP_CAPABILITIES, "", 0);
        return r;
}

int sandbox_new(const struct sandbox_request *request, struct sandbox **ret)
{
        _cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
        int r;

        assert(request->visible);
        assert(ret);

        sandbox = calloc(1, sizeof(*sandbox));
        if (!sandbox)
                return -ENOMEM;
        sandbox->n_given = sandbox->n_fds = FD_MOUNTS + request->n_mounts;
        r = sandbox_add_all(sandbox, request);
        if (r < 0)
                return r;

        sandbox->fds = malloc(sandbox->n_fds * sizeof(int));
        if (!sandbox->fds)
                return -ENOMEM;
        for (size_t i = 0; i < sandbox->n_fds; i++)
                sandbox->fds[i] = -EBADF;
        sandbox->fds[FD_NETWORK] = request->network;
        for (size_t i = 0; i < request->n_mounts; i++)
                sandbox->fds[FD_MOUNTS + i] = request->mounts[i].fd;
        *ret = TAKE_PTR(sandbox);
        return 0;
}

struct sandbox *sandbox_free(struct sandbox *sandbox)
{
        if (!sandbox)
                return NULL;
        free(sandbox->fds);
        free(sandbox->steps);
        free(sandbox);
        return NULL;
}
