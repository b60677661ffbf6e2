/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/catalog.h"

#include <json-c/linkhash.h>

int catalog_new(const char *package, struct catalog **ret)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;

        assert(package);
        assert(ret);

        catalog = calloc(1, sizeof(*catalog));
        if (!catalog)
                return -ENOMEM;
        catalog->package = strdup(package);
        if (!catalog->package)
                return -ENOMEM;

        *ret = TAKE_PTR(catalog);
        return 0;
}

struct catalog *catalog_free(struct catalog *catalog)
{
        if (!catalog)
                return NULL;
        if (catalog->index)
                lh_table_free(catalog->index);
        for (size_t i = 0; i < catalog->n_migrations; i++)
                free(catalog->migrations[i].path);
        for (size_t i = 0; i < catalog->n_versions; i++)
                dmig_semver_free(catalog->versions[i]);
        for (size_t i = 0; i < catalog->n_manifests; i++)
                manifest_free(catalog->manifests[i]);
        free(catalog->migrations);
        free(catalog->versions);
        free(catalog->manifests);
        strv_done(&catalog->notices);
        manifest_done(&catalog->defaults);
        free(catalog->package);
        free(catalog);
        return NULL;
}

int catalog_add_notice(struct catalog *catalog, const struct trusted_directory *directory, const char *name,
                       const char *reason)
{
        assert(catalog);
        assert(directory);
        assert(name);
        assert(reason);

        return strv_addf(&catalog->notices, "%s/%s: has no effect: %s", directory->path, name, reason);
}

const struct migration *catalog_find(const struct catalog *catalog, const char *id)
{
        void *migration;

        assert(catalog && catalog->index);
        assert(id);

        return lh_table_lookup_ex(catalog->index, id, &migration) ? migration : NULL;
}

int catalog_list_writes(const struct catalog *catalog, const struct migration *migration, struct strv *ret)
{
        _cleanup_manifest_ struct manifest defaults = { 0 };
        int r;

        assert(catalog);
        assert(migration);
        assert(ret);

        if (!migration->manifest->unrestricted)
                return strv_add_all(ret, migration->manifest->writes.list);
        r = manifest_init(&defaults, catalog->package);
        return r < 0 ? r : strv_add_all(ret, defaults.writes.list);
}
