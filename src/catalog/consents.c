/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/consents.h"

#include "basic/path.h"
#include "catalog/migration-name.h"
#include "catalog/trusted-directory.h"

#include <stdio.h>

#define CONSENTS_NAME     "consent"
#define CONSENTS_SIZE_MAX (1024U * 1024U)
#define BLANKS            " \t\r"

struct consents_reader {
        struct consents *consents;
        const char *package;
        char *path;    /* owned */
        char *text;    /* owned */
        size_t number; /* of the line */
};

static void consents_reader_done(struct consents_reader *reader)
{
        free(reader->path);
        free(reader->text);
}

static int consents_refuse(const struct consents_reader *reader, const char *word, const char *reason,
                           struct error *error)
{
        return error_setf(error, -EBADMSG,
                          "%s:%zu: '%s' %s; a line has a package, or a package and the id of one of its migrations",
                          reader->path, reader->number, word, reason);
}

/* Adds what the line says of the package; what follows a '#' doesn't count. */
static int consents_read_line(const struct consents_reader *reader, char *line, struct error *error)
{
        char *rest = NULL, *name, *id, *more;

        line[strcspn(line, "#")] = '\0';
        name = strtok_r(line, BLANKS, &rest);
        if (!name)
                return 0;
        id = strtok_r(NULL, BLANKS, &rest);
        more = id ? strtok_r(NULL, BLANKS, &rest) : NULL;
        if (!package_name_is_valid(name))
                return consents_refuse(reader, name, "isn't a package name", error);
        if (id && !strchr(id, '/'))
                return consents_refuse(reader, id, "isn't the id of a migration", error);
        if (more)
                return consents_refuse(reader, more, "is one word too many", error);
        if (!streq(name, reader->package))
                return 0;
        if (id)
                return strv_add(&reader->consents->ids, id);
        reader->consents->all = true;
        return 0;
}

static int consents_read_lines(struct consents_reader *reader, struct error *error)
{
        char *rest = reader->text, *line;
        int r = 0;

        while (r >= 0 && (line = strsep(&rest, "\n"))) {
                reader->number++;
                r = error_pass(error, consents_read_line(reader, line, error));
        }
        strv_sort(&reader->consents->ids);
        return r;
}

static int consents_read_file(struct consents *consents, const char *package, const struct trusted_directory *directory,
                              struct error *error)
{
        _cleanup_(consents_reader_done) struct consents_reader reader = { .consents = consents, .package = package };
        const struct trusted_file file = { CONSENTS_NAME, CONSENTS_SIZE_MAX };
        size_t size;
        int r;

        r = trusted_directory_look_for(directory, CONSENTS_NAME, error);
        if (r <= 0)
                return r;
        r = trusted_directory_read_file(directory, &file, &reader.text, &size, error);
        if (r >= 0)
                r = path_join(directory->path, CONSENTS_NAME, &reader.path);
        if (r < 0)
                return r;
        if (strlen(reader.text) < size)
                return error_setf(error, -EBADMSG, "%s: has a NUL byte in it; it must be a text file", reader.path);
        return consents_read_lines(&reader, error);
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
        if (r < 0 && r != -ENOENT) /* without a file there is none */
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
