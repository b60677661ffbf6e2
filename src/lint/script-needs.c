/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/script-needs.h"

#include <syslog.h>

#define COMMAND(name) "(^|[;&|({`]|then|do|else|exec|[)!])[ \t]*(" name ")([ \t]|$)"
#define MODULE(name)  "^[ \t]*(import|from)[ \t]+" name "([ \t.,]|$)"

/* What isn't on every Debian system, and that migrations use; any of the packages will do. */
static const struct {
        enum script_language language;
        const char *pattern, *packages[3];
} needs[] = {
        { SCRIPT_SH, COMMAND("jq|json_edit"), { "jq" } },
        { SCRIPT_SH, COMMAND("sqlite3"), { "sqlite3" } },
        { SCRIPT_SH, "(^|[ \t])crudini[ \t]", { "crudini" } },
        { SCRIPT_SH, COMMAND("augtool"), { "augeas-tools" } },
        { SCRIPT_SH, COMMAND("xmlstarlet"), { "xmlstarlet" } },
        { SCRIPT_SH, COMMAND("psql|pg_dump|pg_restore|pg_dumpall"), { "postgresql" } },
        { SCRIPT_SH,
          COMMAND("mariadb|mariadbd|mariadb-dump|mysql|mysqld|mysqldump"),
          { "mariadb", "mysql", "default-mysql" } },
        { SCRIPT_SH, COMMAND("redis-cli|redis-server"), { "redis" } },
        { SCRIPT_SH, COMMAND("slapcat|slapadd"), { "slapd" } },
        { SCRIPT_SH, COMMAND("openssl"), { "openssl" } },
        { SCRIPT_SH, COMMAND("rsync"), { "rsync" } },
        { SCRIPT_SH, COMMAND("python3"), { "python3" } },
        { SCRIPT_PYTHON, MODULE("yaml"), { "python3-yaml" } },
        { SCRIPT_PYTHON, MODULE("ruamel"), { "python3-ruamel.yaml" } },
        { SCRIPT_PYTHON, MODULE("tomlkit"), { "python3-tomlkit" } },
        { SCRIPT_PYTHON, "edit\\([^)]*YAML", { "python3-ruamel.yaml" } },
        { SCRIPT_PYTHON, "edit\\([^)]*TOML", { "python3-tomlkit" } },
};

/* Interpreters of packages that are essential. */
#define ESSENTIAL "^(sh|dash|bash|perl|awk|mawk|sed)$"

static bool source_has_any(const struct debian_source *source, const char *const packages[static 3])
{
        for (size_t i = 0; i < 3 && packages[i]; i++)
                if ((source->package && streq(source->package, packages[i])) ||
                    debian_source_depends(source, packages[i]))
                        return true;
        return false;
}

/* The addon sees to Python itself. */
static bool source_has_interpreter(const struct debian_source *source, const char *name)
{
        _cleanup_free_ char *package = strndup(name, strcspn(name, "0123456789."));

        if (!package || script_match(ESSENTIAL, name, NULL))
                return true;
        if (streq(package, "python") && ((source->addon && debian_source_depends(source, "${misc:Depends}")) ||
                                         debian_source_depends(source, "${python3:Depends}")))
                return true;
        if (streq(package, "python"))
                return debian_source_depends(source, "python3");
        return debian_source_depends(source, streq(package, "node") ? "nodejs" : package);
}

static int script_check_interpreter(struct linter *linter, const char *path, const struct script *script)
{
        const char *name = script->module ? "python3" : script->interpreter ? path_name(script->interpreter) : NULL;

        if (!name || source_has_interpreter(&linter->source, name))
                return 0;
        return linter_tellf(
                linter, LOG_WARNING, path,
                "its interpreter is %s, which %s doesn't depend on; add its package to Depends in debian/control", name,
                linter->source.package);
}

/* Without a package to look at, that it is here has to do. A line that ends with a carriage return is a finding of its own. */
static int script_check_presence(struct linter *linter, const char *path, const struct script *script)
{
        const char *interpreter = script->interpreter;

        if (script->module || !interpreter || interpreter[0] != '/' || strchr(interpreter, '\r') ||
            access(interpreter, F_OK) >= 0 || errno != ENOENT)
                return 0;
        return linter_tellf(
                linter, LOG_WARNING, path,
                "its interpreter %s isn't on this machine; correct its path, or let the package depend on it",
                interpreter);
}

int script_check_needs(struct linter *linter, const char *path, const struct script *script)
{
        int r;

        if (!linter->source.path || !linter->source.package)
                return script_check_presence(linter, path, script);
        r = script_check_interpreter(linter, path, script);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(needs); i++) {
                size_t line = 0;

                while (line < script->lines.n &&
                       !(needs[i].language == script->language &&
                         linter_match(linter, needs[i].pattern, script->lines.list[line], NULL)))
                        line++;
                if (line < script->lines.n && !source_has_any(&linter->source, needs[i].packages)) {
                        _cleanup_free_ char *place = linter_format_place(path, line + 1);

                        if (!place)
                                return -ENOMEM;
                        r = linter_tellf(linter, LOG_WARNING, place,
                                         "needs %s, which %s doesn't depend on; add it to Depends in debian/control",
                                         needs[i].packages[0], linter->source.package);
                }
        }
        return r;
}
