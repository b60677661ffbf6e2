/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/catalog-version.h"
#include "basic/array.h"
#include "basic/io.h"
#include "catalog/migration-name.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/* A migration, while it is found out which files it is made of. */
struct candidate {
        const char *name;                         /* of the vendor's directory */
        const struct trusted_directory *program;  /* where the file is that counts */
        const struct trusted_directory *manifest; /* likewise, NULL where there is none */
};

struct candidates {
        struct candidate *items; /* by number */
        size_t n;
};

static void candidates_done(struct candidates *candidates)
{
        free(candidates->items);
}

static int check_names(const struct trusted_directory *directory, struct error *error)
{
        int r = 0;

        for (size_t i = 0; i < directory->n_names && r >= 0; i++)
                if (!migration_name_is_passed_over(directory->names[i]) &&
                    !migration_name_is_valid(directory->names[i]))
                        r = error_pass(
                                error,
                                error_setf(
                                        error, -EBADMSG,
                                        "%s/%s: is neither a migration NNN_name[.ext] nor the manifest of one; rename or remove it",
                                        directory->path, directory->names[i]));
        return r;
}

static bool have_same_number(const char *a, const char *b)
{
        return strncmp(a, b, MIGRATION_NUMBER_SIZE) == 0;
}

static int collect_candidates(const struct trusted_directory *vendor, struct candidates *ret, struct error *error)
{
        _cleanup_(candidates_done) struct candidates candidates = { 0 };

        candidates.items = calloc(vendor->n_names + 1, sizeof(*candidates.items));
        if (!candidates.items)
                return -ENOMEM;
        for (size_t i = 0; i < vendor->n_names; i++) {
                const char *name = vendor->names[i];
                int r = 0;

                if (!migration_name_is_program(name))
                        continue;
                if (candidates.n > 0 && have_same_number(candidates.items[candidates.n - 1].name, name))
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

/* The order of stems is that of whole names, since nothing in a stem sorts before the dot of an extension. */
static int compare_stem(const void *name, const void *candidate)
{
        const char *other = ((const struct candidate *)candidate)->name;
        size_t a = migration_name_stem(name), b = migration_name_stem(other);
        int r = memcmp(name, other, a < b ? a : b);

        return r != 0 ? r : (a > b) - (a < b);
}

/* Returns: the one of which @name is the program or the manifest, or NULL. */
static struct candidate *find_candidate(const struct candidates *candidates, const char *name)
{
        struct candidate *found;

        found = bsearch(name, candidates->items, candidates->n, sizeof(*candidates->items), compare_stem);
        return found && (migration_name_is_manifest(name) || streq(found->name, name)) ? found : NULL;
}

static int attach_manifests(const struct candidates *candidates, const struct trusted_directory *vendor,
                            struct error *error)
{
        for (size_t i = 0; i < vendor->n_names; i++) {
                const char *name = vendor->names[i];
                struct candidate *candidate;
                int r = 0;

                if (!migration_name_is_manifest(name))
                        continue;
                candidate = find_candidate(candidates, name);
                if (candidate)
                        candidate->manifest = vendor;
                else
                        r = error_pass(
                                error,
                                error_setf(
                                        error, -EBADMSG,
                                        "%s/%s: there is no migration that this is the manifest of; rename or remove it",
                                        vendor->path, name));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int replace_files(struct catalog *catalog, const struct candidates *candidates,
                         const struct trusted_directory *admin)
{
        for (size_t i = 0; i < admin->n_names; i++) {
                const char *name = admin->names[i];
                struct candidate *candidate;
                int r = 0;

                if (!migration_name_is_valid(name))
                        continue;
                candidate = find_candidate(candidates, name);
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

/* The administrator's "this one doesn't run": a link whose text is just this, wherever it would lead. */
static bool is_mask(const struct trusted_directory *directory, const char *name)
{
        char text[sizeof("/dev/null")];
        ssize_t n;

        n = readlinkat(directory->fd, name, text, sizeof(text));
        return n == (ssize_t)sizeof(text) - 1 && memcmp(text, "/dev/null", sizeof(text) - 1) == 0;
}

static int check_file(const struct trusted_directory *directory, const char *name, const struct stat *st,
                      struct error *error)
{
        const char *reason;

        if (!S_ISREG(st->st_mode))
                return error_setf(error, -EBADMSG, "%s/%s: must be a regular file, not a link or anything else",
                                  directory->path, name);
        if (trusted_directory_check(directory, st, &reason) < 0)
                return error_setf(error, -EPERM, "%s/%s: %s, so root doesn't use it", directory->path, name, reason);
        return 0;
}

static int check_program(const struct candidate *candidate, bool may_be_mask, struct migration *migration,
                         struct error *error)
{
        const struct trusted_directory *directory = candidate->program;
        const char *name = candidate->name;
        struct stat st;
        int r;

        if (fstatat(directory->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return error_errnof(error, -errno, "%s/%s", directory->path, name);
        migration->masked = may_be_mask && S_ISLNK(st.st_mode) && is_mask(directory, name);
        if (migration->masked)
                return 0;

        r = check_file(directory, name, &st, error);
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
        struct manifest_text text = { .kind = file->kind };
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (asprintf(&path, "%s/%s", file->directory->path, file->name) < 0)
                return -ENOMEM;
        /* O_NONBLOCK: a fifo must not keep us waiting. */
        fd = openat(file->directory->fd, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ELOOP)
                return error_setf(error, -ELOOP, "%s: must be a regular file, not a symbolic link", path);
        if (fd < 0 || fstat(fd, &st) < 0)
                return error_errnof(error, -errno, "%s", path);
        r = check_file(file->directory, file->name, &st, error);
        if (r < 0)
                return r;
        r = io_read_all(fd, MANIFEST_SIZE_MAX, &data, &text.size);
        if (r < 0)
                return error_errnof(error, r, "%s", path);

        text.path = path;
        text.data = data;
        return manifest_parse(manifest, &text, error);
}

static int add_manifest(struct catalog *catalog, const struct manifest_file *file, struct error *error)
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

/* Points @migration at the manifest that counts for it. A masked one needs none, so that it may be broken. */
static int choose_manifest(struct catalog *catalog, const struct candidate *candidate, struct migration *migration,
                           struct error *error)
{
        char name[NAME_MAX + sizeof(".json")];
        struct manifest_file file = { .kind = MANIFEST_MIGRATION, .directory = candidate->manifest, .name = name };
        int r;

        migration->manifest = &catalog->defaults;
        if (migration->masked || !candidate->manifest)
                return 0;

        snprintf(name, sizeof(name), "%.*s.json", (int)migration_name_stem(candidate->name), candidate->name);
        r = add_manifest(catalog, &file, error);
        if (r < 0)
                return r;
        migration->manifest = catalog->manifests[catalog->n_manifests - 1];
        return 0;
}

static int add_migration(struct catalog *catalog, const struct version_directories *directories,
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

        r = error_pass(error, check_program(candidate, candidate->program == directories->admin, &migration, error));
        if (r < 0)
                return r;
        r = error_pass(error, choose_manifest(catalog, candidate, &migration, error));
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

        r = check_names(directories->vendor, error);
        if (r < 0)
                return r;
        r = check_names(directories->admin, error);
        if (r < 0)
                return r;
        r = collect_candidates(directories->vendor, &candidates, error);
        if (r < 0)
                return r;
        r = attach_manifests(&candidates, directories->vendor, error);
        if (r < 0)
                return r;
        r = replace_files(catalog, &candidates, directories->admin);
        if (r < 0)
                return r;

        for (size_t i = 0; i < candidates.n; i++) {
                r = add_migration(catalog, directories, &candidates.items[i], error);
                if (r < 0)
                        return r;
        }
        return 0;
}
