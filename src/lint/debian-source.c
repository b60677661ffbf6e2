/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/debian-source.h"

#include "basic/io.h"
#include "basic/path.h"

#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <strings.h>

#define FILE_SIZE_MAX (1024U * 1024U)

/* ---- Files ---- */

int debian_source_read_file(const char *directory, const char *name, char **ret, struct error *error)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        if (path_join(directory, name, &path) < 0)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
                return 0;
        r = fd < 0 ? -errno : io_read_all(fd, FILE_SIZE_MAX, ret, &size);
        return r < 0 ? error_errnof(error, r, "can't read %s", path) : 1;
}

/* Returns: whether it is an error that the directory can't be read. */
static int glob_judge(const char *path, int code)
{
        (void)path;
        return code != ENOENT && code != ENOTDIR;
}

int debian_source_glob(const char *pattern, struct strv *ret, struct error *error)
{
        glob_t found = { 0 };
        int r = 0, status = glob(pattern, GLOB_BRACE, glob_judge, &found);

        assert(ret);

        if (status == 0)
                r = strv_add_all(ret, found.gl_pathv);
        else if (status != GLOB_NOMATCH)
                r = error_setf(error, status == GLOB_NOSPACE ? -ENOMEM : -EIO,
                               "can't look for %s: a directory can't be read", pattern);
        globfree(&found);
        return r;
}

/* ---- debian/control ---- */

/* Returns: the value of the field @name on the line, or NULL if it is another line. */
static const char *line_get_field(const char *line, const char *name)
{
        size_t n = strlen(name);

        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
                return NULL;
        return line + n + 1 + strspn(line + n + 1, " \t");
}

static int depends_append(struct debian_source *source, const char *text)
{
        char *joined;

        if (asprintf(&joined, "%s%s\n", source->depends ? source->depends : "", text) < 0)
                return -ENOMEM;
        free(source->depends);
        source->depends = joined;
        return 0;
}

/* What the stanza of our package says. Without its name it is the first one if @first, else the only one. */
static int source_parse_control(struct debian_source *source, char *control, bool first)
{
        bool known = first || source->package, ours = false, in_depends = false;
        size_t n = 0;
        char *line;
        int r = 0;

        while (r >= 0 && (line = strsep(&control, "\n"))) {
                const char *name, *depends = NULL;

                for (char *end = line + strlen(line); end > line && isspace((unsigned char)end[-1]); end--)
                        end[-1] = '\0';
                name = line_get_field(line, "Package");
                n += name != NULL;
                if (name && !source->package)
                        r = str_replace(&source->package, name);
                if (r >= 0 && name)
                        ours = streq(name, source->package);
                if (line[0] == ' ' || line[0] == '\t')
                        depends = in_depends ? line : NULL;
                else if (line[0] != '#') {
                        depends = line_get_field(line, "Depends") ?: line_get_field(line, "Pre-Depends");
                        in_depends = depends != NULL;
                }
                if (r >= 0 && ours && depends)
                        r = depends_append(source, depends);
        }
        if (!known && n > 1) {
                free(TAKE_PTR(source->package));
                free(TAKE_PTR(source->depends));
        }
        return r;
}

/* ---- The package that ships the directory ---- */

/* Whether a debian/PACKAGE.migrations has the directory @wanted. */
static int list_has_directory(const char *path, const char *wanted, struct error *error)
{
        _cleanup_free_ char *text = NULL;
        char *line, *rest;
        int r;

        r = debian_source_read_file("", path, &text, error);
        for (rest = text; r > 0 && (line = strsep(&rest, "\n"));) {
                size_t n = strcspn(line, " \t");

                while (n > 0 && line[n - 1] == '/')
                        n--;
                line[n] = '\0';
                if (streq(line, wanted))
                        return 1;
        }
        return r < 0 ? r : 0;
}

/* Returns: 1 if a list has the directory, without a name in @source if it is the first package's; 0 if none has, or a negative errno. */
static int source_find_package(struct debian_source *source, const char *wanted, struct error *error)
{
        _cleanup_free_ char *pattern = NULL;
        _cleanup_strv_ struct strv lists = { 0 };
        int r;

        if (path_join(source->path, "debian/{*.,}migrations", &pattern) < 0)
                return -ENOMEM;
        r = debian_source_glob(pattern, &lists, error);
        for (size_t i = 0; r == 0 && i < lists.n; i++) {
                const char *name = path_name(lists.list[i]), *dot = strrchr(name, '.');

                r = list_has_directory(lists.list[i], wanted, error);
                if (r > 0 && dot && !(source->package = strndup(name, (size_t)(dot - name))))
                        r = -ENOMEM;
        }
        return r;
}

/* ---- The whole ---- */

static int debian_source_read(struct debian_source *source, const char *path, const char *wanted, struct error *error)
{
        _cleanup_free_ char *control = NULL, *rules = NULL;
        int r;

        r = debian_source_read_file(path, "debian/control", &control, error);
        if (r <= 0)
                return r;
        assert(control);
        r = str_replace(&source->path, path);
        if (r >= 0)
                r = debian_source_read_file(path, "debian/rules", &rules, error);
        if (r < 0)
                return r;
        source->addon = strstr(control, "dh-sequence-deploy-migrate") ||
                        (rules && (strstr(rules, "deploy-migrate") || strstr(rules, "deploymigrate")));
        if (source->installed)
                r = str_replace(&source->package, path_name(wanted));
        else
                r = source_find_package(source, wanted, error);
        if (r >= 0)
                r = source_parse_control(source, control, r > 0);
        return r < 0 ? r : 1;
}

int debian_source_find(const char *directory, struct debian_source *ret, struct error *error)
{
        struct debian_source source = { 0 };
        char path[PATH_MAX], whole[PATH_MAX];
        int r = 0;

        assert(directory);
        assert(ret);

        if (!realpath(directory, path))
                return 0; /* whoever reads it says why */
        memcpy(whole, path, sizeof(whole));
        source.installed = strstr(path, VENDOR_DIR "/") != NULL;
        while (r == 0 && path[0]) {
                const char *below = path_startswith(whole, path);

                r = debian_source_read(&source, path, below, error);
                *strrchr(path, '/') = '\0';
        }
        *ret = source;
        return r;
}

void debian_source_done(struct debian_source *source)
{
        assert(source);

        free(source->path);
        free(source->package);
        free(source->depends);
        *source = (struct debian_source){ 0 };
}

bool debian_source_depends(const struct debian_source *source, const char *name)
{
        size_t n = strlen(name);

        for (const char *p = source->depends; p && (p = strstr(p, name)); p++)
                if ((p == source->depends || strchr(" \t\n,|", p[-1])) && !isalpha((unsigned char)p[n]))
                        return true;
        return false;
}
