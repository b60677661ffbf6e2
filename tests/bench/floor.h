/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What both floors do. The working directory is the root, whose directory "state" is made by main(). */

#include <err.h>
#include <stdbool.h>
#include <stddef.h>

#define FILES   "etc/bench"
#define LOG_MAX 2048

#define TRY(call)                            \
        do {                                 \
                if ((call) < 0)              \
                        err(1, "%s", #call); \
        } while (0)

/* Runs the script with that argument; @confined: in an IPC name space of its own. Returns: its exit status. */
int run(const char *script, const char *phase, bool confined);
/* Makes state/upper and state/work, and an overlay of the root with them. Returns: its file descriptor. */
int mount_overlay(void);
/* Removes what the overlay has left in them, but for files of the script. */
void remove_overlay(int state);
/* floor-empty.c: an empty network, and the world of a program, which makes two covers. */
int make_network(void);
void enter_world(int network, char *root, int *covers);
/* Adds the line to the history, and makes it durable. */
void append(int history, const char *line);
/* Makes a file of that size, LOG_MAX at most. */
void write_log(const char *path, size_t size);

/* floor-least.c: for each script in the directory, a transaction that makes a file. */
void transact_all(const char *scripts, int state, int history);
/* floor-contract.c: the same as migrations have it. */
void transact_by_contract(const char *scripts, int state, int history);
/* floor-empty.c: one script, whose transaction is empty; and as the script alone needs it. */
void transact_nothing(const char *script, int state, int history);
void spawn_alone(const char *script, int history);
