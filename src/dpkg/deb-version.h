/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Package versions, deb-version(7): [epoch:]upstream[-revision]. Text in, values out; nothing is allocated. dpkg knows two kinds of bad
 * versions: those that it warns of, which databases contain and which have a place in the order, and those that it can't split. Pure.
 */

#include "basic/error.h"
#include "deploy-migrate.h"

struct deb_version {
        unsigned epoch;       /* INT_MAX at most */
        const char *upstream; /* points into the text, without a NUL at its end */
        size_t upstream_size;
        const char *revision;
        size_t revision_size;
};

static inline bool char_is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* Moves @text past the blanks, as dpkg defines them, that it begins with. Returns: its size without those at its end. */
size_t deb_trim_blanks(const char **text);

/*
 * Splits @text, which must outlive @ret. Blanks around it are accepted. With @strict it must be a version that dpkg accepts in a package;
 * without, versions that dpkg warns of are accepted, too. Returns: 0, or -EINVAL with the broken rule in @error.
 */
_must_check_ int deb_version_parse(const char *text, bool strict, struct deb_version *ret, struct error *error);
/* Returns: -1, 0 or 1. */
int deb_version_cmp(const struct deb_version *a, const struct deb_version *b);
/* Compares two upstream (or two revision) parts: digits as numbers, '~' before the end, letters before the rest. */
int deb_part_cmp(const char *a, size_t a_size, const char *b, size_t b_size);
/* Compares two versions as text; text that can't be split sorts as an upstream part. */
int deb_text_cmp(const char *a, const char *b);
