/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/catalog-version.h"

#include "basic/array.h"
#include "basic/io.h"
#include "catalog/migration-name.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/* A migration whose files are still being looked for. */
struct candidate {
        const char *name;                         /* in the vendor's directory */
        const struct trusted_directory *program;  /* the directory of the file that counts */
        const struct trusted_directory *manifest; /* likewise, NULL if there is none */
};

struct candidates {
        struct candidate *items; /* by number */
        size_t n;
};

static void candidates_done(struct candidates *candidates)
{
        free(candidates->items);
}

static int version_check_names(const struct trusted_directory *directory, struct error *error)
{
        int r = 0;

        for (size_t i = 0; i < directory->names.n && r >= 0; i++)
                if (!migration_name_is_passed_over(directory->names.list[i]) &&
                    !migration_name_is_valid(directory->names.list[i]))
                        r = error_pass(
                                error,
                                error_setf(
                                        error, -EBADMSG,
                                        "%s/%s: is neither a migration NNN_name[.ext] nor a manifest NNN_name.json; rename or remove it",
                                        directory->path, directory->names.list[i]));
        return r;
}

static bool migration_name_has_same_number(const char *a, const char *b)
{
        return strncmp(a, b, MIGRATION_NUMBER_SIZE) == 0;
}

static int candidates_collect(const struct trusted_directory *vendor, struct candidates *ret, struct error *error)
{
        _cleanup_(candidates_done) struct candidates candidates = { 0 };

        candidates.items = calloc(vendor->names.n + 1, sizeof(*candidates.items));
        if (!candidates.items)
                return -ENOMEM;
        for (size_t i = 0; i < vendor->names.n; i++) {
                const char *name = vendor->names.list[i];
                int r = 0;

                if (!migration_name_is_program(name))
                        continue;
                if (candidates.n > 0 && migration_name_has_same_number(candidates.items[candidates.n - 1].name, name))
                        r = error_pass(error,
                                       error_setf(error, -EBADMSG, "%s: %s and %s have the same number; renumber one",
                                                  vendor->path, candidates.items[candidates.n - 1].name, name));
                if (r < 0)
                        return r;
                candidates.items[candidates.n++] = (struct candidate){ .name = name, .program = vendor };
        }

        *ret = candidates;
        candidates.items = NULL;
        return 0;
}

/* Stems sort as whole names do, since no character of a stem sorts before the dot of an extension. */
static int candidate_cmp_stem(const void *name, const void *candidate)
{
        const char *other = ((const struct candidate *)candidate)->name;
        size_t a = migration_name_stem(name), b = migration_name_stem(other);
        int r = memcmp(name, other, a < b ? a : b);

        return r != 0 ? r : (a > b) - (a < b);
}

/* Returns: the candidate whose program or manifest @name is, or NULL. */
static struct candidate *candidates_find(const struct candidates *candidates, const char *name)
{
        struct candidate *found;

        found = bsearch(name, candidates->items, candidates->n, sizeof(*candidates->items), candidate_cmp_stem);
        return found && (migration_name_is_manifest(name) || streq(found->name, name)) ? found : NULL;
}

static int candidates_attach_manifests(const struct candidates *candidates, const struct trusted_directory *vendor,
                                       struct error *error)
{
        for (size_t i = 0; i < vendor->names.n; i++) {
                const char *name = vendor->names.list[i];
                struct candidate *candidate;
                int r = 0;

                if (!migration_name_is_manifest(name))
                        continue;
                candidate = candidates_find(candidates, name);
                if (candidate)
                        candidate->manifest = vendor;
                else
                        r = error_pass(
                                error,
                                error_setf(
                                        error, -EBADMSG,
                                        "%s/%s: there is no migration with the name of this manifest; rename or remove it",
                                        vendor->path, name));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int candidates_replace_files(struct catalog *catalog, const struct candidates *candidates,
                                    const struct trusted_directory *admin)
{
        for (size_t i = 0; i < admin->names.n; i++) {
                const char *name = admin->names.list[i];
                struct candidate *candidate;
                int r = 0;

                if (!migration_name_is_valid(name))
                        continue;
                candidate = candidates_find(candidates, name);
                if (!candidate)
                        r = catalog_add_notice(catalog, admin, name, "the package has no such migration; remove it");
                else if (migration_name_is_program(name))
                        candidate->program = admin;
                else
                        candidate->manifest = admin;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The administrator masks a migration by a link to /dev/null. Only the text of the link counts. Returns: 1, 0 or a negative errno. */
static int trusted_directory_has_mask(const struct trusted_directory *directory, const char *name)
{
        char text[sizeof("/dev/null")];
        ssize_t n;

        n = readlinkat(directory->fd, name, text, sizeof(text));
        if (n < 0)
                return -errno;
        return n == (ssize_t)sizeof(text) - 1 && memcmp(text, "/dev/null", sizeof(text) - 1) == 0;
}

static int candidate_check_program(const struct candidate *candidate, bool may_be_mask, struct migration *migration,
                                   struct error *error)
{
        const struct trusted_directory *directory = candidate->program;
        const char *name = candidate->name;
        struct stat st;
        int r;

        if (fstatat(directory->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return error_errnof(error, -errno, "%s/%s", directory->path, name);
        r = may_be_mask && S_ISLNK(st.st_mode) ? trusted_directory_has_mask(directory, name) : 0;
        if (r < 0)
                return error_errnof(error, r, "%s/%s", directory->path, name);
        migration->masked = r;
        if (migration->masked)
                return 0;

        r = trusted_directory_check_file(directory, name, &st, error);
        if (r < 0)
                return r;
        if (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))
                return 0;
        migration->python_module = migration_name_has_extension(name, ".py");
        if (!migration->python_module)
                return error_setf(error, -EBADMSG, "%s/%s: isn't executable; chmod 755 it", directory->path, name);
        return 0;
}

int catalog_read_manifest(struct manifest *manifest, const struct manifest_file *file, struct error *error)
{
        _cleanup_free_ char *path = NULL, *data = NULL;
        struct manifest_text text = { 0 };
        int r;

        assert(manifest);
        assert(file && file->directory && file->name);

        text.kind = file->kind;
        if (asprintf(&path, "%s/%s", file->directory->path, file->name) < 0)
                return -ENOMEM;
        r = trusted_directory_read_file(file->directory, &(const struct trusted_file){ file->name, MANIFEST_SIZE_MAX },
                                        &data, &text.size, error);
        if (r < 0)
                return r;

        text.path = path;
        text.data = data;
        return manifest_parse(manifest, &text, error);
}

static int catalog_add_manifest(struct catalog *catalog, const struct manifest_file *file, struct error *error)
{
        _cleanup_(manifest_freep) struct manifest *manifest = NULL;
        struct manifest **grown;
        int r;

        grown = array_grow(catalog->manifests, catalog->n_manifests, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        catalog->manifests = grown;

        manifest = calloc(1, sizeof(*manifest));
        if (!manifest)
                return -ENOMEM;
        r = manifest_copy(manifest, &catalog->defaults);
        if (r < 0)
                return r;
        r = catalog_read_manifest(manifest, file, error);
        if (r < 0)
                return r;

        catalog->manifests[catalog->n_manifests++] = TAKE_PTR(manifest);
        return 0;
}

/* Points @migration to its manifest. A masked migration needs none, so its manifest may be broken. */
static int candidate_choose_manifest(struct catalog *catalog, const struct candidate *candidate,
                                     struct migration *migration, struct error *error)
{
        char name[NAME_MAX + sizeof(".json")];
        struct manifest_file file = { .kind = MANIFEST_MIGRATION, .directory = candidate->manifest, .name = name };
        int r;

        migration->manifest = &catalog->defaults;
        if (migration->masked || !candidate->manifest)
                return 0;

        snprintf(name, sizeof(name), "%.*s.json", (int)migration_name_stem(candidate->name), candidate->name);
        r = catalog_add_manifest(catalog, &file, error);
        if (r < 0)
                return r;
        migration->manifest = catalog->manifests[catalog->n_manifests - 1];
        return 0;
}

static int catalog_add_migration(struct catalog *catalog, const struct version_directories *directories,
                                 const struct candidate *candidate, struct error *error)
{
        struct migration migration = {
                .version = directories->version,
                .number = (unsigned)strtoul(candidate->name, NULL, 10),
        };
        struct migration *grown;
        int r;

        grown = array_grow(catalog->migrations, catalog->n_migrations, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        catalog->migrations = grown;

        r = error_pass(error,
                       candidate_check_program(candidate, candidate->program == directories->admin, &migration, error));
        if (r < 0)
                return r;
        r = error_pass(error, candidate_choose_manifest(catalog, candidate, &migration, error));
        if (r < 0)
                return r;
        r = trusted_directory_join(candidate->program, candidate->name, &migration.path);
        if (r < 0)
                return r;

        migration.id = strrchr(migration.path, '/') - strlen(dmig_semver_get_text(directories->version));
        catalog->migrations[catalog->n_migrations++] = migration;
        return 0;
}

int catalog_add_version(struct catalog *catalog, const struct version_directories *directories, struct error *error)
{
        _cleanup_(candidates_done) struct candidates candidates = { 0 };
        int r;

        assert(catalog);
        assert(directories && directories->vendor && directories->admin);

        r = version_check_names(directories->vendor, error);
        if (r < 0)
                return r;
        r = version_check_names(directories->admin, error);
        if (r < 0)
                return r;
        r = candidates_collect(directories->vendor, &candidates, error);
        if (r < 0)
                return r;
        r = candidates_attach_manifests(&candidates, directories->vendor, error);
        if (r < 0)
                return r;
        r = candidates_replace_files(catalog, &candidates, directories->admin);
        if (r < 0)
                return r;

        for (size_t i = 0; i < candidates.n; i++) {
                r = catalog_add_migration(catalog, directories, &candidates.items[i], error);
                if (r < 0)
                        return r;
        }
        return 0;
}
