/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is said about migrations before they are shipped. In: a finding. Out: a call of the caller's function. */

#include "catalog/catalog.h"
#include "catalog/version-range.h"
#include "deploy-migrate.h"
#include "lint/debian-source.h"
#include "lint/script.h"

struct linter {
        struct dmig *ctx;
        const char *directory;
        const char *version;
        struct version_range range; /* of the package's version alone */
        struct debian_source source;
        dmig_lint_fn fn;
        void *userdata;
        int n_errors;
        struct pattern *patterns; /* that were compiled so far */
        size_t n_patterns;
};

void linter_done(struct linter *linter);
/* As script_match(), for what is looked for in each line. */
bool linter_match(struct linter *linter, const char *pattern, const char *text, regmatch_t ret[SCRIPT_GROUPS]);

/* Returns: PATH:NUMBER, where a finding about a line is, to be freed; or NULL if memory ran out. */
_must_check_ char *linter_format_place(const char *path, size_t number);
void linter_tell(struct linter *linter, int priority, const char *path, const char *text);
/* More than four parameters: printf-like. Returns: 0 or -ENOMEM. */
_must_check_ int linter_tellf(struct linter *linter, int priority, const char *path, const char *format, ...)
        _printf_(4, 5);
