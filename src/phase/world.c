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

/* Both phases connect to the same daemons, but only migrate has the system's network; and check if what it looks at is for many hosts. */
static bool phase_has_network(const struct phase *phase)
{
        const struct manifest *manifest = phase->migration->manifest;

        return manifest->network && (phase->migrate || manifest->once);
}

static int phase_open_files(const struct phase *phase, struct system_files *ret, struct error *error)
{
        const struct manifest *manifest = phase->migration->manifest;
        int r;

        r = system_files_add(ret, &phase->ctx->root, manifest->connect.list, error);
        return r >= 0 && phase_has_network(phase) ? system_files_add_resolver(ret, error) : r;
}

/* ---- The system ---- */

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

static bool world_is_usable(const struct world *world)
{
        return world->host.reusable && world_is_current(world);
}

/* ---- The sandbox ---- */

static struct sandbox_request world_get_request(const struct world *world, const struct phase *phase)
{
        const struct dmig *ctx = phase->ctx;
        return (struct sandbox_request){
                .root = ctx->root.path,
                .network = phase_has_network(phase) ? -EBADF : ctx->network,
                .helpers = { ctx->libexecdir, ctx->datadir },
                .declared = world->declared.list,
                .mounts = world->mounts.mounts,
                .n_mounts = world->mounts.n,
                .covers = world->covers.covers,
                .n_covers = world->covers.n,
                .files = &world->files,
        };
}

static int world_make_sandbox(struct world *world, const struct phase *phase, struct error *error)
{
        const struct sandbox_request request = world_get_request(world, phase);
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

/* Whether that of the checks, which is there, can show the stage. */
static bool world_borrow(struct world *world, const struct phase *phase)
{
        const struct sandbox_request request = world_get_request(world, phase);
        struct world *checks = phase->checks;

        if (phase->staged != world || !checks || phase->migration->manifest->connect.n > 0 ||
            !world_is_usable(checks) || !extension_make(checks->sandbox, &request, &world->extension))
                return false;
        world->lender = checks;
        return true;
}

static int world_make(struct world *world, const struct phase *phase, struct error *error)
{
        int r;

        world->mount_table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
        system_look(&world->slash, &world->run);
        r = covers_list(&phase->ctx->root, &world->mounts, &world->covers, error);
        if (r >= 0)
                r = phase_open_files(phase, &world->files, error);
        if (r >= 0)
                r = world_make_sandbox(world, phase, error);
        world->host.sandbox = world->sandbox;
        return r;
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
        return manifest->connect.n == 0 && !phase_has_network(phase) ? phase->checks : NULL;
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

static struct host *world_get_host(struct world *world)
{
        return world->lender ? &world->lender->host : &world->host;
}

/* Other overlays can't have its layers as long as it has them. */
static void world_leave_host(struct world *world)
{
        if (world->stage)
                world_end_host(world);
        else
                host_dismiss(&world->host);
}

int world_prepare(struct world *world, const struct phase *phase, struct error *error)
{
        int r;

        assert(world && phase);

        if (world_is_usable(world->lender ?: world))
                return 0;
        world_leave_host(world);
        world_clear(world);
        world->host.lock_fd = phase->lock_fd;
        if (!phase_is_sandboxed(phase))
                return 0;
        r = world_mount_stage(world, phase, error);
        if (r >= 0 && world->stage)
                r = areas_list_declared(world->stage->areas, &world->declared);
        return r < 0 || world_borrow(world, phase) ? r : world_make(world, phase, error);
}

int world_run(struct world *world, struct process_request *request, struct process_result *ret, struct error *error)
{
        struct world *owner;
        struct host *host;
        int r;

        assert(world && request);

        host = world_get_host(world);
        request->host = host;
        owner = world->lender ?: world;
        request->renew = owner->outdated;
        owner->outdated = false;
        request->extension = world->lender && !world->extended ? &world->extension : NULL;
        request->retract = world->lender && request->sealed;
        world->extended = world->lender;
        r = process_run(request, ret, error);
        if (request->retract && host->reusable)
                world->extended = false;
        return r;
}

void world_end_host(struct world *world)
{
        assert(world);

        host_end(world_get_host(world));
        world->extended = false;
}

void world_dismiss(struct world *world)
{
        assert(world);

        host_dismiss(&world->host);
}

void world_done(struct world *world)
{
        assert(world);

        if (!world->lender || world->extended)
                world_end_host(world);
        world_clear(world);
}
