/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/network.h"

#include "sandbox/mount-calls.h"

#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define NETWORK_PATH "/proc/thread-self/ns/net"

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

/* What the thread is told, and what it tells. */
struct making {
        int fd; /* of the name space; a negative errno if it couldn't be made */
        const char *failed;
};

static int making_fail(struct making *making, const char *what, int code)
{
        making->failed = what;
        return making->fd = code;
}

static int making_do(struct making *making)
{
        int r;

        if (unshare(CLONE_NEWNET) < 0)
                return making_fail(making, "make a network name space for the sandbox", -errno);
        r = network_raise_loopback();
        if (r < 0)
                return making_fail(making, "bring up the loopback device of the sandbox", r);
        making->fd = open(NETWORK_PATH, O_RDONLY | O_CLOEXEC);
        return making->fd < 0 ? making_fail(making, "open " NETWORK_PATH, -errno) : 0;
}

static void *making_run(void *userdata)
{
        (void)making_do(userdata);
        return NULL;
}

/* In a thread, which ends with it, so that the caller's never leaves its own network. Returns: 0 or a negative errno. */
static int making_run_in_thread(struct making *making)
{
        sigset_t all, before;
        pthread_t thread;
        int r;

        /* Signals are for the caller's threads to handle. */
        sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&thread, NULL, making_run, making);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r > 0)
                return -r;
        (void)pthread_join(thread, NULL);
        return 0;
}

int network_new(struct error *error)
{
        struct making making = { .fd = -EBADF };
        int r = making_run_in_thread(&making);

        if (r < 0)
                return error_errnof(error, r, "can't make a thread for the network of the sandbox");
        if (making.fd == -EPERM && !mount_is_permitted())
                return error_setf(
                        error, -EPERM,
                        "can't make the sandbox: the capability CAP_SYS_ADMIN is missing; run as root, or run the migrations directly on the system with deploy-migrate retry --sandbox=off");
        return making.fd < 0 ? error_errnof(error, making.fd, "can't %s", making.failed) : making.fd;
}
