/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The /dev of a program in the sandbox. In: the system's device files. Out: steps that make a directory with no more than what every
 * program needs. Its device files are those of the system, since a container may not make any.
 */

#include "sandbox/sandbox-steps.h"

#include <sys/stat.h>

static const char *const devices[] = {
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
};

static const char *const links[][2] = {
        { "/dev/fd", "/proc/self/fd" },       { "/dev/stdin", "/proc/self/fd/0" }, { "/dev/stdout", "/proc/self/fd/1" },
        { "/dev/stderr", "/proc/self/fd/2" }, { "/dev/ptmx", "pts/ptmx" },
};

int sandbox_add_devices(struct sandbox *sandbox)
{
        int r = 0;

        assert(sandbox);

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(devices); i++) {
                struct stat st;

                if (lstat(devices[i], &st) < 0)
                        r = errno == ENOENT ? 0 : -errno;
                else if (S_ISCHR(st.st_mode))
                        r = sandbox_add(sandbox, STEP_KEEP_DEVICE, devices[i], sandbox->n_fds++);
        }
        return r;
}

/* Attaches each device file that was kept. */
static int sandbox_add_nodes(struct sandbox *sandbox)
{
        size_t n = sandbox->n_steps;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                const struct sandbox_step kept = sandbox->steps[i];

                if (kept.type != STEP_KEEP_DEVICE)
                        continue;
                r = sandbox_append(sandbox, &(struct sandbox_step){
                                                    .type = STEP_MOUNT_POINT, .path = kept.path, .mode = S_IFREG });
                if (r >= 0)
                        r = sandbox_add(sandbox, STEP_ATTACH, kept.path, kept.fd);
        }
        return r;
}

static int sandbox_add_dev_directory(struct sandbox *sandbox, const char *path)
{
        return sandbox_append(sandbox,
                              &(struct sandbox_step){ .type = STEP_DIRECTORY, .path = path, .mode = S_IFDIR | 0755 });
}

int sandbox_add_dev(struct sandbox *sandbox)
{
        int r;

        assert(sandbox);

        r = sandbox_add_private_directory(sandbox, "/dev", 0755);
        if (r >= 0)
                r = sandbox_add_nodes(sandbox);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(links); i++)
                r = sandbox_append(
                        sandbox, &(struct sandbox_step){ .type = STEP_LINK, .path = links[i][0], .name = links[i][1] });
        if (r >= 0)
                r = sandbox_add_dev_directory(sandbox, "/dev/pts");
        if (r >= 0)
                r = sandbox_add(sandbox, STEP_PTS, "/dev/pts", 0);
        if (r >= 0)
                r = sandbox_add_dev_directory(sandbox, "/dev/shm");
        if (r >= 0)
                r = sandbox_add_private_directory(sandbox, "/dev/shm", 01777);
        return r;
}
