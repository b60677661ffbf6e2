/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dmig_lint(). In: a source tree's directory of migrations. Out: findings: all that the catalog would refuse on a machine, and what can only
 * be found before they are shipped (programs that the kernel can't start, versions above the package's own, risky habits).
 */

#include "catalog/catalog-load.h"
#include "lint/linter.h"
#include "lint/script-answer.h"
#include "lint/script-needs.h"
#include "lint/script-writes.h"
#include "lint/source-check.h"
#include "package/context.h"
#include "phase/reach.h"

#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>

/* The part of a file that the kernel reads to find out how to start it. */
#define HEADER_SIZE 256U

/* The catalog's messages begin with the path, and with the line if they have one. */
static void linter_tell_message(struct linter *linter, int priority, const char *message)
{
        const char *below = str_startswith(message, linter->directory);
        const char *colon = strstr(below ? below : message, ": ");
        _cleanup_free_ char *path = colon ? strndup(message, (size_t)(colon - message)) : NULL;

        if (path)
                linter_tell(linter, priority, path, colon + strlen(": "));
        else
                linter_tell(linter, priority, linter->directory, message);
}

static void linter_tell_error(const struct error *error, void *userdata)
{
        linter_tell_message(userdata, LOG_ERR, error_text(error));
}

/* Returns: why the kernel can't start what begins with @header, or NULL. */
static const char *header_find_fault(const char *header)
{
        const char *interpreter = str_startswith(header, "#!");
        size_t n;

        if (str_startswith(header, "\177ELF"))
                return NULL;
        if (!interpreter)
                return "has no \"#!\" line and is not a binary, so it can't be started; name its interpreter, as in #!/bin/sh";

        interpreter += strspn(interpreter, " \t");
        n = strcspn(interpreter, "\n");
        if (interpreter[0] != '/')
                return "the interpreter after \"#!\" must be an absolute path, as in #!/bin/sh";
        if (interpreter[n - 1] == '\r')
                return "the \"#!\" line ends with a carriage return, so its interpreter isn't found; use Unix line ends";
        return NULL;
}

static int linter_check_start(struct linter *linter, const struct migration *migration)
{
        char header[HEADER_SIZE] = "";
        _cleanup_close_ int fd = -EBADF;
        const char *reason;
        struct stat st;

        /* If it isn't a file, the catalog has said so. */
        if (migration->python_module || (lstat(migration->path, &st) == 0 && !S_ISREG(st.st_mode)))
                return 0;
        fd = open(migration->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || pread(fd, header, sizeof(header) - 1, 0) < 0)
                return linter_tellf(linter, LOG_ERR, migration->path, "can't be read: %s", strerror(errno));

        reason = header_find_fault(header);
        if (reason)
                linter_tell(linter, LOG_ERR, migration->path, reason);
        return 0;
}

static int linter_check_version(struct linter *linter, const struct migration *migration)
{
        const char *since = migration->manifest->since;
        int where = 0;

        if (!linter->version)
                return 0;
        if (!since)
                where = version_range_locate(&linter->range, migration->version);
        else if (version_range_locate_package_version(&linter->range, since, &where) < 0)
                return 0; /* the catalog has said so */
        if (where <= 0)
                return 0;
        return linter_tellf(
                linter, LOG_ERR, migration->path,
                "is for version %s, above the package's own version %s, so it wouldn't run; lower its version or raise the package's",
                since ? since : dmig_semver_get_text(migration->version), linter->version);
}

/* @previous is NULL, or the migration before it. */
static int linter_check_number(struct linter *linter, const struct migration *migration,
                               const struct migration *previous)
{
        if (!previous || previous->version != migration->version || migration->number <= previous->number + 1)
                return 0;
        return linter_tellf(linter, LOG_NOTICE, migration->path,
                            "the previous number in this version is %03u; is one missing?", previous->number);
}

static int linter_check_reach(struct linter *linter, const struct migration *migration)
{
        _cleanup_free_ char *reach = NULL;
        int r;

        r = reach_describe(migration->manifest, &reach);
        if (r < 0 || !reach)
                return r;
        return linter_tellf(
                linter, LOG_NOTICE, migration->path,
                "reaches out (%s): what it does there is in no transaction, so preview doesn't run it, and undo can't take it back",
                reach);
}

static int linter_check_script(struct linter *linter, const struct migration *migration)
{
        _cleanup_script_ struct script script = { 0 };
        int r;

        r = script_read(migration->path, migration->python_module, &script, &linter->ctx->error);
        if (r >= 0)
                r = script_check_answers(linter, migration->path, &script);
        if (r >= 0)
                r = script_check_writes(linter, migration, &script);
        return r < 0 ? r : script_check_needs(linter, migration->path, &script);
}

static int linter_check_migrations(struct linter *linter, const struct catalog *catalog)
{
        int r = 0;

        for (size_t i = 0; i < catalog->n_migrations && r >= 0; i++) {
                const struct migration *migration = &catalog->migrations[i];

                r = linter_check_start(linter, migration);
                if (r >= 0)
                        r = linter_check_version(linter, migration);
                if (r >= 0)
                        r = linter_check_number(linter, migration, i > 0 ? migration - 1 : NULL);
                if (r >= 0)
                        r = linter_check_reach(linter, migration);
                if (r >= 0)
                        r = linter_check_script(linter, migration);
                if (migration->manifest->needs_package)
                        linter_tell(linter, LOG_NOTICE, migration->path,
                                    "needs programs of the package, so it can't be previewed before that is unpacked");
                if (migration->manifest->unrestricted)
                        linter_tell(
                                linter, LOG_NOTICE, migration->path,
                                "\"writes\": \"*\" lets it change the system directly, so a failure leaves its changes half done");
        }
        return r;
}

/* Both lists are in the order of versions. */
static int linter_check_versions(struct linter *linter, const struct catalog *catalog)
{
        size_t next = 0;

        if (catalog->n_versions == 0)
                linter_tell(linter, LOG_ERR, linter->directory, "has no version directory such as v1.2.3 in it");
        for (size_t i = 0; i < catalog->n_versions; i++) {
                size_t first = next;
                _cleanup_free_ char *path = NULL;

                while (next < catalog->n_migrations && catalog->migrations[next].version == catalog->versions[i])
                        next++;
                if (next > first)
                        continue;
                if (asprintf(&path, "%s/v%s", linter->directory, dmig_semver_get_text(catalog->versions[i])) < 0)
                        return -ENOMEM;
                linter_tell(linter, LOG_WARNING, path, "has no migration in it");
        }
        return 0;
}

static int linter_set_version(struct linter *linter, const char *version, struct error *error)
{
        struct deb_version parsed;
        int r;

        if (!version)
                return 0;
        r = deb_version_parse(version, true, &parsed, error);
        if (r < 0)
                return r;
        linter->version = version;
        return version_range_init(&linter->range, version, version, error);
}

static int linter_check(struct linter *linter)
{
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        _cleanup_error_ struct error error = { .tell = linter_tell_error, .userdata = linter };
        int r;

        r = catalog_load_source(linter->directory, linter->source.package, &catalog, &error);
        if (r < 0) {
                error_complete(&error, r);
                return error_setf(&linter->ctx->error, r, "%s", error_text(&error));
        }

        for (size_t i = 0; i < catalog->notices.n; i++)
                linter_tell_message(linter, LOG_WARNING, catalog->notices.list[i]);
        r = linter_check_versions(linter, catalog);
        if (r >= 0)
                r = linter_check_migrations(linter, catalog);
        if (r >= 0)
                r = source_check_fixtures(linter, catalog);
        return r < 0 ? r : source_check_units(linter);
}

int dmig_lint(struct dmig *ctx, const char *directory, const char *version, unsigned flags, dmig_lint_fn fn,
              void *userdata)
{
        _cleanup_(linter_done) struct linter linter = {
                .ctx = ctx,
                .directory = directory,
                .fn = fn,
                .userdata = userdata,
        };
        int r;

        r = context_begin(ctx, flags, 0);
        if (r >= 0)
                r = context_check_argument(ctx, "directory", directory);
        if (r >= 0)
                r = context_check_argument(ctx, "fn", fn ? ctx : NULL);
        if (r >= 0)
                r = linter_set_version(&linter, version, &ctx->error);
        if (r >= 0)
                r = debian_source_find(directory, &linter.source, &ctx->error);
        if (r >= 0)
                r = linter_check(&linter);
        return r < 0 ? context_end(ctx, r) : linter.n_errors;
}
