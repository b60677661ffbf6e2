/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * debian-control: a debian/control. A dependency that was added is there, once, and nothing else has changed.
 *
 * Covers: cli/author/debian-control.c
 */

#include "catalog/semver.h"
#include "cli/author/debian-control.h"
#include "cli/author/source.h"
#include "fuzz.h"

#define DEPENDENCY "dh-sequence-deploy-migrate"

static void check_packages(const char *text, const char *new)
{
        _cleanup_strv_ struct strv before = { 0 }, after = { 0 };

        law(debian_control_list_packages(text, &before) == 0);
        law(debian_control_list_packages(new, &after) == 0);
        law(before.n == after.n);
        for (size_t i = 0; i < before.n; i++)
                law(streq(before.list[i], after.list[i]));
}

static void check_control(const char *text)
{
        _cleanup_free_ char *new = NULL, *again = NULL;
        _cleanup_error_ struct error error = { 0 };
        const struct debian_control control = { .path = "debian/control", .text = text };
        int r = debian_control_add_dependency(&control, DEPENDENCY, &new, &error);

        law(r == 0 || r == 1 || (r == -EINVAL && error.message));
        check_packages(text, r > 0 ? new : text);
        if (r <= 0)
                return;
        law(strstr(new, DEPENDENCY));
        law(debian_control_add_dependency(&(const struct debian_control){ "debian/control", new }, DEPENDENCY, &again,
                                          NULL) == 0);
}

/* What is told of a version is a semantic one. */
static void check_version(const char *text)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *parsed = NULL;
        _cleanup_free_ char *version = NULL;

        if (source_version_to_semver(text, &version, NULL) == 0)
                law(dmig_semver_parse(version, &parsed) == 0 && streq(dmig_semver_get_text(parsed), version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_text(data, size);

        check_control(text);
        check_version(text);
        return 0;
}
