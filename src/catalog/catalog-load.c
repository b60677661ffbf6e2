/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/catalog-load.h"

#include "catalog/catalog-version.h"
#include "catalog/migration-name.h"
#include "catalog/package-facts.h"

#include <json-c/linkhash.h>
#include <stdio.h>

struct loader {
        const struct root *root;
        struct catalog *catalog;
        struct trusted_directory vendor; /* the package's */
        struct trusted_directory admin;
        struct error *error;
};

static void loader_done(struct loader *loader)
{
        trusted_directory_done(&loader->vendor);
        trusted_directory_done(&loader->admin);
}

/* Opens and reads @name in @parent. If it doesn't exist, @ret stays without names. */
static int loader_open_directory(const struct loader *loader, const struct trusted_directory *parent, const char *name,
                                 struct trusted_directory *ret)
{
        _cleanup_trusted_directory_ struct trusted_directory directory = TRUSTED_DIRECTORY_NONE;
        int r;

        if (parent->fd < 0)
                return 0;
        r = trusted_directory_open_at(parent, name, &directory, loader->error);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        r = trusted_directory_read(&directory, loader->error);
        if (r < 0)
                return r;

        *ret = directory;
        directory = (struct trusted_directory)TRUSTED_DIRECTORY_NONE;
        return 0;
}

static int loader_open_package(const struct loader *loader, const char *base, struct trusted_directory *ret)
{
        _cleanup_trusted_directory_ struct trusted_directory parent = TRUSTED_DIRECTORY_NONE;
        int r;

        r = trusted_directory_open(loader->root, base, &parent, loader->error);
        if (r < 0 && r != -ENOENT)
                return r;
        return loader_open_directory(loader, &parent, loader->catalog->package, ret);
}

static int loader_load_defaults(const struct loader *loader)
{
        struct manifest_file file = { .kind = MANIFEST_PACKAGE, .directory = &loader->vendor, .name = DEFAULTS_NAME };

        if (!trusted_directory_has(&loader->vendor, DEFAULTS_NAME))
                return 0;
        return catalog_read_manifest(&loader->catalog->defaults, &file, loader->error);
}

/* The catalog has no use for the version, but a file that can't be read is to be found when the package is built. */
static int loader_check_version_file(const struct loader *loader)
{
        _cleanup_free_ char *version = NULL;
        int r = loader->vendor.fd < 0 ? 0 : package_version_read(&loader->vendor, &version, loader->error);

        return r < 0 ? r : 0;
}

/* A name that starts with "v" must be the name of a version. */
static int loader_parse_version(const struct loader *loader, const struct trusted_directory *directory,
                                const char *name, struct dmig_semver **ret)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
        int r;

        r = dmig_semver_parse(name, &version);
        /* The parser accepts blanks, which a directory's name must not have. */
        if (r == -EINVAL || (r == 0 && !streq(dmig_semver_get_text(version), name + 1)))
                return error_setf(
                        loader->error, -EBADMSG,
                        "%s/%s: starts with \"v\", but isn't \"v\" and a semantic version, such as v1.2.3; rename or remove it",
                        directory->path, name);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(version);
        return 0;
}

static int semver_cmp_pointers(const void *a, const void *b)
{
        const struct dmig_semver *const *left = a, *const *right = b;
        int r = semver_cmp(*left, *right);

        /* Versions that differ only in their build metadata are reported in the same order each time. */
        return r != 0 ? r : strcmp(dmig_semver_get_text(*left), dmig_semver_get_text(*right));
}

static int loader_check_versions(const struct loader *loader)
{
        const struct catalog *catalog = loader->catalog;
        int r = 0;

        for (size_t i = 1; i < catalog->n_versions && r >= 0; i++)
                if (semver_cmp(catalog->versions[i - 1], catalog->versions[i]) == 0)
                        r = error_pass(
                                loader->error,
                                error_setf(
                                        loader->error, -EBADMSG,
                                        "%s: v%s and v%s are the same version, since the part from \"+\" on is ignored; merge the two directories",
                                        loader->vendor.path, dmig_semver_get_text(catalog->versions[i - 1]),
                                        dmig_semver_get_text(catalog->versions[i])));
        return r;
}

static int loader_load_versions(const struct loader *loader)
{
        struct catalog *catalog = loader->catalog;

        catalog->versions = calloc(loader->vendor.names.n + 1, sizeof(*catalog->versions));
        if (!catalog->versions)
                return -ENOMEM;
        for (size_t i = 0; i < loader->vendor.names.n; i++) {
                int r;

                if (!package_entry_is_version_directory(loader->vendor.names.list[i]))
                        continue;
                r = error_pass(loader->error,
                               loader_parse_version(loader, &loader->vendor, loader->vendor.names.list[i],
                                                    &catalog->versions[catalog->n_versions]));
                if (r < 0)
                        return r;
                catalog->n_versions += catalog->versions[catalog->n_versions] != NULL;
        }

        qsort(catalog->versions, catalog->n_versions, sizeof(*catalog->versions), semver_cmp_pointers);
        return loader_check_versions(loader);
}

static int loader_load_version(const struct loader *loader, const struct dmig_semver *version, const char *name)
{
        _cleanup_trusted_directory_ struct trusted_directory vendor = TRUSTED_DIRECTORY_NONE,
                                                             admin = TRUSTED_DIRECTORY_NONE;
        const struct version_directories directories = { .version = version, .vendor = &vendor, .admin = &admin };
        int r;

        r = loader_open_directory(loader, &loader->vendor, name, &vendor);
        if (r < 0)
                return r;
        if (vendor.fd < 0 && trusted_directory_has(&loader->vendor, name))
                return error_setf(loader->error, -EAGAIN, "%s/%s: was removed while it was read; try again",
                                  loader->vendor.path, name);
        r = loader_open_directory(loader, &loader->admin, name, &admin);
        if (r < 0)
                return r;
        return catalog_add_version(loader->catalog, &directories, loader->error);
}

static int loader_load_migrations(const struct loader *loader)
{
        for (size_t i = 0; i < loader->catalog->n_versions; i++) {
                const struct dmig_semver *version = loader->catalog->versions[i];
                _cleanup_free_ char *name = NULL;
                int r;

                if (asprintf(&name, "v%s", dmig_semver_get_text(version)) < 0)
                        return -ENOMEM;
                r = error_pass(loader->error, loader_load_version(loader, version, name));
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Loads the administrator's files for versions that the package doesn't ship, or no longer. */
static int loader_load_strays(const struct loader *loader)
{
        const struct trusted_directory *admin = &loader->admin;

        for (size_t i = 0; i < admin->names.n; i++) {
                _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
                const char *name = admin->names.list[i];
                int r = 0;

                if (streq(name, DEFAULTS_NAME) || streq(name, VERSION_NAME))
                        r = catalog_add_notice(loader->catalog, admin, name,
                                               "only the package itself may ship it; remove it");
                if (package_entry_is_version_directory(name) && !trusted_directory_has(&loader->vendor, name)) {
                        r = loader_parse_version(loader, admin, name, &version);
                        if (r == 0)
                                r = loader_load_version(loader, version, name);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Without a notice, a file that looks like a part of the catalog would be skipped in silence. */
static int loader_note_misplaced(const struct loader *loader)
{
        const struct trusted_directory *directories[] = { &loader->vendor, &loader->admin };

        for (size_t i = 0; i < ELEMENTSOF(directories); i++)
                for (size_t k = 0; k < directories[i]->names.n; k++) {
                        const char *name = directories[i]->names.list[k], *reason = package_entry_explain(name);
                        int r = reason ? catalog_add_notice(loader->catalog, directories[i], name, reason) : 0;

                        if (r < 0)
                                return r;
                }
        return 0;
}

static int catalog_make_index(struct catalog *catalog)
{
        catalog->index = lh_kchar_table_new((int)catalog->n_migrations * 2 + 1, NULL);
        if (!catalog->index)
                return -ENOMEM;
        for (size_t i = 0; i < catalog->n_migrations; i++)
                if (lh_table_insert(catalog->index, catalog->migrations[i].id, &catalog->migrations[i]) < 0)
                        return -ENOMEM;
        return 0;
}

static int loader_run(struct loader *loader)
{
        int (*const steps[])(const struct loader *loader) = { loader_load_defaults, loader_check_version_file,
                                                              loader_load_versions, loader_load_migrations,
                                                              loader_load_strays,   loader_note_misplaced };
        int r;

        r = manifest_init(&loader->catalog->defaults, loader->catalog->package);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                r = error_pass(loader->error, steps[i](loader));
                if (r < 0)
                        return r;
        }
        return catalog_make_index(loader->catalog);
}

static int loader_open_system(struct loader *loader)
{
        int r;

        r = loader_open_package(loader, VENDOR_DIR, &loader->vendor);
        return r < 0 ? r : loader_open_package(loader, ADMIN_DIR, &loader->admin);
}

static int loader_open_source(struct loader *loader, const char *path)
{
        int r;

        r = trusted_directory_open_source(path, &loader->vendor, loader->error);
        if (r == -ENOENT)
                return error_errnof(loader->error, r, "%s", path);
        return r < 0 ? r : trusted_directory_read(&loader->vendor, loader->error);
}

int catalog_load(const struct root *root, const char *package, struct catalog **ret, struct error *error)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        _cleanup_(loader_done) struct loader loader = {
                .root = root,
                .vendor = TRUSTED_DIRECTORY_NONE,
                .admin = TRUSTED_DIRECTORY_NONE,
                .error = error,
        };
        int r;

        assert(root);
        assert(package);
        assert(ret);

        if (!package_name_is_valid(package))
                return error_setf(error, -EINVAL, "\"%s\" is not a package name", package);

        r = catalog_new(package, &catalog);
        if (r < 0)
                return r;
        loader.catalog = catalog;
        r = loader_open_system(&loader);
        if (r >= 0)
                r = loader_run(&loader);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(catalog);
        return 0;
}

int catalog_load_source(const char *path, const char *package, struct catalog **ret, struct error *error)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        _cleanup_(loader_done) struct loader loader = {
                .vendor = TRUSTED_DIRECTORY_NONE,
                .admin = TRUSTED_DIRECTORY_NONE,
                .error = error,
        };
        int r;

        assert(path);
        assert(ret);

        /* Only the default directories have the name in them. */
        r = catalog_new(package ? package : "package", &catalog);
        if (r < 0)
                return r;
        loader.catalog = catalog;
        r = loader_open_source(&loader, path);
        if (r >= 0)
                r = loader_run(&loader);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(catalog);
        return 0;
}
