/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dmig_list_packages(). In: the directories of migrations and of histories. Out: the names of both, sorted. */

#include "basic/io.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "catalog/migration-name.h"
#include "history/history.h"
#include "package/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <syslog.h>

/* A link counts as one: whoever reads the package says what is wrong with it. Returns: 1, 0 or a negative errno. */
static int entry_is_directory(DIR *dir, const struct dirent *entry)
{
        struct stat st;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR || entry->d_type == DT_LNK;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno; /* gone since it was listed */
        return S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode);
}

/* Returns: 0, or a negative errno. */
static int names_add_entry(struct strv *names, struct dmig *ctx, const char *path, const char *name)
{
        if (package_name_is_valid(name))
                return strv_add(names, name);
        context_log(ctx, LOG_WARNING, NULL, "%s%s/%s is ignored: not a package name", ctx->root.path, path, name);
        return 0;
}

static int names_explain(struct dmig *ctx, const char *path, int code)
{
        if (history_is_denied(code) && streq(path, STATE_DIR))
                return error_setf(&ctx->error, code, "can't read %s%s: " HISTORY_DENIED, ctx->root.path, path);
        return error_setf(&ctx->error, code, "can't read %s%s: %s; make it a directory that can be read, and try again",
                          ctx->root.path, path, strerror(-code));
}

/* A directory that doesn't exist has no packages. */
static int names_add_directory(struct strv *names, struct dmig *ctx, const char *path)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int fd, r = 0;

        fd = root_open_present(&ctx->root, path, O_RDONLY | O_DIRECTORY);
        if (fd == -ENOENT)
                return 0;
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                r = fd < 0 ? fd : -errno;
                fd_closep(&fd);
                return names_explain(ctx, path, r);
        }

        while (r >= 0 && (errno = 0, entry = readdir(dir))) {
                r = entry->d_name[0] == '.' ? 0 : entry_is_directory(dir, entry);
                if (r > 0)
                        r = names_add_entry(names, ctx, path, entry->d_name);
        }
        if (r >= 0)
                r = -errno;
        return r < 0 ? names_explain(ctx, path, r) : 0;
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
