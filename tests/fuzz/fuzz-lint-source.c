/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * lint-source: a Debian source tree: its control, rules, and list of directories with migrations, with a form feed between them; and a changelog. What
 * is found is a package that control has, and what it depends on.
 *
 * Covers: lint/debian-source.c cli/author/source.c
 */

#include "catalog/semver.h"
#include "cli/author/source.h"
#include "fuzz.h"
#include "lint/debian-source.h"

enum { FILE_CONTROL, FILE_RULES, FILE_LIST, FILE_CHANGELOG, N_FILES };

static char *path; /* of a directory of the tree */

static void check_source(const char *control)
{
        struct debian_source source = { 0 };
        _cleanup_error_ struct error error = { 0 };

        law(debian_source_find(path, &source, &error) == 1);
        law(!source.installed && str_startswith(path, source.path));
        law(!source.package || strstr(control, source.package) || streq(source.package, "sample"));
        law(!source.depends || source.package);
        (void)debian_source_depends(&source, "python3");
        (void)debian_source_depends(&source, "${misc:Depends}");
        debian_source_done(&source);
}

static void check_changelog(const char *changelog)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *parsed = NULL;
        _cleanup_source_ struct source source = { 0 };
        _cleanup_free_ char *version = NULL;
        _cleanup_error_ struct error error = { 0 };
        int r = source_find(path, &source, &error);

        law(r == 1 || (r == -EBADMSG && error.message));
        if (r <= 0)
                return;
        law(strstr(changelog, source.package) && strstr(changelog, source.version));
        if (source_version_to_semver(source.version, &version, NULL) == 0)
                law(dmig_semver_parse(version, &parsed) == 0 && streq(dmig_semver_get_text(parsed), version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const paths[N_FILES] = { "/debian/control", "/debian/rules", "/debian/sample.migrations",
                                                    "/debian/changelog" };
        const struct root *root = fuzz_root((const char *const[]){ "/debian", "/migrations", NULL });
        char *texts[N_FILES];

        if (!path) {
                path = fuzz_allocate(strlen(root->path) + sizeof("/migrations"));
                strcpy(stpcpy(path, root->path), "/migrations");
        }
        fuzz_split(data, size, '\f', N_FILES, texts);
        for (size_t i = 0; i < N_FILES; i++)
                fuzz_put(paths[i], i > FILE_CONTROL && i < FILE_CHANGELOG && !*texts[i] ? NULL : texts[i],
                         strlen(texts[i]));
        check_source(texts[FILE_CONTROL]);
        check_changelog(texts[FILE_CHANGELOG]);
        fuzz_free(texts, N_FILES);
        return 0;
}
