/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sockets, fifos and IPC: those of the system, and those that a program makes for itself. */

#include "escape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OWN_KEY  0x657363
#define OWN_NAME "/escape-own"

static int result(long r)
{
        return r < 0 ? errno : 0;
}

static int unix_connect(const char *path, int type)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return errno;
        return result(send(fd, "escaped\n", 8, MSG_NOSIGNAL));
}

int socket_connect(const char *path)
{
        return unix_connect(path, SOCK_STREAM);
}

int socket_send(const char *path)
{
        return unix_connect(path, SOCK_DGRAM);
}

int socket_abstract(const char *unused)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const char *name = outside_get("abstract", 0);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)unused;
        if (!name)
                return EINVAL;
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
        return result(connect(fd, (struct sockaddr *)&address,
                              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))));
}

/* Returns: EINPROGRESS if it isn't refused at once. */
static int ip_connect(const char *host, unsigned short port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        inet_pton(AF_INET, host, &address.sin_addr);
        return result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

/* Blocks: what listens on the loopback answers at once. */
int socket_port(const char *unused)
{
        const char *port = outside_get("port", 0);
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons((unsigned short)atoi(port ? port : "0")) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)unused;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

int socket_address(const char *address)
{
        return ip_connect(address, 80);
}

int socket_address6(const char *host)
{
        struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        inet_pton(AF_INET6, host, &address.sin6_addr);
        return fd < 0 ? errno : result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

int socket_packet(const char *unused)
{
        (void)unused;
        return result(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
}

int socket_raw(const char *unused)
{
        (void)unused;
        return result(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

/* To whatever hosts a virtual machine: nothing is sent. */
int socket_host(const char *unused)
{
        (void)unused;
        return result(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* A server and its client, below port 1024 even. */
int loopback(const char *unused)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(999) };
        int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
            client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)unused;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 1) < 0)
                return errno;
        return result(connect(client, (struct sockaddr *)&address, sizeof(address)));
}

int fifo_open(const char *path)
{
        return result(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC));
}

/* ---- System V ---- */

static key_t ipc_outside(void)
{
        const char *key = outside_get("key", 0);

        return key ? atoi(key) : 1;
}

int shm_find(const char *unused)
{
        (void)unused;
        return result(shmget(ipc_outside(), 0, 0));
}

int shm_make(const char *unused)
{
        (void)unused;
        return result(shmget(OWN_KEY, 4096, IPC_CREAT | IPC_EXCL | 0600));
}

int semaphore_find(const char *unused)
{
        (void)unused;
        return result(semget(ipc_outside(), 0, 0));
}

int semaphore_make(const char *unused)
{
        (void)unused;
        return result(semget(OWN_KEY, 1, IPC_CREAT | IPC_EXCL | 0600));
}

int message_find(const char *unused)
{
        (void)unused;
        return result(msgget(ipc_outside(), 0));
}

int message_make(const char *unused)
{
        (void)unused;
        return result(msgget(OWN_KEY, IPC_CREAT | IPC_EXCL | 0600));
}

/* ---- POSIX ---- */

int mq_find(const char *unused)
{
        const char *name = outside_get("queue", 0);

        (void)unused;
        return name ? result(mq_open(name, O_WRONLY | O_CLOEXEC)) : EINVAL;
}

int mq_make(const char *unused)
{
        (void)unused;
        return result(mq_open(OWN_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, NULL));
}

int posix_shm_make(const char *unused)
{
        (void)unused;
        return result(shm_open(OWN_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}
