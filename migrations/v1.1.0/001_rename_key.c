/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Renames the key "colour" to "color" in /etc/<package>/config.json.
 *
 * A template for a migration in C. Keep these habits: check only looks; migrate replaces the file in one step and keeps its
 * owner and mode; a missing file needs no migration; an ambiguous state is an error, not a guess.
 */

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLD_KEY "colour"
#define NEW_KEY "color"

enum { DONE = 0, NOT_DONE = 1, FAILED = 2 };

static char *directory, *path, *temporary;

static int fail(const char *what)
{
        fprintf(stderr, "%s: %s: %s\n", path, what, strerror(errno));
        return FAILED;
}

static int find_config(void)
{
        const char *root = getenv("DPKG_ROOT"), *package = getenv("DEPLOY_MIGRATE_PACKAGE");

        if (!package) {
                fputs("DEPLOY_MIGRATE_PACKAGE isn't set: this is run by deploy-migrate\n", stderr);
                return FAILED;
        }
        if (asprintf(&directory, "%s/etc/%s", root ? root : "", package) < 0 ||
            asprintf(&path, "%s/config.json", directory) < 0 || asprintf(&temporary, "%s.new", path) < 0) {
                fputs("out of memory\n", stderr);
                return FAILED;
        }
        return DONE;
}

static int check(json_object *config)
{
        if (!json_object_object_get_ex(config, OLD_KEY, NULL))
                return DONE;
        if (!json_object_object_get_ex(config, NEW_KEY, NULL))
                return NOT_DONE;
        fprintf(stderr, "%s: has both \"" OLD_KEY "\" and \"" NEW_KEY "\": remove the one that is wrong\n", path);
        return FAILED;
}

/* The new file is complete and on disk before it gets its name: a reader sees the old file or the new one. */
static int replace_config(json_object *config)
{
        struct stat st;
        int fd, r;

        if (stat(path, &st) < 0)
                return fail("can't stat");
        fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return fail("can't create the new file");
        r = json_object_to_fd(fd, config, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (r < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 07777) < 0 || fsync(fd) < 0)
                r = fail("can't write the new file");
        if (close(fd) < 0 && r == 0)
                r = fail("can't write the new file");
        if (r == 0 && rename(temporary, path) < 0)
                r = fail("can't replace");
        return r;
}

static int sync_directory(void)
{
        int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 || fsync(fd) < 0)
                return fail("can't sync its directory");
        close(fd);
        return DONE;
}

static int migrate(json_object *config)
{
        json_object *value = NULL;
        int r;

        r = check(config);
        if (r != NOT_DONE)
                return r;

        json_object_object_get_ex(config, OLD_KEY, &value);
        json_object_object_add(config, NEW_KEY, json_object_get(value));
        json_object_object_del(config, OLD_KEY);
        r = replace_config(config);
        return r == DONE ? sync_directory() : r;
}

int main(int argc, char *argv[])
{
        json_object *config;
        int r;

        if (argc != 2 || (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "migrate") != 0)) {
                fprintf(stderr, "usage: %s check|migrate\n", argv[0]);
                return FAILED;
        }
        r = find_config();
        if (r != DONE)
                return r;
        if (access(path, F_OK) < 0)
                return errno == ENOENT ? DONE : fail("can't access it");

        config = json_object_from_file(path);
        if (!json_object_is_type(config, json_type_object)) {
                const char *reason = config ? "it has another type" : json_util_get_last_err();

                fprintf(stderr, "%s: not a JSON object: %s\n", path, reason ? reason : "it is null");
                return FAILED;
        }
        r = strcmp(argv[1], "check") == 0 ? check(config) : migrate(config);
        json_object_put(config);
        return r;
}
