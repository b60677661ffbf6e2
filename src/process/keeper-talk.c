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

void keeper_send(const struct keeper *keeper, struct keeper_message message)
{
        keeper_pass(keeper->control, &message, sizeof(message));
}

_Noreturn void keeper_fail(const struct keeper *keeper, struct keeper_message message)
{
        keeper_send(keeper, message);
        _exit(EXIT_FAILURE);
}
