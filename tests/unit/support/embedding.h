/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A program that embeds the library: trees with packages in them, a context, and what it hears. */

#include "basic/root.h"
#include "deploy-migrate.h"

#include <stdio.h>

struct embedder {
        struct root root;
        struct dmig *ctx;
        FILE *out;
        char *heard; /* "name id" of each event, and "# id text" of each line of the log, a line each */
        size_t heard_size;
        size_t n_seen;                                                         /* how much of it was expected before */
        void (*on_event)(const char *name, const char *phase, void *userdata); /* @phase "" where it is about none */
        void *userdata;
};

/* In an empty tree. */
void embedder_init(struct embedder *ret);
/* In the tree of another one. */
void embedder_join(struct embedder *ret, const struct embedder *other);
void embedder_done(struct embedder *embedder);
/* Fails the test unless this was heard since the last time. */
void embedder_expect(struct embedder *embedder, const char *heard);

/* Declares @package installed, in a database of that package alone. */
void embedder_install(const struct embedder *embedder, const char *package, const char *version);
/*
 * Adds a migration, by its id: check looks for a file that is named like it in the package's directory in /etc, and migrate runs
 * @commands, then makes it.
 */
void embedder_add(const struct embedder *embedder, const char *package, const char *id, const char *commands);

/* Runs the package, and fails the test unless it ends like that. */
void embedder_run(const struct embedder *embedder, const char *package, enum dmig_result result, int code);
/* "name id" of each event of a history, a line each, to be freed. */
char *embedder_history(const struct embedder *embedder, const char *package);
