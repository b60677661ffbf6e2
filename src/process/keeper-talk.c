/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages between the keeper and its parent. */

#include "process/keeper-steps.h"

#include <sys/socket.h>

#define TRIES_MAX 1000

void keeper_pass(int socket, const void *message, size_t size)
{
        ssize_t n = -1;

        for (unsigned i = 0; n < 0 && i < TRIES_MAX; i++) {
                n = send(socket, message, size, MSG_NOSIGNAL);
                if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
                        return;
        }
}

ssize_t keeper_receive(const struct keeper *keeper, void *ret, size_t size)
{
        ssize_t n = -1;

        for (unsigned i = 0; n < 0 && i < TRIES_MAX; i++) {
                n = recv(keeper->control, ret, size, 0);
                if (n < 0 && errno == ECONNRESET)
                        return n;
        }
        return n;
}

/* Room for the overlays of an extension. */
union keeper_rights {
        struct cmsghdr header;
        char buffer[CMSG_SPACE(sizeof(int) * EXTENSION_MOUNTS_MAX)];
};

void keeper_pass_order(int socket, struct keeper_order *order, size_t size, const struct extension *extension)
{
        size_t n = extension ? extension->n * sizeof(int) : 0;
        struct iovec data = { .iov_base = order, .iov_len = size };
        union keeper_rights rights = {
                .header = { .cmsg_len = CMSG_LEN(n), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS }
        };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

        if (n > 0) {
                memcpy(CMSG_DATA(&rights.header), extension->fds, n);
                message.msg_control = &rights;
                message.msg_controllen = CMSG_SPACE(n);
        }
        for (unsigned i = 0; i < TRIES_MAX; i++)
                if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0 || errno == EPIPE || errno == ECONNRESET)
                        return;
}

/* Takes the overlays, and the text that ends the order. */
static void keeper_take_extension(struct keeper *keeper, const struct msghdr *message, size_t size)
{
        const struct keeper_order *order = keeper->host->order;
        struct extension *extension = &keeper->extension;
        const struct cmsghdr *rights = CMSG_FIRSTHDR(message);
        const size_t begin = offsetof(struct keeper_order, text);

        if (!rights || size < begin || order->extension_size > size - begin ||
            order->extension_size > sizeof(extension->text))
                return;
        extension->n = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(extension->fds, CMSG_DATA(rights), extension->n * sizeof(int));
        extension->size = order->extension_size;
        memcpy(extension->text, (const char *)order + size - extension->size, extension->size);
}

ssize_t keeper_receive_order(struct keeper *keeper)
{
        struct iovec data = { .iov_base = keeper->host->order, .iov_len = sizeof(*keeper->host->order) };
        union keeper_rights rights = { 0 };
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights)
        };
        ssize_t n = -1;

        for (unsigned i = 0; n < 0 && i < TRIES_MAX; i++) {
                n = recvmsg(keeper->control, &message, MSG_CMSG_CLOEXEC);
                if (n < 0 && errno == ECONNRESET)
                        return n;
        }
        if (n > 0 && keeper->host->order->command == KEEPER_RUN)
                keeper_take_extension(keeper, &message, (size_t)n);
        return n;
}

void keeper_send(const struct keeper *keeper, struct keeper_message message)
{
        keeper_pass(keeper->control, &message, sizeof(message));
}

_Noreturn void keeper_fail(const struct keeper *keeper, struct keeper_message message)
{
        keeper_send(keeper, message);
        _exit(EXIT_FAILURE);
}
