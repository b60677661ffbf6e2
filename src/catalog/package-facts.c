/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/package-facts.h"

#include "basic/io.h"
#include "basic/path.h"
#include "catalog/catalog-version.h"
#include "catalog/migration-name.h"
#include "catalog/os-release.h"
#include "catalog/version-range.h"

#include <stdio.h>

#define VERSION_SIZE_MAX 4096U

/* @text: of @source, which a message names. Returns: 0 or a negative errno with @error set. */
static int package_version_parse(const char *text, const char *source, char **ret, struct error *error)
{
        _cleanup_error_ struct error reason = { 0 };
        int r = version_from_argument(text, ret, &reason);

        return r == -EINVAL ? error_setf(error, -EBADMSG, "%s: %s", source, error_text(&reason)) : r;
}

int package_version_read(const struct trusted_directory *directory, char **ret, struct error *error)
{
        _cleanup_free_ char *text = NULL, *path = NULL;
        size_t size;
        int r;

        assert(directory);
        assert(ret);

        r = trusted_directory_look_for(directory, VERSION_NAME, error);
        if (r <= 0)
                return r;
        if (asprintf(&path, "%s/" VERSION_NAME, directory->path) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = trusted_directory_read_file(directory, &(const struct trusted_file){ VERSION_NAME, VERSION_SIZE_MAX },
                                        &text, &size, error);
        if (r < 0)
                return r;
        if (size > 0 && text[size - 1] == '\n')
                text[size - 1] = '\0';
        if (strlen(text) + 1 < size || strchr(text, '\n'))
                return error_setf(error, -EBADMSG, "%s: must be one line, with a version", path);
        r = package_version_parse(text, path, ret, error);
        return r < 0 ? r : 1;
}

static int package_facts_read_os_release(const struct root *root, struct package_facts *facts, struct error *error)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = os_release_read(root, facts->keys.os_release, &text, error);
        return r < 0 ? r : package_version_parse(text, "os-release", &facts->version, error);
}

static int package_facts_read_keys(const struct trusted_directory *directory, const char *package,
                                   struct package_facts *facts, struct error *error)
{
        const struct manifest_file file = { .kind = MANIFEST_PACKAGE, .directory = directory, .name = DEFAULTS_NAME };
        _cleanup_manifest_ struct manifest manifest = { 0 };
        int r;

        r = trusted_directory_look_for(directory, DEFAULTS_NAME, error);
        if (r <= 0)
                return r;
        r = manifest_init(&manifest, package);
        if (r >= 0)
                r = catalog_read_manifest(&manifest, &file, error);
        if (r < 0)
                return r;
        facts->keys = manifest.package;
        manifest.package = (struct package_keys){ 0 };
        return 0;
}

static int package_facts_fill_in(const struct root *root, const char *package, struct package_facts *facts,
                                 struct error *error)
{
        _cleanup_trusted_directory_ struct trusted_directory base = TRUSTED_DIRECTORY_NONE,
                                                             directory = TRUSTED_DIRECTORY_NONE;
        int r;

        r = trusted_directory_open(root, VENDOR_DIR, &base, error);
        if (r >= 0)
                r = trusted_directory_open_at(&base, package, &directory, error);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = package_facts_read_keys(&directory, package, facts, error);
        if (r >= 0)
                r = package_version_read(&directory, &facts->version, error);
        return r == 0 && facts->keys.os_release ? package_facts_read_os_release(root, facts, error) : r;
}

int package_facts_read(const struct root *root, const char *package, struct package_facts *ret, struct error *error)
{
        _cleanup_(package_facts_done) struct package_facts facts = { 0 };
        int r;

        assert(root);
        assert(package);
        assert(ret);

        r = package_facts_fill_in(root, package, &facts, error);
        if (r < 0)
                return r;
        *ret = facts;
        facts = (struct package_facts){ 0 };
        return 0;
}

void package_facts_done(struct package_facts *facts)
{
        assert(facts);

        package_keys_done(&facts->keys);
        free(TAKE_PTR(facts->version));
}
