/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/network.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Keeps none of our descriptors open, above all no lock, and doesn't outlive us. */
_Noreturn static void network_holder_wait(pid_t parent)
{
        (void)close_range(3, ~0U, 0);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
                _exit(EXIT_FAILURE);
        for (;;)
                pause();
}

int network_new(struct error *error)
{
        char path[64];
        pid_t pid, parent = getpid();
        int fd;

        /* A short-lived child makes it, so that this thread never leaves its own network. */
        pid = (pid_t)syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0)
                network_holder_wait(parent);
        if (pid < 0 && errno == EPERM)
                return error_setf(
                        error, -EPERM,
                        "can't make the sandbox: the capability CAP_SYS_ADMIN is missing; run as root, or use --sandbox=off to run migrations directly on the system");
        if (pid < 0)
                return error_errnof(error, -errno, "can't make a network namespace for the sandbox");

        snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                fd = error_errnof(error, -errno, "can't open %s", path);
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        return fd;
}
