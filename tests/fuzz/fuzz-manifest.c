/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * manifest: a migration's manifest or package.json. What is accepted keeps a migration to paths that it may declare.
 *
 * Covers: catalog/manifest.c catalog/manifest-parse.c catalog/package-keys.c
 */

#include "catalog/manifest.h"
#include "catalog/migration-name.h"
#include "dpkg/deb-version.h"
#include "fuzz.h"

/* Whether it is normalised: no empty name, no "." and "..". */
static bool path_is_normal(const char *path)
{
        return *path == '/' && !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../") &&
               path[strlen(path) - 1] != '/';
}

static bool strv_is_same(const struct strv *a, const struct strv *b)
{
        bool same = a->n == b->n;

        for (size_t i = 0; same && i < a->n; i++)
                same = streq(a->list[i], b->list[i]);
        return same;
}

static void check_copy(const struct manifest *manifest)
{
        _cleanup_(manifest_freep) struct manifest *other = fuzz_allocate(sizeof(*other));
        _cleanup_manifest_ struct manifest copy = { 0 };

        *other = (struct manifest){ 0 };
        law(manifest_copy(&copy, manifest) == 0);
        law(strv_is_same(&manifest->writes, &copy.writes) && strv_is_same(&manifest->connect, &copy.connect));
        law(!manifest->consent == !copy.consent && !manifest->since == !copy.since);
        law(manifest_reaches_out(manifest) == manifest_reaches_out(&copy));
        *other = copy;
        copy = (struct manifest){ 0 };
}

static void check_manifest(const struct manifest *manifest, enum manifest_kind kind)
{
        for (size_t i = 0; i < manifest->writes.n; i++)
                law(path_is_normal(manifest->writes.list[i]) && !path_touches_state(manifest->writes.list[i]));
        for (size_t i = 0; i < manifest->connect.n; i++)
                law(path_is_normal(manifest->connect.list[i]));
        law(!manifest->unrestricted || manifest->writes.n == 0);
        law(manifest->timeout_sec <= INT32_MAX && manifest->check_timeout_sec <= INT32_MAX);
        law(!manifest->since || (kind == MANIFEST_MIGRATION && dmig_deb_version_check(manifest->since) == 0));
        law(!manifest->consent || *manifest->consent);
        law(kind == MANIFEST_PACKAGE || (manifest->package.formerly.n == 0 && !manifest->package.os_release));
        for (size_t i = 0; i < manifest->package.formerly.n; i++)
                law(package_name_is_valid(manifest->package.formerly.list[i]));
        check_copy(manifest);
}

static void count_error(const struct error *error, void *userdata)
{
        size_t *n = userdata;

        law(error->code == -EBADMSG && error->message);
        (*n)++;
}

static void check_kind(enum manifest_kind kind, const uint8_t *data, size_t size)
{
        const struct manifest_text text = { .kind = kind, .path = "m.json", .data = (const char *)data, .size = size };
        _cleanup_manifest_ struct manifest manifest = { 0 }, tolerant = { 0 };
        _cleanup_error_ struct error error = { 0 };
        size_t n_errors = 0;
        struct error all = { .tell = count_error, .userdata = &n_errors };
        int r;

        law(manifest_init(&manifest, "sample") == 0 && manifest_init(&tolerant, "sample") == 0);
        r = manifest_parse(&manifest, &text, &error);
        law(r == 0 || (r == -EBADMSG && str_startswith(error.message, "m.json:")));
        if (r == 0)
                check_manifest(&manifest, kind);

        /* Errors that are told are those that would have been the end. */
        law((manifest_parse(&tolerant, &text, &all) < 0 || n_errors > 0) == (r < 0));
        error_clear(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        check_kind(MANIFEST_MIGRATION, data, size);
        check_kind(MANIFEST_PACKAGE, data, size);
        return 0;
}
