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

struct version_question {
        struct version_pair pair;
        const char *relation; /* "lt", "eq" or "gt" */
};

/* Sets @ret to whether dpkg --compare-versions says yes, for each of the questions. */
void dpkg_confirm_all(const struct version_question *questions, size_t n_questions, bool *ret);
/* Sets @ret to what dpkg --validate-version says: 0 if it accepts the version, 1 if it warns of it, 2 if it can't split it. */
void dpkg_validate_all(const char *const *versions, size_t n_versions, int *ret);
/*
 * Asks one dpkg for the order of all @pairs, which takes a second, while --compare-versions takes a process for each pair. Sets @ret to -1, 0
 * or 1 for each pair.
 */
void dpkg_compare_all(const struct version_pair *pairs, size_t n_pairs, int *ret);
