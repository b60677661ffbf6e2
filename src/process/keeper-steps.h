/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a keeper does, in the order that it does it. Async-signal-safe. */

#include "process/keeper.h"

/* Makes sure that it has no others than its own file descriptors, and none where the program's are. Returns: 0 or a negative errno. */
_must_check_ int keeper_take_fds(struct keeper *keeper);
/* Becomes the program of the order, in a child of vfork(2). */
_Noreturn void keeper_run_program(const struct keeper *keeper);
/* Receives the order, and the extension if it has one. Returns: as keeper_receive(). */
ssize_t keeper_receive_order(struct keeper *keeper);
/* Returns: as recv(2), but fails only if the parent is gone. */
ssize_t keeper_receive(const struct keeper *keeper, void *ret, size_t size);
void keeper_send(const struct keeper *keeper, struct keeper_message message);
/* Tells the parent why the program can't run, and ends the caller. */
_Noreturn void keeper_fail(const struct keeper *keeper, struct keeper_message message);
