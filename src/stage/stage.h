/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where a migration works: for each area a directory for the upper layer of an overlay, in a directory of the package's state.
 * In: areas, and stages that lie below this one (of a preview). Out: overlays, for the sandbox to attach (stage-mount.c); and
 * upper layers for changes.h to read.
 */

#include "sandbox/sandbox.h"
#include "stage/area.h"

#include <time.h>

#define STAGE_AREAS_DIR "areas" /* below the stage: what the overlays need */

struct stage {
        int dir;                   /* the stage's directory */
        char *path;                /* where that is */
        const struct areas *areas; /* borrowed */
        int *uppers;               /* one an area */
        const struct stage *below; /* borrowed, with as many areas; NULL: the real directories are what lies below */
        struct timespec begin;     /* when it was made, by the clock that files have their times from */
};

/* Makes the directory @name in @state; one of that name that is there is removed. Returns: 0, or a negative errno with @error set. */
int stage_new(int state, const char *name, const struct areas *areas, const struct stage *below, struct stage **ret,
              struct error *error);
/* Leaves the directory where it is. */
struct stage *stage_free(struct stage *stage);
DEFINE_CLEANUP(struct stage *, stage_free);

struct stage_mounts {
        struct sandbox_mount *mounts;
        size_t n;
};

/* The overlays: writable, or the same view read-only. Only one view of a stage may be in use. Returns: 0, or a negative errno with @error set. */
int stage_mount(const struct stage *stage, bool writable, struct stage_mounts *ret, struct error *error);
void stage_mounts_done(struct stage_mounts *mounts);
/* What the area @i is without this stage: a directory for reading. Returns: a file descriptor, or a negative errno with @error set. */
int stage_open_lower(const struct stage *stage, size_t i, struct error *error);

#define STAGE_SPACE_MAX 512
/* "; only 12 KiB are free on the file system of PATH" where that can be why something failed, else "". Returns: @buffer. */
const char *stage_explain_space(const struct stage *stage, char *buffer, size_t size);
