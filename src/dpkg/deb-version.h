/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Package versions, deb-version(7): [epoch:]upstream[-revision]. Text in, values out; nothing is
 * allocated. dpkg knows two grades of bad versions: those that it only warns of, which databases do
 * contain and which have their place in the order, and those that it can't split.
 */

#include "basic/error.h"
#include "deploy-migrate.h"

struct deb_version {
        unsigned epoch;       /* INT_MAX at most */
        const char *upstream; /* points into the text, not ended by NUL */
        size_t upstream_size;
        const char *revision;
        size_t revision_size;
};

static inline bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* Moves @text behind the blanks, as dpkg sees them, that it begins with. Returns: its size without those at the end. */
size_t trim_blanks(const char **text);

/*
 * Splits @text, which must outlive @ret. Surrounding blanks are tolerated. With @strict it must be one that
 * dpkg accepts in a package; without, what dpkg warns of is accepted, too. @error says what is wrong.
 * Returns: 0 or -EINVAL.
 */
int deb_version_parse(const char *text, bool strict, struct deb_version *ret, struct error *error);
/* Returns: -1, 0 or 1. */
int deb_version_cmp(const struct deb_version *a, const struct deb_version *b);
/* Compares two upstream (or two revision) parts: digits as numbers, '~' before the end, letters before the rest. */
int deb_part_cmp(const char *a, size_t a_size, const char *b, size_t b_size);
/* Compares two versions that were parsed before; text that can't be parsed sorts as an upstream part. */
int deb_text_cmp(const char *a, const char *b);
