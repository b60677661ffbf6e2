/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/network.h"

#include "sandbox/mount-calls.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Programs may talk to themselves. Any socket takes this request. */
static int network_raise_loopback(void)
{
        struct ifreq request = { .ifr_name = "lo" };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

        if (fd < 0)
                return -errno;
        r = ioctl(fd, SIOCGIFFLAGS, &request);
        request.ifr_flags |= IFF_UP;
        if (r >= 0)
                r = ioctl(fd, SIOCSIFFLAGS, &request);
        r = r < 0 ? -errno : 0;
        close(fd);
        return r;
}

/* Tells @parent's end of the pipe that the network is there. Keeps none of our descriptors open, above all no lock, and doesn't outlive us. */
_Noreturn static void network_hold(int report, pid_t parent)
{
        int r = network_raise_loopback();

        if (r >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                r = -errno;
        if (getppid() != parent)
                _exit(EXIT_FAILURE);
        if (write(report, &r, sizeof(r)) != sizeof(r) && write(report, &r, sizeof(r)) != sizeof(r)) /* interrupted */
                _exit(EXIT_FAILURE);
        (void)close_range(3, ~0U, 0);
        for (;;)
                pause();
}

/* Waits until the child has made it. */
static int network_open(int report, pid_t child, struct error *error)
{
        char path[64];
        ssize_t n;
        int r, fd;

        do
                n = read(report, &r, sizeof(r));
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return error_errnof(error, -errno, "can't hear of the network name space for the sandbox");
        if (n != sizeof(r))
                return error_setf(error, -EIO, "can't make a network name space for the sandbox: its process ended");
        if (r < 0)
                return error_errnof(error, r, "can't bring up the loopback device of the sandbox");
        snprintf(path, sizeof(path), "/proc/%d/ns/net", child);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? error_errnof(error, -errno, "can't open %s", path) : fd;
}

int network_new(struct error *error)
{
        _cleanup_close_ int read_end = -EBADF, write_end = -EBADF;
        pid_t pid, parent = getpid();
        int fds[2], fd;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_errnof(error, -errno, "can't make a pipe");
        read_end = fds[0];
        write_end = fds[1];
        /* A short-lived child makes it, so that this thread never leaves its own network. */
        pid = (pid_t)syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0)
                network_hold(write_end, parent);
        if (pid < 0 && errno == EPERM && !mount_is_permitted())
                return error_setf(
                        error, -EPERM,
                        "can't make the sandbox: the capability CAP_SYS_ADMIN is missing; run as root, or run the migrations directly on the system with deploy-migrate retry --sandbox=off");
        if (pid < 0)
                return error_errnof(error, -errno, "can't make a network namespace for the sandbox");

        close(TAKE_FD(write_end));
        fd = network_open(read_end, pid, error);
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        return fd;
}
