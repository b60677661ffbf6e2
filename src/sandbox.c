/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Child side of the sandbox: system calls only, from a table that the parent made. */

#include "sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const char *const step_purpose[] = {
        [STEP_NETWORK] = "join an empty network",
        [STEP_PRIVATE] = "make mounts private",
        [STEP_DETACH] = "clone the mount of",
        [STEP_READ_ONLY] = "make everything read-only",
        [STEP_PROC] = "mount a private",
        [STEP_TMPFS] = "mount a private",
        [STEP_DIRECTORY] = "make the mount point",
        [STEP_FILE] = "make the mount point",
        [STEP_ATTACH] = "attach",
        [STEP_DROP_CAPABILITIES] = "drop capabilities",
};

/* With any of these a process can undo the sandbox, or reach what lies outside of every file system. */
static const int dropped_capabilities[] = {
        CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME,
};

static int make_parents(const char *path)
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

/* What is there already, in a tree that was attached before, serves as well. */
static int make_mount_point(const char *path, bool directory)
{
        int r;

        r = make_parents(path);
        if (r < 0)
                return r;
        r = directory ? mkdir(path, 0755) : mknod(path, S_IFREG | 0644, 0);
        return r < 0 && errno != EEXIST ? -errno : 0;
}

static int make_read_only(void)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

        return mount_setattr(-EBADF, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int drop_capabilities(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(dropped_capabilities); i++) {
                int capability = dropped_capabilities[i];
                __u32 mask = ~CAP_TO_MASK(capability);

                if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
                        return -errno;
                data[CAP_TO_INDEX(capability)].effective &= mask;
                data[CAP_TO_INDEX(capability)].permitted &= mask;
                data[CAP_TO_INDEX(capability)].inheritable &= mask;
        }
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int run_step(const struct sandbox_step *step, int network, int *slots)
{
        int r;

        switch (step->type) {
        case STEP_NETWORK:
                r = setns(network, CLONE_NEWNET);
                break;
        case STEP_PRIVATE:
                r = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
                break;
        case STEP_DETACH:
                r = slots[step->slot] =
                        open_tree(-EBADF, step->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
                break;
        case STEP_READ_ONLY:
                return make_read_only();
        case STEP_PROC:
                r = mount("proc", step->path, "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
                break;
        case STEP_TMPFS:
                r = mount("tmpfs", step->path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
                break;
        case STEP_DIRECTORY:
                return make_mount_point(step->path, true);
        case STEP_FILE:
                return make_mount_point(step->path, false);
        case STEP_ATTACH:
                r = move_mount(slots[step->slot], "", -EBADF, step->path, MOVE_MOUNT_F_EMPTY_PATH);
                break;
        case STEP_DROP_CAPABILITIES:
                return drop_capabilities();
        default:
                return -EINVAL;
        }
        return r < 0 ? -errno : 0;
}

int sandbox_enter(const struct sandbox *sandbox, int network, size_t *ret_step)
{
        int slots[SANDBOX_SLOTS_MAX];

        for (size_t i = 0; i < sandbox->n_steps; i++) {
                int r = run_step(&sandbox->steps[i], network, slots);

                if (r < 0) {
                        *ret_step = i;
                        return r;
                }
        }
        return 0;
}
int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error)
{
        const struct sandbox_step *failed = &sandbox->steps[step];

        return error_errnof(error, code, "the sandbox could not %s%s%s", step_purpose[failed->type],
                            failed->path[0] ? " " : "", failed->path);
}
