/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A migration's manifest and the package's defaults for it. In: JSON text. Out: a struct with every default filled in.
 */

#include "basic/error.h"
#include "basic/path.h"

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_CHECK_TIMEOUT_SEC 60
#define MANIFEST_TIMEOUT_SEC       900
#define MANIFEST_SIZE_MAX          (1024U * 1024U)

struct manifest {
        char *description; /* NULL where there is none */
        char **writes;     /* absolute paths, normalised, ended by NULL; none where it is unrestricted */
        bool unrestricted; /* "writes": "*" */
        bool network;
        uint64_t check_timeout_sec; /* 0: none */
        uint64_t timeout_sec;
        char *since; /* a package version, NULL where there is none */
};

/* The defaults of DESIGN for @package: its four directories. Returns: 0 or -ENOMEM. */
int manifest_init(struct manifest *ret, const char *package);
/* A deep copy. */
int manifest_copy(struct manifest *ret, const struct manifest *manifest);
void manifest_done(struct manifest *manifest);
struct manifest *manifest_free(struct manifest *manifest);
DEFINE_CLEANUP(struct manifest *, manifest_free);
#define _cleanup_manifest_ _cleanup_(manifest_done)

enum manifest_kind {
        MANIFEST_MIGRATION,
        MANIFEST_PACKAGE, /* package.json: has no "since" */
};

struct manifest_text {
        enum manifest_kind kind;
        const char *path; /* stands in messages */
        const char *data;
        size_t size;
};

/*
 * Puts what @text says over @manifest, which on failure may have been changed in part.
 * Returns: 0, -EBADMSG with @error set to path, line where known, and reason: no JSON object, an unknown key, a wrong
 * type or value, a path that isn't absolute or has "..", or one that contains or lies in STATE_DIR; -ENOMEM.
 */
int manifest_parse(struct manifest *manifest, const struct manifest_text *text, struct error *error);
