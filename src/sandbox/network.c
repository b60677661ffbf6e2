/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/network.h"

#include "basic/thread.h"
#include "sandbox/mount-calls.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
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

struct network_making {
        pthread_t thread;
        int fd; /* of the name space; a negative errno if it couldn't be made */
        const char *failed;
};

static int making_fail(struct network_making *making, const char *what, int code)
{
        making->failed = what;
        return making->fd = code;
}

static int making_do(struct network_making *making)
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

int network_begin(struct network_making **ret)
{
        _cleanup_free_ struct network_making *making = malloc(sizeof(*making));
        int r;

        assert(ret);

        if (!making)
                return -ENOMEM;
        *making = (struct network_making){ .fd = -EBADF };
        r = thread_start(&making->thread, making_run, making);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(making);
        return 0;
}

int network_end(struct network_making *making, struct error *error)
{
        _cleanup_free_ struct network_making *ended = making;

        assert(making);

        (void)pthread_join(ended->thread, NULL);
        if (ended->fd == -EPERM && !mount_is_permitted())
                return error_setf(
                        error, -EPERM,
                        "can't make the sandbox: the capability CAP_SYS_ADMIN is missing; run as root, or run the migrations directly on the system with deploy-migrate retry --sandbox=off");
        return ended->fd < 0 ? error_errnof(error, ended->fd, "can't %s", ended->failed) : ended->fd;
}

int network_new(struct error *error)
{
        struct network_making *making;
        int r = network_begin(&making);

        return r < 0 ? error_errnof(error, r, "can't make a thread for the network of the sandbox")
                     : network_end(making, error);
}
