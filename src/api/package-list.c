/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dmig_list_packages(). In: the directories of migrations and of histories. Out: the names of both, sorted. */

#include "basic/io.h"
#include "basic/strv.h"
#include "catalog/migration-name.h"
#include "history/history.h"
#include "package/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <syslog.h>

static bool entry_is_directory(DIR *dir, const struct dirent *entry)
{
        struct stat st;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR || entry->d_type == DT_LNK;
        return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* A directory that doesn't exist has no packages. */
static int names_add_directory(struct strv *names, struct dmig *ctx, const char *path)
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
                if (entry->d_name[0] == '.' || !entry_is_directory(dir, entry))
                        continue;
                if (package_name_is_valid(entry->d_name))
                        r = strv_add(names, entry->d_name);
                else
                        context_log(ctx, LOG_WARNING, NULL, "%s%s/%s is ignored: not a package name", ctx->root.path,
                                    path, entry->d_name);
        }
        if (r >= 0 && errno != 0)
                r = error_errnof(&ctx->error, -errno, "can't read %s%s", ctx->root.path, path);
        return r;
}

int dmig_list_packages(struct dmig *ctx, char ***ret)
{
        _cleanup_strv_ struct strv names = { 0 }, copy = { 0 };
        int r;

        r = context_begin(ctx, 0, 0);
        if (r >= 0)
                r = context_check_argument(ctx, "ret", ret);
        if (r >= 0)
                r = names_add_directory(&names, ctx, VENDOR_DIR);
        if (r >= 0)
                r = names_add_directory(&names, ctx, STATE_DIR);
        strv_sort(&names);
        if (r >= 0)
                r = strv_add_all(&copy, names.list);
        if (r >= 0 && !copy.list)
                r = (copy.list = calloc(1, sizeof(char *))) ? 0 : -ENOMEM;
        if (r < 0)
                return context_end(ctx, r);

        strv_done(&ctx->names);
        ctx->names = names;
        names = (struct strv){ 0 };
        *ret = TAKE_PTR(copy.list);
        return (int)ctx->names.n;
}

char **dmig_names_free(char **names)
{
        return strv_free(names);
}
