/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * version-range: four lines: two versions of migrations, and the two package versions of a range. Where the migrations are, what a range and its
 * complement add up to, and versions as a user types them.
 *
 * Covers: catalog/version-range.c
 */

#include "catalog/version-range.h"
#include "fuzz.h"

#define N_TEXTS 4U

static void check_argument(const char *text)
{
        _cleanup_free_ char *version = NULL, *again = NULL;

        if (version_from_argument(text, &version, NULL) < 0)
                return;
        law(dmig_deb_version_check(version) == 0);
        law(version_from_argument(version, &again, NULL) == 0);
        law(streq(version, again));
}

static int upstream_cmp(const struct dmig_semver *a, const struct dmig_semver *b)
{
        return deb_text_cmp(semver_get_upstream(a), semver_get_upstream(b));
}

/* A version that is later by dpkg's rules isn't located earlier. */
static void check_semver(const struct version_range *range, char *const *texts)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *a = NULL, *b = NULL;
        int at, bt;

        if (dmig_semver_parse(texts[0], &a) < 0)
                return;
        at = version_range_locate(range, a);
        law(at >= -1 && at <= 1);
        law(dmig_version_in_range(texts[0], texts[2], texts[3]) == (at == 0));
        if (dmig_semver_parse(texts[1], &b) < 0)
                return;
        bt = version_range_locate(range, b);
        if (upstream_cmp(a, b) <= 0)
                law(at <= bt);
        if (upstream_cmp(a, b) >= 0)
                law(at >= bt);
}

static void check_package_version(const struct version_range *range, char *const *texts)
{
        int at, bt, r;

        r = version_range_locate_package_version(range, texts[0], &at);
        law(r == dmig_deb_version_check(texts[0]));
        if (r < 0)
                return;
        law(at == (deb_text_cmp(texts[0], texts[2]) <= 0 ? -1 : deb_text_cmp(texts[0], texts[3]) > 0));
        if (version_range_locate_package_version(range, texts[1], &bt) == 0 && deb_text_cmp(texts[0], texts[1]) <= 0)
                law(at <= bt || deb_text_cmp(texts[2], texts[3]) > 0);
}

/* What is up to a version that the range has, and what is above it, are together what is in the range. */
static void check_parts(char *const *texts, const char *middle)
{
        struct version_range range = { 0 }, first = { 0 }, second = { 0 };
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
        _cleanup_free_ char *between = NULL;

        law(version_range_init(&range, texts[2], texts[3], NULL) == 0);
        /* Without epochs, of which the upstream parts don't know. */
        if (range.from.epoch == 0 && range.to.epoch == 0 && dmig_semver_parse(texts[0], &version) == 0 &&
            version_from_argument(middle, &between, NULL) == 0 &&
            version_range_init(&first, texts[2], between, NULL) == 0) {
                law(version_range_init(&second, between, texts[3], NULL) == 0);
                if (first.to.epoch == 0 && deb_text_cmp(range.from_key, first.to_key) <= 0 &&
                    deb_text_cmp(first.to_key, range.to_key) <= 0)
                        law((version_range_locate(&first, version) == 0) +
                                    (version_range_locate(&second, version) == 0) ==
                            (version_range_locate(&range, version) == 0));
        }
        version_range_done(&range);
        version_range_done(&first);
        version_range_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *texts[N_TEXTS];
        struct version_range range;

        fuzz_split(data, size, '\n', N_TEXTS, texts);
        for (size_t i = 0; i < 2; i++)
                check_argument(texts[i]);
        if (version_range_init(&range, texts[2], texts[3], NULL) == 0) {
                check_semver(&range, texts);
                check_package_version(&range, texts);
                version_range_done(&range);
                check_parts(texts, texts[1]);
        } else
                law(dmig_version_in_range(texts[0], texts[2], texts[3]) == -EINVAL);
        fuzz_free(texts, N_TEXTS);
        return 0;
}
