/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files of an author's source tree, made from the templates in /usr/share/deploy-migrate/templates. None replaces a file that is there. */

#include "basic/error.h"

#include <sys/types.h>

/* For a build tree that isn't installed, DEPLOY_MIGRATE_DATADIR replaces /usr/share/deploy-migrate. */
struct template
{
        const char *name;    /* of the file in that directory */
        const char *subject; /* what takes the place of @NAME@ in it */
        const char *path;    /* of the new file; the directories above it are made */
        mode_t mode;
};

/* Returns: 0, -EEXIST, or another errno, with @error set. */
_must_check_ int template_install(const struct template *template, struct error *error);
/* Makes the file @path with the content @text in the same way. */
_must_check_ int template_write(const char *path, const char *text, mode_t mode, struct error *error);
