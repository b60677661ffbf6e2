/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the installed dpkg says about versions, to hold our own order against. What keeps it from answering fails the
 * test that asks.
 */

#include <stdbool.h>
#include <stddef.h>

#define VERSION_MAX 160

struct version_pair {
        char a[VERSION_MAX];
        char b[VERSION_MAX];
};

/* dpkg --compare-versions. @relation is "lt", "eq" or "gt". */
bool dpkg_confirms(const char *a, const char *relation, const char *b);
/* dpkg --validate-version. Returns: 0 where it accepts @version, 1 where it only warns of it, 2 where it can't split it. */
int dpkg_validate(const char *version);
/*
 * Asks a single dpkg for the order of all @pairs, which takes a second where --compare-versions needs one process for
 * each. Sets @ret to -1, 0 or 1 for each pair.
 */
void dpkg_compare_all(const struct version_pair *pairs, size_t n_pairs, int *ret);
