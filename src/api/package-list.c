/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which packages there are for us: those that ship migrations, and those that have a history. */

#include "basic/array.h"
#include "basic/io.h"
#include "catalog/migration-name.h"
#include "history/history.h"
#include "package/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <syslog.h>

struct names {
        char **list;
        size_t n;
};

static void names_done(struct names *names)
{
        for (size_t i = 0; i < names->n; i++)
                free(names->list[i]);
        free(names->list);
}

static int add_name(struct names *names, const char *name)
{
        char **grown = array_grow(names->list, names->n, sizeof(char *));
        char *copy = strdup(name);

        if (grown)
                names->list = grown;
        if (!grown || !copy) {
                free(copy);
                return -ENOMEM;
        }
        grown[names->n++] = copy;
        return 0;
}

static bool is_directory(DIR *dir, const struct dirent *entry)
{
        struct stat st;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR || entry->d_type == DT_LNK;
        return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Where there is no such directory there are no packages. */
static int add_directory(struct dmig *ctx, const char *path, struct names *names)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int fd, r = 0;

        fd = root_open(&ctx->root, path, O_RDONLY | O_DIRECTORY);
        if (fd == -ENOENT)
                return 0;
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir)
                return error_errnof(&ctx->error, fd < 0 ? fd : -errno, "can't open %s%s", ctx->root.path, path);

        while (r >= 0 && (errno = 0, entry = readdir(dir))) {
                if (entry->d_name[0] == '.' || !is_directory(dir, entry))
                        continue;
                if (package_name_is_valid(entry->d_name))
                        r = add_name(names, entry->d_name);
                else
                        context_log(ctx, LOG_WARNING, NULL, "%s%s/%s is left out: that is no package name",
                                    ctx->root.path, path, entry->d_name);
        }
        if (r >= 0 && errno != 0)
                r = error_errnof(&ctx->error, -errno, "can't read %s%s", ctx->root.path, path);
        return r;
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each name once, ended by NULL. */
static int settle(struct names *names)
{
        char **ended;
        size_t n = 0;

        if (names->n > 0)
                qsort(names->list, names->n, sizeof(char *), compare);
        for (size_t i = 0; i < names->n; i++)
                if (n > 0 && streq(names->list[n - 1], names->list[i]))
                        free(names->list[i]);
                else
                        names->list[n++] = names->list[i];
        names->n = n;

        ended = reallocarray(names->list, n + 1, sizeof(char *));
        if (!ended)
                return -ENOMEM;
        ended[n] = NULL;
        names->list = ended;
        return 0;
}

static int copy_names(const struct names *names, char ***ret)
{
        char **copy = calloc(names->n + 1, sizeof(char *));

        for (size_t i = 0; copy && i < names->n; i++) {
                copy[i] = strdup(names->list[i]);
                if (!copy[i]) {
                        dmig_names_free(copy);
                        return -ENOMEM;
                }
        }
        *ret = copy;
        return copy ? 0 : -ENOMEM;
}

int dmig_list_packages(struct dmig *ctx, char ***ret)
{
        _cleanup_(names_done) struct names names = { 0 };
        char **list;
        int r;

        r = add_directory(ctx, VENDOR_DIR, &names);
        if (r >= 0)
                r = add_directory(ctx, STATE_DIR, &names);
        if (r >= 0)
                r = settle(&names);
        if (r >= 0)
                r = copy_names(&names, &list);
        if (r < 0)
                return r;

        r = (int)names.n;
        dmig_names_free(ctx->names);
        ctx->names = names.list;
        names = (struct names){ 0 };
        *ret = list;
        return r;
}

char **dmig_names_free(char **names)
{
        for (char **name = names; name && *name; name++)
                free(*name);
        free(names);
        return NULL;
}
