/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A migration's manifest and the package's defaults for it. In: JSON text. Out: a struct with every default filled in. Pure. */

#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "catalog/package-keys.h"

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_CHECK_TIMEOUT_SEC 60
#define MANIFEST_TIMEOUT_SEC       900
#define MANIFEST_SIZE_MAX          (1024U * 1024U)

struct manifest {
        char *description;          /* NULL if there is none */
        struct strv writes;         /* absolute paths, normalised; none if it is unrestricted */
        bool unrestricted;          /* "writes": "*" */
        bool network;               /* for migrate; with "once", for check, too */
        struct strv connect;        /* sockets of the system that both phases may use: absolute paths, normalised */
        bool check_scratch;         /* check sees what is declared through an overlay that is thrown away */
        bool once;                  /* of all hosts that share its data, one runs it at a time */
        bool needs_package;         /* runs programs of the package, so that it can't run before these are unpacked */
        uint64_t check_timeout_sec; /* 0: none */
        uint64_t timeout_sec;
        char *since;                 /* a package version, NULL if there is none */
        char *consent;               /* what the administrator must agree to before it runs, NULL if there is nothing */
        struct package_keys package; /* of package.json */
};

/* Sets the defaults for @package: its four directories and the time limits. Returns: 0 or -ENOMEM. */
_must_check_ int manifest_init(struct manifest *ret, const char *package);
/* Makes a deep copy. Returns: 0 or -ENOMEM. */
_must_check_ int manifest_copy(struct manifest *ret, const struct manifest *manifest);
void manifest_done(struct manifest *manifest);
struct manifest *manifest_free(struct manifest *manifest);
DEFINE_CLEANUP(struct manifest *, manifest_free);
#define _cleanup_manifest_ _cleanup_(manifest_done)

/* Whether a migration with this manifest can have effects that no transaction holds back. */
static inline bool manifest_reaches_out(const struct manifest *manifest)
{
        return manifest->network || manifest->connect.n > 0;
}

enum manifest_kind {
        MANIFEST_MIGRATION,
        MANIFEST_PACKAGE, /* package.json: has no "since", but the package's keys */
};

struct manifest_text {
        enum manifest_kind kind;
        const char *path; /* for messages */
        const char *data;
        size_t size;
};

/*
 * Overrides @manifest by the keys in @text; a failure may leave it changed in part. Returns: 0, -ENOMEM, or -EBADMSG if the text isn't a JSON
 * object, or has an unknown key, a wrong type or value, or a path that isn't absolute, has ".." in it, or can't be declared for what it is
 * declared; @error has path, line if known, and reason.
 */
_must_check_ int manifest_parse(struct manifest *manifest, const struct manifest_text *text, struct error *error);
