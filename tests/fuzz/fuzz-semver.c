/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * semver: three lines, each a semantic version. Their order, the ranges between them, and that a version which is printed is the same.
 *
 * Covers: catalog/semver.c
 */

#include "catalog/semver.h"
#include "fuzz.h"

#include <stdio.h>

static void check_one(const char *text)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL, *again = NULL;
        const char *prerelease, *build;
        char *printed;

        if (dmig_semver_parse(text, &version) < 0)
                return;
        law(dmig_semver_parse(dmig_semver_get_text(version), &again) == 0);
        law(semver_cmp(version, again) == 0);
        law(streq(semver_get_upstream(version), semver_get_upstream(again)));

        prerelease = dmig_semver_get_prerelease(version);
        build = dmig_semver_get_build(version);
        printed = fuzz_allocate(strlen(text) + 1);
        sprintf(printed, "%s.%s.%s%s%s%s%s", dmig_semver_get_major(version), dmig_semver_get_minor(version),
                dmig_semver_get_patch(version), *prerelease ? "-" : "", prerelease, *build ? "+" : "", build);
        law(streq(printed, dmig_semver_get_text(version)));

        /* It comes after its pre-releases, and build metadata doesn't matter. */
        printed[strcspn(printed, "+")] = '\0';
        law(dmig_semver_in_range(printed, text, text) == 0);
        printed[strcspn(printed, "-")] = '\0';
        law(dmig_semver_in_range(printed, text, printed) == (*prerelease != '\0'));
        free(printed);
}

static int compare(const char *a, const char *b)
{
        int forth, back;

        law(dmig_semver_cmp(a, b, &forth) == 0);
        law(dmig_semver_cmp(b, a, &back) == 0);
        law(forth == -back);
        return forth;
}

/* Each version is in one of these: up to a, above a and up to b, above b. */
static void check_ranges(const char *version, const char *a, const char *b)
{
        int above_a = compare(version, a) > 0, up_to_b = compare(version, b) <= 0;

        law(dmig_semver_in_range(version, a, b) == (above_a && up_to_b));
        if (compare(a, b) <= 0)
                law(!above_a + dmig_semver_in_range(version, a, b) + !up_to_b == 1);
        else
                law(dmig_semver_in_range(version, a, b) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *texts[3];
        int r;

        fuzz_split(data, size, '\n', ELEMENTSOF(texts), texts);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                check_one(texts[i]);

        if (dmig_semver_cmp(texts[0], texts[1], &r) == 0 && dmig_semver_cmp(texts[1], texts[2], &r) == 0) {
                law(compare(texts[0], texts[0]) == 0);
                fuzz_check_order(compare(texts[0], texts[1]), compare(texts[1], texts[2]), compare(texts[0], texts[2]));
                check_ranges(texts[0], texts[1], texts[2]);
        }
        fuzz_free(texts, ELEMENTSOF(texts));
        return 0;
}
