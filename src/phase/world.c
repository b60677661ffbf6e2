/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/world.h"

#include <fcntl.h>
#include <poll.h>

bool phase_is_sandboxed(const struct phase *phase)
{
        assert(phase && phase->migration);

        if (phase->flags & DMIG_SANDBOX_OFF)
                return false;
        return !phase->migrate || !phase->migration->manifest->unrestricted;
}

/* Both phases connect to the same daemons, but only migrate has the system's network. */
static int phase_open_files(const struct phase *phase, struct system_files *ret, struct error *error)
{
        const struct manifest *manifest = phase->migration->manifest;
        int r;

        r = system_files_add(ret, &phase->ctx->root, manifest->connect.list, error);
        return r >= 0 && phase->migrate && manifest->network ? system_files_add_resolver(ret, error) : r;
}

/* ---- The sandbox ---- */

static int world_make_sandbox(struct world *world, const struct phase *phase, struct error *error)
{
        const struct dmig *ctx = phase->ctx;
        bool shares_network = phase->migrate && phase->migration->manifest->network;
        const struct sandbox_request request = {
                .root = ctx->root.path,
                .network = shares_network ? -EBADF : ctx->network,
                .helpers = { ctx->libexecdir, ctx->datadir },
                .declared = world->declared.list,
                .mounts = world->mounts.mounts,
                .n_mounts = world->mounts.n,
                .covers = world->covers.covers,
                .n_covers = world->covers.n,
                .files = &world->files,
        };
        int r;

        r = sandbox_new(&request, &world->sandbox);
        return r < 0 ? error_errnof(error, r, "can't prepare the sandbox") : 0;
}

static bool phase_has_scratch(const struct phase *phase)
{
        const struct manifest *manifest = phase->migration->manifest;

        return !phase->migrate && manifest->check_scratch && !manifest->unrestricted;
}

static int world_mount_stage(struct world *world, const struct phase *phase, struct error *error)
{
        bool scratch = phase_has_scratch(phase);
        int r = 0;

        if (phase->migrate && !phase->stage)
                return error_setf(error, -EINVAL, "migrate in a sandbox needs a stage");
        if (scratch)
                r = scratch_make(phase, &world->scratch, error);
        world->stage = scratch ? world->scratch.stage : phase->stage;
        return r < 0 || !world->stage ? r : stage_mount(world->stage, phase->migrate || scratch, &world->mounts, error);
}

static int world_make(struct world *world, const struct phase *phase, struct error *error)
{
        int r;

        r = world_mount_stage(world, phase, error);
        if (r >= 0)
                r = covers_list(&phase->ctx->root, &world->mounts, &world->covers, error);
        if (r >= 0 && world->stage)
                r = areas_list_declared(world->stage->areas, &world->declared);
        if (r >= 0)
                r = phase_open_files(phase, &world->files, error);
        return r < 0 ? r : world_make_sandbox(world, phase, error);
}

/* ---- From one program to the next ---- */

struct world *world_choose(const struct phase *phase)
{
        const struct manifest *manifest;

        assert(phase && phase->migration);

        manifest = phase->migration->manifest;
        if (!phase_is_sandboxed(phase) || phase_has_scratch(phase))
                return NULL;
        if (phase->stage)
                return manifest->network ? NULL : phase->staged;
        return manifest->connect.n == 0 ? phase->checks : NULL;
}

/* Entries of these directories were looked up for the sandbox. */
static void system_look(struct stat *ret_slash, struct stat *ret_run)
{
        *ret_slash = *ret_run = (struct stat){ 0 };
        (void)stat("/", ret_slash);
        (void)stat("/run", ret_run);
}

static bool stat_is_changed(const struct stat *a, const struct stat *b)
{
        return a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
               a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* Whether the system still has the mounts and directories that it had. The kernel tells of a new mount table by POLLPRI. */
static bool world_is_current(const struct world *world)
{
        struct pollfd fd = { .fd = world->mount_table, .events = POLLPRI };
        struct stat slash, run;

        system_look(&slash, &run);
        return world->mount_table >= 0 && poll(&fd, 1, 0) == 0 && !stat_is_changed(&slash, &world->slash) &&
               !stat_is_changed(&run, &world->run);
}

static void world_clear(struct world *world)
{
        fd_closep(&world->mount_table);
        sandbox_free(world->sandbox);
        strv_done(&world->declared);
        system_files_done(&world->files);
        covers_done(&world->covers);
        stage_mounts_done(&world->mounts);
        scratch_done(&world->scratch);
        *world = (struct world){ .host = world->host, .mount_table = -EBADF };
        world->host.sandbox = NULL;
}

int world_prepare(struct world *world, const struct phase *phase, struct error *error)
{
        int r;

        assert(world && phase);

        if (world->host.reusable && world_is_current(world))
                return 0;
        if (world->stage)
                host_end(&world->host); /* other overlays can't have its layers as long as it has them */
        else
                host_dismiss(&world->host);
        world_clear(world);
        world->host.lock_fd = phase->lock_fd;
        if (!phase_is_sandboxed(phase))
                return 0;
        world->mount_table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
        system_look(&world->slash, &world->run);
        r = world_make(world, phase, error);
        world->host.sandbox = world->sandbox;
        return r;
}

void world_done(struct world *world)
{
        assert(world);

        host_end(&world->host);
        world_clear(world);
}
