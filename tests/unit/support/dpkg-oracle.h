/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The installed dpkg's answers about versions, to compare our own with. A test fails if dpkg can't answer.
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
/* dpkg --validate-version. Returns: 0 if dpkg accepts @version, 1 if it warns of it, 2 if it can't split it. */
int dpkg_validate(const char *version);
/*
 * Asks one dpkg for the order of all @pairs, which takes a second, while --compare-versions takes a process for each pair. Sets @ret to -1, 0
 * or 1 for each pair.
 */
void dpkg_compare_all(const struct version_pair *pairs, size_t n_pairs, int *ret);
