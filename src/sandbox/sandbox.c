/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The child side of the sandbox: runs the parent's table of steps by system calls only. */

#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char *const step_purpose[] = {
        [STEP_NETWORK] = "join an empty network",
        [STEP_PRIVATE] = "make private the mounts below",
        [STEP_READ_ONLY] = "make read-only the mounts below",
        [STEP_DETACH] = "clone the mounts of",
        [STEP_TMPFS] = "mount a tmpfs on",
        [STEP_DIRECTORY] = "make the mount point",
        [STEP_OPEN] = "open",
        [STEP_ATTACH] = "attach the mounts of",
        [STEP_COVER] = "attach the overlay over",
        [STEP_SHIELD] = "keep read-only",
        [STEP_PROC] = "mount a procfs on",
        [STEP_DROP_CAPABILITIES] = "drop capabilities",
};

/*
 * With any of these a process can undo the sandbox, or change the system by other ways than its files. A file that is made immutable in an
 * overlay isn't immutable below it, so the migration had better be refused that.
 */
static const int dropped_capabilities[] = {
        CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_LINUX_IMMUTABLE,
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

/* It may exist, in a tree that was attached before. */
static int step_make_mount_point(const char *path)
{
        int r;

        r = step_make_parents(path);
        if (r < 0)
                return r;
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int step_make_read_only(void)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

        return mount_setattr(-EBADF, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int step_drop_capabilities(void)
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

/* @path had no symbolic links when it was resolved: another user may have put one there since, to have another directory covered. */
static int step_open_unlinked(const char *path, unsigned flags)
{
        struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
        int fd;

        do
                fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
        while (fd < 0 && errno == EAGAIN);
        return fd;
}

/* The clone keeps the mount flags that the mounts have now. */
static int step_clone_tree(int dir, const char *path)
{
        return open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
}

/* Looks @path up anew, since the directory that STEP_OPEN opened may be covered by another overlay now. */
static int step_cover(const char *path, int overlay)
{
        int fd, r;

        fd = step_open_unlinked(path, O_PATH | O_DIRECTORY);
        if (fd < 0)
                return -errno;
        r = move_mount(overlay, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
        close(fd);
        return r;
}

static bool step_is_link(int dir, const char *name)
{
        struct stat st;

        return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* A name that has vanished since the parent listed it needs no shield; a symbolic link that replaced it can't always have one. */
static int step_shield(const struct sandbox_step *step, const int *fds)
{
        int fd, r;

        fd = step_clone_tree(fds[step->covered], step->name);
        r = fd < 0 ? -1 : move_mount(fd, "", fds[step->fd], step->name, MOVE_MOUNT_F_EMPTY_PATH);
        r = r < 0 && errno != ENOENT ? -errno : 0;
        fd_closep(&fd);
        return r < 0 && step_is_link(fds[step->covered], step->name) ? 0 : r;
}

static int step_run(const struct sandbox_step *step, int *fds)
{
        int r;

        switch (step->type) {
        case STEP_NETWORK:
                r = setns(fds[step->fd], CLONE_NEWNET);
                break;
        case STEP_PRIVATE:
                r = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
                break;
        case STEP_READ_ONLY:
                return step_make_read_only();
        case STEP_DETACH:
                r = fds[step->fd] = step_clone_tree(-EBADF, step->path);
                break;
        case STEP_TMPFS:
                r = mount("tmpfs", step->path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
                break;
        case STEP_DIRECTORY:
                return step_make_mount_point(step->path);
        case STEP_OPEN:
                r = fds[step->fd] = step_open_unlinked(step->path, O_PATH | O_DIRECTORY);
                break;
        case STEP_COVER:
                return step_cover(step->path, fds[step->fd]);
        case STEP_ATTACH:
                r = move_mount(fds[step->fd], "", -EBADF, step->path, MOVE_MOUNT_F_EMPTY_PATH);
                break;
        case STEP_SHIELD:
                return step_shield(step, fds);
        case STEP_PROC:
                r = mount("proc", step->path, "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
                break;
        case STEP_DROP_CAPABILITIES:
                return step_drop_capabilities();
        default:
                return -EINVAL;
        }
        return r < 0 ? -errno : 0;
}

int sandbox_enter(const struct sandbox *sandbox, size_t *ret_step)
{
        for (size_t i = 0; i < sandbox->n_steps; i++) {
                int r = step_run(&sandbox->steps[i], sandbox->fds);

                if (r < 0) {
                        *ret_step = i;
                        return r;
                }
        }
        /* Through /proc/PID/fd the program could reach the directories that overlays cover. */
        for (size_t i = 0; i < sandbox->n_fds; i++)
                fd_closep(&sandbox->fds[i]);
        return 0;
}

int sandbox_explain(const struct sandbox *sandbox, size_t step, int code, struct error *error)
{
        const struct sandbox_step *failed = &sandbox->steps[step];

        return error_errnof(error, code, "the sandbox could not %s%s%s%s%s", step_purpose[failed->type],
                            failed->path[0] ? " " : "", failed->path, failed->name ? "/" : "",
                            failed->name ? failed->name : "");
}
