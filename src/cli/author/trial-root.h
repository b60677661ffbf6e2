/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A small system in which migrations are tried. In: a tree. Out: a copy of it with the migrations installed, and a context for it. */

#include "cli/author/tree-copy.h"
#include "cli/author/trial.h"
#include "deploy-migrate.h"

/* Below and above all versions, also those with an epoch, which a manifest may name. */
#define VERSION_MIN "0~~"
#define VERSION_MAX "9999:999999999"

struct trial_root {
        char *path;
        struct dmig *ctx;
};

struct trial_setup {
        const char *tree; /* NULL for an empty one */
        enum tree_order order;
        const char *id; /* the migration that is tried, NULL for all; the others are marked as skipped */
};

/* Returns: 0, or a negative errno with @error set. */
_must_check_ int trial_root_make(const struct trial_request *request, const struct trial_setup *setup,
                                 struct trial_root *ret, struct error *error);
/* Copies a tree of a fixture, NULL for an empty one: what belongs to whoever made the fixture is root's. Returns: as trial_root_make(). */
_must_check_ int trial_root_copy_tree(const char *tree, const char *to, enum tree_order order, struct error *error);
/* Opens one that another process may be working on. Returns: as trial_root_make(). */
_must_check_ int trial_root_open(const char *path, struct dmig **ret, struct error *error);
/* Removes it. */
void trial_root_done(struct trial_root *root);
#define _cleanup_trial_root_ _cleanup_(trial_root_done)
