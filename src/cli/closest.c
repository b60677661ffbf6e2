/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/closest.h"

#include "basic/macro.h"

#include <stdint.h>

#define WORD_MAX     32
#define DISTANCE_MAX 2

static size_t size_min(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* @rows: the distances between the beginnings of @a and those of @b. */
static size_t distance_at(size_t rows[][WORD_MAX + 1], const char *a, const char *b, size_t i, size_t k)
{
        bool same = a[i - 1] == b[k - 1];
        size_t best = size_min(rows[i - 1][k - 1] + !same, size_min(rows[i - 1][k], rows[i][k - 1]) + 1);

        if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                best = size_min(best, rows[i - 2][k - 2] + 1);
        return best;
}

static size_t word_distance(const char *a, const char *b)
{
        size_t rows[WORD_MAX + 1][WORD_MAX + 1], n = strlen(a), m = strlen(b);

        if (n > WORD_MAX || m > WORD_MAX)
                return SIZE_MAX;
        for (size_t i = 0; i <= n; i++)
                for (size_t k = 0; k <= m; k++)
                        rows[i][k] = i == 0 || k == 0 ? i + k : distance_at(rows, a, b, i, k);
        return rows[n][m];
}

/* A beginning of the word is as close as a slip. */
void closest_consider(struct closest *closest, const char *candidate)
{
        size_t length, distance, limit;

        assert(closest && closest->word);
        assert(candidate);

        length = strlen(closest->word);
        limit = size_min(DISTANCE_MAX, length / 2);
        distance =
                length >= 2 && str_startswith(candidate, closest->word) ? 1 : word_distance(closest->word, candidate);
        if (distance > limit || (closest->found && distance >= closest->distance))
                return;
        closest->found = candidate;
        closest->distance = distance;
}
