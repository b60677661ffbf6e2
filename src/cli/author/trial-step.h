/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The steps that a trial is made of. In: a fixture, and a small system. Out: its trees; migrations run in the system, and what it is then, compared
 * with what it should be; what is wrong becomes a fault of the trial.
 *
 * A fixture may have programs that work on copies of its trees: "prepare" adds what can't be in its files, such as owners and databases; "normalize"
 * makes comparable what no two runs write alike.
 */

#include "cli/author/trial-root.h"
#include "cli/author/trial.h"

DEFINE_CLEANUP(struct dmig_report *, dmig_report_unref);

struct trial {
        const struct trial_request *request;
        const struct fixture *fixture;
        char *before, *after; /* NULL: an empty tree */
        char *normalize;      /* the fixture's program that makes trees comparable; NULL: they are as they are */
        char *normal;         /* "after" as that leaves it, once it was needed */
        char *from, *to;      /* versions */
        uint64_t run_usec;    /* how long the first run took */
        char *direct;         /* the first migration that runs directly on the system; NULL: none */
        bool reaches_out;     /* one of them, so that undo has to be forced */
        struct trial_result *result;
        struct error *error;
};

/* How the migrations are run: directly if no mounts can be made. */
unsigned trial_get_flags(const struct trial *trial);

/*
 * Finds "before", "after" and the programs, and prepares the trees. Returns: 0, with a fault added if there is no "after"; or as trial_begin().
 */
_must_check_ int trial_find_trees(struct trial *trial);
/* Makes a small system of @tree, NULL for an empty one. Returns: 0, or a negative errno with the trial's error set. */
_must_check_ int trial_begin(struct trial *trial, const char *tree, struct trial_root *ret);
/*
 * @wanted: the state in which each migration must be afterwards, or PENDING for any that is done. @when: for the faults. Returns: 1 if all ran, 0
 * with a fault added, or as trial_begin().
 */
_must_check_ int trial_migrate(struct trial *trial, const struct trial_root *root, enum dmig_state wanted,
                               const char *when);
/*
 * Runs again where it has run: that is about one migration, since a later one of an upgrade may have removed the effect. Returns: as
 * trial_migrate().
 */
_must_check_ int trial_repeat(struct trial *trial, const struct trial_root *root);
/* @expected: a tree of the fixture. @heading: of the fault. Returns: as trial_begin(). */
_must_check_ int trial_expect_tree(struct trial *trial, const struct trial_root *root, const char *expected,
                                   const char *heading);
/* The same with what is only to be told: it becomes what couldn't be proved. */
_must_check_ int trial_tell_tree(struct trial *trial, const struct trial_root *root, const char *expected,
                                 const char *heading);
/* The same with what migrations should make of "before", after the fixture's program has worked on a copy of both. */
_must_check_ int trial_expect_after(struct trial *trial, const struct trial_root *root, const char *heading);
