/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Package versions, deb-version(7): [epoch:]upstream[-revision]. Text in, values out; nothing is
 * allocated. The comparison takes any text, as dpkg does with what is in its database.
 */

#include "deploy-migrate.h"
#include "error.h"

struct deb_version {
        uint64_t epoch;
        const char *upstream; /* points into the text, not ended by NUL */
        size_t upstream_size;
        const char *revision;
        size_t revision_size;
};

/*
 * Splits @text, which must outlive @ret. With @strict it must be one that dpkg accepts in a package, and
 * @error says what is wrong; without, only the epoch must be a number.
 * Returns: 0 or -EINVAL.
 */
int deb_version_parse(const char *text, bool strict, struct deb_version *ret, struct error *error);
/* Returns: -1, 0 or 1. */
int deb_version_cmp(const struct deb_version *a, const struct deb_version *b);
/* Compares two upstream (or two revision) parts: digits as numbers, '~' before the end, letters before the rest. */
int deb_part_cmp(const char *a, size_t a_size, const char *b, size_t b_size);
/* Compares two versions that were parsed before; text that can't be parsed sorts as an upstream part. */
int deb_text_cmp(const char *a, const char *b);
