/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/migration-name.h"

#include "catalog/semver.h"
#include "deploy-migrate.h"

#define DIGITS      "0123456789"
#define ALPHANUMERS DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

bool package_name_is_valid(const char *name)
{
        size_t n;

        assert(name);

        n = strspn(name, ALPHANUMERS);
        /* After the first character dpkg accepts these, too. */
        return n > 0 && name[n + strspn(name + n, ALPHANUMERS "+-._")] == '\0';
}

size_t migration_name_stem(const char *name)
{
        assert(name);

        return strcspn(name, ".");
}

bool migration_name_has_extension(const char *name, const char *extension)
{
        assert(name);
        assert(extension);

        return streq(name + migration_name_stem(name), extension);
}

bool migration_name_is_valid(const char *name)
{
        size_t n;

        assert(name);

        if (strspn(name, DIGITS) != MIGRATION_NUMBER_SIZE || name[MIGRATION_NUMBER_SIZE] != '_')
                return false;
        name += MIGRATION_NUMBER_SIZE + 1;
        n = strspn(name, ALPHANUMERS "_");
        if (n == 0 || name[n] == '\0')
                return n > 0;
        name += n + 1;
        n = strspn(name, ALPHANUMERS);
        return name[-1] == '.' && n > 0 && name[n] == '\0';
}

bool migration_name_is_manifest(const char *name)
{
        return migration_name_is_valid(name) && migration_name_has_extension(name, ".json");
}

bool migration_name_is_program(const char *name)
{
        return migration_name_is_valid(name) && !migration_name_has_extension(name, ".json");
}

/* Python leaves __pycache__ in every directory that a module was imported from; dpkg leaves NAME.dpkg-new if it is killed. */
bool migration_name_is_passed_over(const char *name)
{
        assert(name);

        return str_startswith(name, "README") || streq(name, "__pycache__") || strstr(name, ".dpkg-");
}

static bool package_entry_is_version(const char *text)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;

        return dmig_semver_parse(text, &version) == 0;
}

bool package_entry_is_version_directory(const char *name)
{
        assert(name);

        return *name == 'v' && !streq(name, VERSION_NAME) && !migration_name_is_passed_over(name);
}

const char *package_entry_explain(const char *name)
{
        assert(name);

        if (migration_name_is_valid(name))
                return "it isn't in a version directory such as v1.2.3; move it into one";
        if (*name != 'v' && package_entry_is_version(*name == 'V' ? name + 1 : name))
                return "the name of a version directory begins with a lower-case \"v\"; rename it";
        return NULL;
}
