/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/workbench.h"

#include "basic/io.h"
#include "cli/author/command.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* ---- Name spaces ---- */

static int file_write(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 ? -errno : io_write_all(fd, text, strlen(text));
}

/* This user is root in the new name space, and there is nobody else. */
static int workbench_map_user(uid_t uid, gid_t gid)
{
        char uids[32], gids[32];
        int r;

        snprintf(uids, sizeof(uids), "0 %u 1\n", uid);
        snprintf(gids, sizeof(gids), "0 %u 1\n", gid);
        r = file_write("/proc/self/setgroups", "deny");
        if (r >= 0)
                r = file_write("/proc/self/uid_map", uids);
        return r < 0 ? r : file_write("/proc/self/gid_map", gids);
}

/* Makes @path a mount that can be written to below ones that can't. */
static int path_mount_writable(const char *path)
{
        struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

        if (mount(path, path, NULL, MS_BIND, NULL) < 0 || mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)) < 0)
                return -errno;
        return 0;
}

/* Returns: 0, or a negative errno if this process can't have mounts of its own. */
static int workbench_isolate(const char *writable)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
        uid_t uid = geteuid();
        gid_t gid = getegid();
        int r = 0;

        if (access("/proc/self/ns", F_OK) < 0)
                return -errno; /* the sandbox needs it */
        if (unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) < 0)
                return -errno;
        if (uid != 0)
                r = workbench_map_user(uid, gid);
        if (r >= 0 && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                       mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0))
                r = -errno;
        return r >= 0 && writable ? path_mount_writable(writable) : r;
}

/* ---- The directory ---- */

/* Overlays of a user name space keep their marks in attributes of users, which older kernels don't have in memory. */
static bool workbench_has_attributes(const char *path)
{
        return geteuid() == 0 || setxattr(path, "user.deploy-migrate", "", 0, 0) >= 0;
}

static int workbench_mount(const struct workbench *workbench)
{
        if (mount("deploy-migrate", workbench->path, "tmpfs", MS_NODEV, "mode=755") < 0)
                return -errno;
        if (workbench_has_attributes(workbench->path))
                return 0;
        return umount2(workbench->path, 0) < 0 ? -errno : path_mount_writable(workbench->path);
}

static int workbench_make_directory(char **ret, struct error *error)
{
        const char *base = getenv("TMPDIR");
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/deploy-migrate.XXXXXX", base && *base ? base : "/tmp") < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (!mkdtemp(path))
                return error_errnof(error, -errno, "can't make %s", path);
        *ret = TAKE_PTR(path);
        return 0;
}

/* ---- The process ---- */

static void workbench_on_signal(int signal)
{
        (void)signal;
}

/* Passes on the signals that we get. */
static int workbench_await(pid_t pid)
{
        static const int stopping[] = { SIGTERM, SIGINT, SIGHUP };
        int status;

        /* Without SA_RESTART, so that waitpid(2) ends. */
        for (size_t i = 0; i < ELEMENTSOF(stopping); i++)
                sigaction(stopping[i], &(const struct sigaction){ .sa_handler = workbench_on_signal }, NULL);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR || kill(pid, SIGTERM) < 0)
                        return EXIT_FAILURE;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Stays outside, where the directory can be removed, until the other process has ended. */
_Noreturn static void workbench_wait(const struct workbench *workbench, pid_t pid)
{
        int status = workbench_await(pid);

        command_remove(workbench->path);
        _exit(status);
}

int workbench_enter(const char *writable, struct workbench *ret, struct error *error)
{
        _cleanup_(workbench_done) struct workbench workbench = { 0 };
        pid_t pid;
        int r;

        assert(ret);

        r = workbench_make_directory(&workbench.path, error);
        if (r < 0)
                return r;
        fflush(NULL);
        pid = fork();
        if (pid < 0)
                return error_errnof(error, -errno, "can't start a process");
        if (pid > 0)
                workbench_wait(&workbench, pid);

        workbench.isolated = workbench_isolate(writable) >= 0;
        r = workbench.isolated ? workbench_mount(&workbench) : 0;
        if (r < 0)
                return error_errnof(error, r, "can't mount a file system on %s", workbench.path);
        *ret = workbench;
        workbench.path = NULL;
        return 0;
}

void workbench_done(struct workbench *workbench)
{
        assert(workbench);

        free(TAKE_PTR(workbench->path));
}
