/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A stage holds a migration's changes: in a directory of the package's state, it has the upper layer of an overlay for each area.
 * In: areas, and in a preview the stages below this one. Out: overlays for the sandbox to attach (stage-mount.c), and
 * upper layers for changes.h to read.
 */

#include "sandbox/sandbox.h"
#include "stage/area.h"

#include <time.h>

#define STAGE_AREAS_DIR "areas" /* in the stage: the directories of the overlays */

/* A file that the stage's migration moved or made. */
struct stage_rename {
        size_t area;
        char *path; /* relative to the area's root */
        char *from; /* its path in the view beneath; NULL: it is new */
};

struct stage {
        int dir;                      /* the stage's directory */
        char *path;                   /* of that directory */
        const struct areas *areas;    /* borrowed */
        int *uppers;                  /* the upper layer of each area */
        bool *kept;                   /* whether names of one file in the area stayed together (hard-links.h) */
        const struct stage *below;    /* borrowed, with the same areas; NULL if only the real directories are below */
        struct timespec begin;        /* when it was made, by the clock of the file system */
        struct stage_rename *renames; /* of a preview: as stage_add_rename() was told, sorted by area and path */
        size_t n_renames;
};

struct stage_request {
        int state;        /* the directory that gets the stage */
        const char *name; /* of the stage in it */
        const struct areas *areas;
        const struct stage *below;
};

/* Makes the stage's directory; an earlier one of that name is removed. Returns: 0, or a negative errno with @error set. */
_must_check_ int stage_new(const struct stage_request *request, struct stage **ret, struct error *error);
/* Keeps the directory. */
struct stage *stage_free(struct stage *stage);
DEFINE_CLEANUP(struct stage *, stage_free);

/* In the order of areas and paths. Returns: 0 or -ENOMEM. */
_must_check_ int stage_add_rename(struct stage *stage, const struct stage_rename *rename);
/*
 * Finds where the file @path, in the view of @stage, is on the system. @stage: NULL for the system itself. Returns: 1 with @ret, to be freed;
 * 0 if one of the stages made the file, or a directory that it is in; or -ENOMEM.
 */
_must_check_ int stage_trace(const struct stage *stage, size_t area, const char *path, char **ret);

struct stage_declaration {
        const struct stage *below; /* as which the migration sees the system; NULL: as it is */
        struct areas *areas;
        const struct root *root;
        char *const *writes; /* a subset of what the areas were made for */
};

/*
 * Narrows what may be changed in the areas, resolved as the migration sees it: a directory that an earlier one replaced by a link leads
 * elsewhere. Returns: 0, or a negative errno with @error set.
 */
_must_check_ int stage_declare(const struct stage_declaration *declaration, struct error *error);

struct stage_mounts {
        struct sandbox_mount *mounts;
        size_t n;
        bool writable;
};

/* Mounts the overlays, writable or read-only. Only one view of a stage may exist at a time. Returns: 0, or a negative errno with @error set. */
_must_check_ int stage_mount(const struct stage *stage, bool writable, struct stage_mounts *ret, struct error *error);
void stage_mounts_done(struct stage_mounts *mounts);
/* Whether @path is below one of the overlays, or has one. */
bool stage_mounts_contain(const struct stage_mounts *mounts, const char *path);
/* Opens the root of the area @i as it is without this stage, for reading. Returns: a file descriptor, or a negative errno with @error set. */
_must_check_ int stage_open_lower(const struct stage *stage, size_t i, struct error *error);

#define STAGE_SPACE_MAX 512
/* Whether what migrate wrote may have filled the file system of @stage. Returns: 1, 0, or a negative errno. */
_must_check_ int stage_is_full(const struct stage *stage);
/* Formats "; only 12 KiB are free on the file system of PATH" if lack of space may be the cause of a failure, else "". Returns: @buffer. */
const char *stage_explain_space(const struct stage *stage, char *buffer, size_t size);
