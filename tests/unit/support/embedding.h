/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A program that embeds the library: trees with packages, a context, and the events and log that it hears. */

#include "basic/root.h"
#include "deploy-migrate.h"

#include <stdio.h>

struct embedder {
        struct root root;
        struct dmig *ctx;
        FILE *out;
        char *heard; /* a line "name id" for each event, and "# id text" for each line of the log */
        size_t heard_size;
        size_t n_seen;                                                         /* how much of it was compared already */
        void (*on_event)(const char *name, const char *phase, void *userdata); /* @phase is "" if there is none */
        void *userdata;
};

/* Makes one in an empty tree. */
void embedder_init(struct embedder *ret);
/* Makes one in the tree of @other. */
void embedder_join(struct embedder *ret, const struct embedder *other);
void embedder_done(struct embedder *embedder);
/* Fails the test unless exactly this was heard since the last call. */
void embedder_expect(struct embedder *embedder, const char *heard);

/* Declares @package installed, in a database of that package alone. */
void embedder_install(const struct embedder *embedder, const char *package, const char *version);
/*
 * Adds a migration by its id: check looks for a file of the migration's name in the package's directory in /etc; migrate runs @commands and
 * then creates that file.
 */
void embedder_add(const struct embedder *embedder, const char *package, const char *id, const char *commands);

/* Runs the package, and fails the test unless it has this result and errno. */
void embedder_run(const struct embedder *embedder, const char *package, enum dmig_result result, int code);
/* Returns: a line "name id" for each event of the history, to be freed. */
char *embedder_history(const struct embedder *embedder, const char *package);
