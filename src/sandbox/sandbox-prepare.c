/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parent side of the sandbox: from the overlays that a migration works in to a table of steps. */

#include "sandbox/sandbox-steps.h"

#include "basic/path.h"

#include <sys/stat.h>

enum { FD_NETWORK, FD_GIVEN };

/* ---- Overlays ---- */

static int sandbox_add_shields(struct sandbox *sandbox, const struct sandbox_mount *mount, size_t fd, size_t covered)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < mount->shields.n; i++)
                r = sandbox_append(sandbox, &(struct sandbox_step){ .type = STEP_SHIELD,
                                                                    .path = mount->path,
                                                                    .name = mount->shields.list[i],
                                                                    .fd = fd,
                                                                    .from = covered });
        return r;
}

/* Opens what covers the directory, while everything in it can still be reached. */
static int sandbox_open_cover(struct sandbox *sandbox, const struct sandbox_cover *cover, size_t fd)
{
        switch (cover->type) {
        case SANDBOX_COVER_OVERLAY:
                return sandbox_add(sandbox, STEP_VIEW, cover->path, fd);
        case SANDBOX_COVER_AS_IS:
                return sandbox_add(sandbox, STEP_DETACH_ONE, cover->path, fd);
        default:
                return 0;
        }
}

/* Their overlay is attached to where nobody sees it, since before Linux 6.15 no other mount can be cloned. */
static int sandbox_open_entries(struct sandbox *sandbox, const struct sandbox_request *request, size_t first)
{
        size_t slash = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < request->n_covers; i++) {
                if (request->covers[i].type != SANDBOX_COVER_ENTRY)
                        continue;
                if (!slash) {
                        slash = sandbox->n_fds++;
                        r = sandbox_add(sandbox, STEP_VIEW, "/", slash);
                        if (r >= 0)
                                r = sandbox_add(sandbox, STEP_ATTACH, SANDBOX_STORE_DIR, slash);
                }
                if (r >= 0)
                        r = sandbox_append(sandbox, &(struct sandbox_step){ .type = STEP_VIEW_ENTRY,
                                                                            .path = request->covers[i].path,
                                                                            .fd = first + i,
                                                                            .from = slash });
        }
        return r;
}

static int sandbox_attach_cover(struct sandbox *sandbox, const struct sandbox_cover *cover, size_t fd)
{
        return cover->type == SANDBOX_COVER_PROC ? sandbox_add(sandbox, STEP_PROC, cover->path, 0)
                                                 : sandbox_add(sandbox, STEP_COVER_SYSTEM, cover->path, fd);
}

static int sandbox_attach_mount(struct sandbox *sandbox, const struct sandbox_mount *mount, size_t fd, size_t covered)
{
        int r = sandbox_add(sandbox, STEP_COVER, mount->path, fd);

        return r < 0 ? r : sandbox_add_shields(sandbox, mount, fd, covered);
}

/* Attaches overlays and covers in the order of their paths, since each hides what is below it. */
static int sandbox_attach_all(struct sandbox *sandbox, const struct sandbox_request *request, size_t opened)
{
        size_t i = 0, j = 0;
        int r = 0;

        while (r >= 0 && (i < request->n_mounts || j < request->n_covers)) {
                bool mount =
                        j == request->n_covers ||
                        (i < request->n_mounts && path_compare(request->mounts[i].path, request->covers[j].path) < 0);

                if (mount)
                        r = sandbox_attach_mount(sandbox, &request->mounts[i], FD_GIVEN + i, opened + i);
                else
                        r = sandbox_attach_cover(sandbox, &request->covers[j], opened + request->n_mounts + j);
                i += mount;
                j += !mount;
        }
        return r;
}

/* All directories are opened before the first one is covered. */
static int sandbox_add_mounts(struct sandbox *sandbox, const struct sandbox_request *request)
{
        size_t first = sandbox->n_fds, covers = first + request->n_mounts;
        int r;

        sandbox->n_fds = covers + request->n_covers;
        sandbox->store = sandbox->n_fds++;
        r = sandbox_add(sandbox, STEP_STORE, SANDBOX_STORE_DIR, sandbox->store);
        for (size_t i = 0; r >= 0 && i < request->n_mounts; i++)
                r = sandbox_add(sandbox, STEP_OPEN, request->mounts[i].path, first + i);
        for (size_t i = 0; r >= 0 && i < request->n_covers; i++)
                r = sandbox_open_cover(sandbox, &request->covers[i], covers + i);
        if (r >= 0)
                r = sandbox_open_entries(sandbox, request, covers);
        return r < 0 ? r : sandbox_attach_all(sandbox, request, first);
}

/* ---- Files of the system ---- */

static int sandbox_add_files(struct sandbox *sandbox, const struct sandbox_request *request)
{
        const struct system_files *files = request->files;
        int r = 0;

        for (size_t i = 0; r >= 0 && files && i < files->n; i++) {
                const char *path = files->files[i].path;

                r = sandbox_append(sandbox,
                                   &(struct sandbox_step){ .type = STEP_MOUNT_POINT, .path = path, .mode = S_IFREG });
                if (r >= 0)
                        r = sandbox_add(sandbox, STEP_ATTACH, path, FD_GIVEN + request->n_mounts + i);
        }
        return r;
}

/* ---- The table ---- */

static int sandbox_add_world(struct sandbox *sandbox, const struct sandbox_request *request)
{
        int r = 0;

        if (request->network >= 0)
                r = sandbox_add(sandbox, STEP_NETWORK, "", FD_NETWORK);
        if (r >= 0)
                r = sandbox_add(sandbox, STEP_SLAVE, "/", 0);
        if (r >= 0)
                r = sandbox_add_devices(sandbox);
        if (r >= 0)
                r = sandbox_add(sandbox, STEP_READ_ONLY, "/", 0);
        return r;
}

static int sandbox_add_all(struct sandbox *sandbox, const struct sandbox_request *request)
{
        int r;

        r = sandbox_add_world(sandbox, request);
        if (r >= 0)
                r = sandbox_add_mounts(sandbox, request);
        if (r >= 0)
                r = sandbox_add_private(sandbox, request);
        if (r >= 0)
                r = sandbox_add_files(sandbox, request);
        if (r >= 0)
                r = sandbox_add(sandbox, STEP_PROC, "/proc", 0);
        return r < 0 ? r : sandbox_add(sandbox, STEP_SEAL, "/dev", 0);
}

static int sandbox_make_fds(struct sandbox *sandbox, const struct sandbox_request *request)
{
        const struct system_files *files = request->files;

        sandbox->fds = malloc(sandbox->n_fds * sizeof(int));
        if (!sandbox->fds)
                return -ENOMEM;
        for (size_t i = 0; i < sandbox->n_fds; i++)
                sandbox->fds[i] = -EBADF;
        sandbox->fds[FD_NETWORK] = request->network;
        for (size_t i = 0; i < request->n_mounts; i++)
                sandbox->fds[FD_GIVEN + i] = request->mounts[i].fd;
        for (size_t i = 0; files && i < files->n; i++)
                sandbox->fds[FD_GIVEN + request->n_mounts + i] = files->files[i].fd;
        return 0;
}

int sandbox_new(const struct sandbox_request *request, struct sandbox **ret)
{
        _cleanup_(sandbox_freep) struct sandbox *sandbox = NULL;
        int r;

        assert(request->root);
        assert(ret);

        sandbox = calloc(1, sizeof(*sandbox));
        if (!sandbox)
                return -ENOMEM;
        sandbox->n_given = sandbox->n_fds = FD_GIVEN + request->n_mounts + (request->files ? request->files->n : 0);
        r = sandbox_add_all(sandbox, request);
        if (r >= 0)
                r = sandbox_make_fds(sandbox, request);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(sandbox);
        return 0;
}

struct sandbox *sandbox_free(struct sandbox *sandbox)
{
        if (!sandbox)
                return NULL;
        strv_done(&sandbox->paths);
        free(sandbox->fds);
        free(sandbox->steps);
        free(sandbox);
        return NULL;
}
