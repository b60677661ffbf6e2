/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/source.h"

#include "deploy-migrate.h"

#include <limits.h>
#include <stdio.h>

DEFINE_CLEANUP(FILE *, fclose);
DEFINE_CLEANUP(struct dmig_semver *, dmig_semver_free);

/* deb-changelog(5): "package (version) distributions; metadata". */
static int source_read(struct source *source, FILE *changelog, const char *path, struct error *error)
{
        _cleanup_free_ char *line = NULL;
        char *package, *version, *rest = NULL;
        size_t size = 0;
        ssize_t n;

        errno = 0;
        n = getline(&line, &size, changelog);
        if (n < 0 && errno)
                return error_errnof(error, -errno, "can't read %s", path);
        package = n >= 0 ? strtok_r(line, " ", &rest) : NULL;
        version = package ? strtok_r(NULL, " ", &rest) : NULL;
        if (!version || version[0] != '(' || version[strlen(version) - 1] != ')')
                return error_setf(error, -EBADMSG, "%s:1: must begin with 'PACKAGE (VERSION)'", path);
        version[strlen(version) - 1] = '\0';
        return str_replace(&source->package, package) < 0 ? -ENOMEM : str_replace(&source->version, version + 1);
}

/* Returns: 1, 0 if there is no changelog in @directory, or a negative errno. */
static int source_try(struct source *source, const char *directory, struct error *error)
{
        _cleanup_(fclosep) FILE *changelog = NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/debian/changelog", streq(directory, "/") ? "" : directory) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        changelog = fopen(path, "re");
        if (!changelog)
                return errno == ENOENT || errno == ENOTDIR ? 0 : error_errnof(error, -errno, "can't open %s", path);
        r = source_read(source, changelog, path, error);
        if (r >= 0)
                r = str_replace(&source->path, directory);
        return r < 0 ? r : 1;
}

int source_find(const char *directory, struct source *ret, struct error *error)
{
        _cleanup_source_ struct source source = { 0 };
        char path[PATH_MAX];
        int r = 0;

        assert(directory);
        assert(ret);

        if (!realpath(directory, path))
                return error_errnof(error, -errno, "can't find %s", directory);
        while (r == 0 && path[0]) {
                r = source_try(&source, path, error);
                *strrchr(path, '/') = '\0';
        }
        if (r <= 0)
                return r;
        *ret = source;
        source = (struct source){ 0 };
        return r;
}

void source_done(struct source *source)
{
        assert(source);

        free(source->path);
        free(source->package);
        free(source->version);
        *source = (struct source){ 0 };
}

/* ---- Its version ---- */

/* Parses up to three numbers with dots between them. Returns: what follows them. */
static const char *version_take_numbers(const char *p, unsigned long long ret[static 3])
{
        for (size_t i = 0; i < 3 && *p >= '0' && *p <= '9'; i++) {
                char *end;

                ret[i] = strtoull(p, &end, 10);
                p = *end == '.' && i < 2 ? end + 1 : end;
        }
        return p;
}

int source_version_to_semver(const char *version, char **ret, struct error *error)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *parsed = NULL;
        const char *upstream, *colon, *rest, *end;
        _cleanup_free_ char *text = NULL;
        unsigned long long numbers[3] = { 0 };

        assert(version);
        assert(ret);

        colon = strchr(version, ':');
        upstream = colon ? colon + 1 : version;
        end = strrchr(upstream, '-');
        end = end ? end : upstream + strlen(upstream);
        rest = version_take_numbers(upstream, numbers);
        if (asprintf(&text, "%llu.%llu.%llu%s%.*s", numbers[0], numbers[1], numbers[2],
                     rest < end && *rest == '~' ? "-" : "",
                     rest < end && *rest == '~' ? (int)strcspn(rest + 1, "+-") : 0, rest + (rest < end)) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        if (rest == upstream || !(rest >= end || *rest == '~' || *rest == '+') || dmig_semver_parse(text, &parsed) < 0)
                return error_setf(
                        error, -EINVAL,
                        "can't tell which semantic version %s is; give the one that the new format comes with: --version 1.2.3",
                        version);
        *ret = strdup(dmig_semver_get_text(parsed)); /* without blanks */
        return *ret ? 0 : -ENOMEM;
}
