/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/consents.h"

#include "basic/path.h"
#include "catalog/migration-name.h"
#include "catalog/trusted-directory.h"

#include <stdio.h>

#define CONSENTS_NAME     "consent"
#define CONSENTS_SIZE_MAX (1024U * 1024U)
#define BLANKS            " \t\r"

/* A line and where it is. */
struct consents_line {
        char *text;
        const char *path;
        size_t number;
};

static int consents_refuse(const struct consents_line *line, const char *word, const char *reason, struct error *error)
{
        return error_setf(error, -EBADMSG,
                          "%s:%zu: '%s' %s; a line has a package, or a package and the id of one of its migrations",
                          line->path, line->number, word, reason);
}

/* Adds what the line says of @package; text after a '#' doesn't count. */
static int consents_read_line(struct consents *consents, const char *package, const struct consents_line *line,
                              struct error *error)
{
        char *rest = NULL, *name, *id, *more;

        line->text[strcspn(line->text, "#")] = '\0';
        name = strtok_r(line->text, BLANKS, &rest);
        if (!name)
                return 0;
        id = strtok_r(NULL, BLANKS, &rest);
        more = id ? strtok_r(NULL, BLANKS, &rest) : NULL;
        if (!package_name_is_valid(name))
                return consents_refuse(line, name, "isn't a package name", error);
        if (id && !strchr(id, '/'))
                return consents_refuse(line, id, "isn't the id of a migration", error);
        if (more)
                return consents_refuse(line, more, "is one word too many", error);
        if (!streq(name, package))
                return 0;
        if (id)
                return strv_add(&consents->ids, id);
        consents->all = true;
        return 0;
}

static int consents_parse(struct consents *consents, const char *package, const char *path, char *text,
                          struct error *error)
{
        struct consents_line line = { .path = path };
        int r = 0;

        while (r >= 0 && (line.text = strsep(&text, "\n"))) {
                line.number++;
                r = error_pass(error, consents_read_line(consents, package, &line, error));
        }
        return r;
}

static int consents_read_file(struct consents *consents, const char *package, const struct trusted_directory *directory,
                              struct error *error)
{
        const struct trusted_file file = { CONSENTS_NAME, CONSENTS_SIZE_MAX };
        _cleanup_free_ char *text = NULL, *path = NULL;
        size_t size;
        int r;

        r = trusted_directory_look_for(directory, CONSENTS_NAME, error);
        if (r <= 0)
                return r;
        r = trusted_directory_read_file(directory, &file, &text, &size, error);
        if (r >= 0)
                r = path_join(directory->path, CONSENTS_NAME, &path);
        if (r < 0)
                return r;
        if (strlen(text) < size)
                return error_setf(error, -EBADMSG, "%s: has a NUL byte in it; it must be a text file", path);
        r = consents_parse(consents, package, path, text, error);
        strv_sort(&consents->ids);
        return r;
}

int consents_read(const struct root *root, const char *package, struct consents *ret, struct error *error)
{
        _cleanup_trusted_directory_ struct trusted_directory directory = TRUSTED_DIRECTORY_NONE;
        _cleanup_(consents_done) struct consents consents = { 0 };
        int r;

        assert(root);
        assert(package);
        assert(ret);

        r = trusted_directory_open(root, ADMIN_DIR, &directory, error);
        if (r >= 0)
                r = consents_read_file(&consents, package, &directory, error);
        if (r < 0 && r != -ENOENT)
                return r;
        *ret = consents;
        consents = (struct consents){ 0 };
        return 0;
}

bool consents_have(const struct consents *consents, const char *id)
{
        assert(consents);
        assert(id);

        return consents->all || strv_has(&consents->ids, id);
}

void consents_done(struct consents *consents)
{
        assert(consents);

        strv_done(&consents->ids);
        *consents = (struct consents){ 0 };
}
