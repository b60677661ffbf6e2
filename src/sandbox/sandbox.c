/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The child side of the sandbox: runs the parent's table of steps by system calls only. */

#include "sandbox/sandbox.h"

#include "sandbox/sandbox-mounts.h"
#include "sandbox/sandbox-views.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static const char *const step_purpose[] = {
        [STEP_NETWORK] = "join an empty network",
        [STEP_SLAVE] = "detach from other name spaces the mounts below",
        [STEP_KEEP_DEVICE] = "clone",
        [STEP_READ_ONLY] = "make read-only the mounts below",
        [STEP_DETACH] = "clone the mounts of",
        [STEP_DETACH_ONE] = "clone the mount of",
        [STEP_STORE] = "mount a tmpfs on",
        [STEP_PRIVATE] = "mount a private directory on",
        [STEP_PTS] = "mount a devpts on",
        [STEP_DIRECTORY] = "make",
        [STEP_MOUNT_POINT] = "make the mount point",
        [STEP_LINK] = "make the link",
        [STEP_SEAL] = "make read-only",
        [STEP_OPEN] = "open",
        [STEP_ATTACH] = "attach the mounts of",
        [STEP_VIEW] = "make an overlay of",
        [STEP_VIEW_ENTRY] = "make a view of",
        [STEP_COVER] = "attach the overlay over",
        [STEP_COVER_SYSTEM] = "cover",
        [STEP_SHIELD] = "keep read-only",
        [STEP_PROC] = "mount a procfs on",
};

static int step_make_parents(const char *path)
{
        char prefix[PATH_MAX];
        size_t n = strlen(path);

        if (n >= sizeof(prefix))
                return -ENAMETOOLONG;
        for (size_t i = 1; i < n; i++) {
                if (path[i] != '/')
                        continue;
                memcpy(prefix, path, i);
                prefix[i] = '\0';
                if (mkdir(prefix, 0755) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

/* It may be there, in a tree that was attached before. mknod(2) makes regular files, too. */
static int step_make_mount_point(const struct sandbox_step *step)
{
        int r;

        r = step_make_parents(step->path);
        if (r < 0)
                return r;
        r = S_ISDIR(step->mode) ? mkdir(step->path, 0755) : mknod(step->path, S_IFREG | 0644, 0);
        return r < 0 && errno != EEXIST ? -errno : 0;
}

static int step_make_directory(const struct sandbox_step *step)
{
        mode_t mode = step->mode & 07777;

        if (mkdir(step->path, mode) < 0)
                return -errno;
        /* EINVAL: the user name space has no number for an owner of the system, which it shows as nobody. */
        if ((step->uid || step->gid) && chown(step->path, step->uid, step->gid) < 0 && errno != EINVAL)
                return -errno;
        /* mkdir(2) doesn't set these bits. */
        return mode & (S_ISUID | S_ISGID) && chmod(step->path, mode) < 0 ? -errno : 0;
}

static int step_run(const struct sandbox_step *step, int *fds)
{
        switch (step->type) {
        case STEP_NETWORK:
                return setns(fds[step->fd], CLONE_NEWNET) < 0 ? -errno : 0;
        case STEP_KEEP_DEVICE:
        case STEP_DETACH:
        case STEP_DETACH_ONE:
        case STEP_STORE:
        case STEP_OPEN:
        case STEP_VIEW:
        case STEP_VIEW_ENTRY:
                return step_run_open(step, fds);
        case STEP_DIRECTORY:
                return step_make_directory(step);
        case STEP_MOUNT_POINT:
                return step_make_mount_point(step);
        case STEP_LINK:
                return symlink(step->name, step->path) < 0 ? -errno : 0;
        default:
                return step_run_mount(step, fds);
        }
}

/* The views and the overlays are attached by then, so that the program can reach them. */
static bool sandbox_needs_fd(const struct sandbox *sandbox, size_t fd)
{
        for (size_t i = 0; i < sandbox->n_steps; i++) {
                const struct sandbox_step *step = &sandbox->steps[i];

                if ((step->type == STEP_VIEW || step->type == STEP_COVER) && step->fd == fd)
                        return true;
        }
        return fd == sandbox->store;
}

int sandbox_enter(const struct sandbox *sandbox, size_t *ret_step)
{
        umask(0); /* modes are told in whole */
        for (size_t i = 0; i < sandbox->n_steps; i++) {
                int r = step_run(&sandbox->steps[i], sandbox->fds);

                if (r < 0) {
                        *ret_step = i;
                        return r;
                }
        }
        /* Among them are the directories that overlays cover. */
        for (size_t i = 0; i < sandbox->n_fds; i++)
                if (!sandbox_needs_fd(sandbox, i))
                        fd_closep(&sandbox->fds[i]);
        return 0;
}

int sandbox_refresh(const struct sandbox *sandbox)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < sandbox->n_steps; i++) {
                const struct sandbox_step *step = &sandbox->steps[i];

                if (step->type == STEP_VIEW && sandbox->fds[step->fd] >= 0)
                        r = view_refresh(sandbox->fds[step->fd]);
        }
        return r;
}

int sandbox_seal(const struct sandbox *sandbox)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

        for (size_t i = 0; i < sandbox->n_steps; i++) {
                const struct sandbox_step *step = &sandbox->steps[i];

                if (step->type == STEP_COVER &&
                    mount_setattr(sandbox->fds[step->fd], "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                        return -errno;
        }
        return 0;
}

int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error)
{
        const struct sandbox_step *failed = &sandbox->steps[step];
        bool below = failed->type == STEP_SHIELD;

        return error_errnof(error, code, "the sandbox could not %s%s%s%s%s", step_purpose[failed->type],
                            failed->path[0] ? " " : "", failed->path, below ? "/" : "", below ? failed->name : "");
}
