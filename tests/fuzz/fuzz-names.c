/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * names: one name of a package, a migration, or a unit.
 *
 * Covers: basic/unit-name.c catalog/migration-name.c
 */

#include "basic/unit-name.h"
#include "catalog/migration-name.h"
#include "fuzz.h"

static void check_package(const char *name)
{
        _cleanup_free_ char *unit = NULL;

        if (!package_name_is_valid(name))
                return;
        /* A path made of it stays in its directory. */
        law(*name && *name != '.' && !strchr(name, '/'));
        law(unit_name_escape(name, &unit) == 0);
        law(strchr(name, '+') || streq(unit, name));
}

static void check_migration(const char *name)
{
        size_t stem = migration_name_stem(name);

        law(stem <= strlen(name) && (name[stem] == '.' || name[stem] == '\0'));
        law(migration_name_has_extension(name, name + stem));
        law(migration_name_is_valid(name) == (migration_name_is_manifest(name) != migration_name_is_program(name)));
        if (migration_name_is_valid(name)) {
                law(!migration_name_is_passed_over(name));
                law(!package_entry_is_version_directory(name));
                law(package_entry_explain(name));
                law(package_name_is_valid(name));
        }
}

static void check_entry(const char *name)
{
        const char *explanation = package_entry_explain(name);

        law(!package_entry_is_version_directory(name) || (*name == 'v' && !explanation));
}

static void check_unit(const char *text)
{
        _cleanup_free_ char *escaped = NULL, *again = NULL, *unescaped = NULL;

        law(unit_name_escape(text, &escaped) == 0);
        law(*escaped != '.' && !strchr(escaped, '/') && !strchr(escaped, ' '));
        law(unit_name_unescape(escaped, &again) == 0);
        law(streq(again, text));
        if (unit_name_unescape(text, &unescaped) == 0)
                law(strlen(unescaped) <= strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *name = fuzz_text(data, size);

        check_package(name);
        check_migration(name);
        check_entry(name);
        check_unit(name);
        return 0;
}
