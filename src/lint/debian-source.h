/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The Debian source tree that migrations are in. In: their directory. Out: the binary package that ships them, and what its debian/control says
 * about it.
 */

#include "basic/error.h"
#include "basic/strv.h"

struct debian_source {
        char *path;     /* NULL: there is none */
        char *package;  /* the binary package; NULL: nothing says which one */
        char *depends;  /* its Depends and Pre-Depends */
        bool addon;     /* dh_deploymigrate is called */
        bool installed; /* the directory is what was made of the sources, for the package */
};

/* Returns: 1, 0 if there is no debian/control in or above @directory, or a negative errno with @error set. */
_must_check_ int debian_source_find(const char *directory, struct debian_source *ret, struct error *error);
void debian_source_done(struct debian_source *source);

/*
 * Lists what matches @pattern, of glob(7) with braces. Returns: 0, also if nothing does, or a negative errno with @error set, also if a directory
 * can't be read.
 */
_must_check_ int debian_source_glob(const char *pattern, struct strv *ret, struct error *error);

/* Reads @directory/@name. @ret: to be freed. Returns: 1, 0 if there is no such file, or a negative errno with @error set. */
_must_check_ int debian_source_read_file(const char *directory, const char *name, char **ret, struct error *error);

/* Whether the package depends on @name, or on one whose name begins with it, as python3.11 does with python3. */
bool debian_source_depends(const struct debian_source *source, const char *name);
