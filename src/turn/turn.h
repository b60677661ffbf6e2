/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A turn: the leave to migrate now, among many hosts. In: a package that has something to do. The administrator's program (turn-find.h) asks for it
 * and holds it: it prints "granted TOKEN", and lives for as long as the turn is held. Out: whether it is held, or why not. Locks and consensus
 * are that program's business.
 */

#include "package/context.h"

enum turn_state {
        TURN_WAITING,
        TURN_HELD,
        TURN_NOT_NOW, /* it ended with 75 before it was granted */
        TURN_STOPPED, /* it ended with 1: nobody may go on */
        TURN_BROKEN,  /* it ended in another way, couldn't be started, or said what it mustn't */
        TURN_LOST,    /* it ended after it was granted */
};

struct turn;

struct turn_request {
        struct dmig *ctx;
        const char *package;
        const char *from;
        const char *to;
        const char *once; /* the id of a migration that is for one host of all; NULL: none */
        void (*wait)(uint64_t elapsed_usec, const char *line,
                     void *userdata); /* about once a second; @line: what it has said last */
        void *userdata;
};

/*
 * Asks, and waits for the answer: TURN_WAITING is never in @ret's state. Returns: 0; -ECANCELED if the context was stopped; or another negative
 * errno with @error set.
 */
_must_check_ int turn_ask(const struct turn_request *request, struct turn **ret, struct error *error);
/* Passes on what it says meanwhile. @turn may be NULL. */
void turn_listen(struct turn *turn);
/* Looks whether it is held, now. A turn that isn't held now never is again. */
enum turn_state turn_look(struct turn *turn);
/* What the program has said last, or how it has ended. */
const char *turn_get_reason(const struct turn *turn);
/* Identifies the turn among all that were granted, "" if it doesn't. */
const char *turn_get_token(const struct turn *turn);
/* The migration that it is for alone; NULL: for the package's. */
const char *turn_get_once(const struct turn *turn);
/* Readable as soon as it is lost or the context is stopped. */
int turn_get_stop_fd(const struct turn *turn);
/* "not-now", "stopped", "error" or "lost": why it isn't held. */
const char *turn_state_to_string(enum turn_state state);
/*
 * Gives it back. @word: "completed" or "failed REASON"; NULL: there is nothing to say, since the package isn't done. @turn may be NULL. Returns:
 * NULL, always.
 */
struct turn *turn_end(struct turn *turn, const char *word);
