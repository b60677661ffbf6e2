/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/covers.h"

#include "basic/array.h"
#include "basic/io.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "stage/mountinfo.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

/* In "/": programs and settings, in which the FHS allows no sockets; the kernel's file systems; what is private in the sandbox. */
static const char *const uncovered[] = {
        "/bin",    "/boot", "/dev", "/etc",  "/lib", "/lib32", "/lib64",
        "/libx32", "/proc", "/run", "/sbin", "/sys", "/tmp",   "/usr",
};

struct cover_list {
        const struct root *root;
        const struct stage_mounts *mounts;
        const struct mountinfo *table;
        struct covers covers;
};

void covers_done(struct covers *covers)
{
        for (size_t i = 0; i < covers->n; i++)
                free(covers->covers[i].path);
        free(covers->covers);
        *covers = (struct covers){ 0 };
}

static bool path_is_uncovered(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(uncovered); i++)
                if (path_is_within(path, uncovered[i]))
                        return true;
        return false;
}

/* Takes @path. */
static int cover_list_take(struct cover_list *list, char *path, enum sandbox_cover_type type)
{
        struct sandbox_cover *grown = path ? array_grow(list->covers.covers, list->covers.n, sizeof(*grown)) : NULL;

        if (!grown) {
                free(path);
                return -ENOMEM;
        }
        list->covers.covers = grown;
        grown[list->covers.n++] = (struct sandbox_cover){ .path = path, .type = type };
        return 0;
}

static bool cover_list_contains(const struct cover_list *list, const char *path)
{
        for (size_t i = 0; i < list->covers.n; i++)
                if (path_is_within(path, list->covers.covers[i].path))
                        return true;
        return stage_mounts_contain(list->mounts, path);
}

static bool cover_list_has_area(const struct cover_list *list, const char *path)
{
        for (size_t i = 0; i < list->mounts->n; i++)
                if (streq(path, list->mounts->mounts[i].path))
                        return true;
        return false;
}

static bool cover_list_has_mount(const struct cover_list *list, const char *path)
{
        const struct mount_point *mount = mountinfo_find(list->table, path);

        return mount && streq(path, mount->path);
}

/* Adds the entry of "/" unless it needs no cover. Mounts are added from the table. */
static int cover_list_add_entry(struct cover_list *list, DIR *slash, const struct dirent *entry)
{
        _cleanup_free_ char *path = NULL;
        int r;

        assert(slash && entry);
        r = beneath_type(slash, entry);
        if (r != DT_DIR)
                return r < 0 ? r : 0;
        if (asprintf(&path, "/%s", entry->d_name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (path_is_uncovered(path) || cover_list_has_area(list, path) || cover_list_has_mount(list, path))
                return 0;
        r = beneath_is_empty(dirfd(slash), entry->d_name);
        if (r == -ENOENT ||
            r == -EACCES) /* gone since it was listed; or of a user outside, and closed to a migration, too */
                return 0;
        return r != 0 ? (r < 0 ? r : 0) : cover_list_take(list, TAKE_PTR(path), SANDBOX_COVER_ENTRY);
}

static int cover_list_add_entries(struct cover_list *list)
{
        _cleanup_close_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(closedirp) DIR *slash = NULL;
        const struct dirent *entry;
        int r;

        r = fd < 0 ? -errno : beneath_open_entries(fd, "", &slash);
        while (r >= 0 && (r = beneath_next(slash, &entry)) > 0)
                r = cover_list_add_entry(list, slash, entry);
        return r < 0 ? r : 0;
}

static enum sandbox_cover_type mount_point_get_cover(const struct mount_point *mount)
{
        if (streq(mount->type, "proc"))
                return SANDBOX_COVER_PROC;
        return mount_point_is_pseudo(mount) || mount_point_is_remote(mount) ? SANDBOX_COVER_AS_IS
                                                                            : SANDBOX_COVER_OVERLAY;
}

/*
 * A socket or a fifo that is mounted by itself had better stay hidden. Returns: 1, 0, also if it was unmounted meanwhile, or is on a file system
 * that fails and so stays as it is, or a negative errno.
 */
static int mount_point_is_channel(const struct mount_point *mount, enum sandbox_cover_type type)
{
        struct stat st;

        if (type != SANDBOX_COVER_OVERLAY)
                return 0;
        if (lstat(mount->path, &st) < 0)
                return errno == ENOENT || errno == EACCES || errno == EIO ? 0 : -errno;
        return S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode);
}

/* Each mount that another cover or an overlay would hide, or in which there may be sockets. */
static int cover_list_add_mounts(struct cover_list *list)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < list->table->n; i++) {
                const struct mount_point *mount = &list->table->points[i];
                bool in_root = list->root->path[0] && path_is_within(mount->path, list->root->path);
                enum sandbox_cover_type type = mount_point_get_cover(mount);

                if (streq(mount->path, "/") || cover_list_has_area(list, mount->path) ||
                    (path_is_uncovered(mount->path) && !in_root))
                        continue;
                r = mount_point_is_channel(mount, type);
                if (r == 0)
                        r = cover_list_take(list, strdup(mount->path), type);
        }
        return r;
}

static int sandbox_cover_compare(const void *a, const void *b)
{
        return path_compare(((const struct sandbox_cover *)a)->path, ((const struct sandbox_cover *)b)->path);
}

static int cover_list_fill(struct cover_list *list)
{
        const char *root = list->root->path;
        int r;

        r = cover_list_add_entries(list);
        if (r >= 0)
                r = cover_list_add_mounts(list);
        if (r >= 0 && root[0] && !cover_list_contains(list, root))
                r = cover_list_take(list, strdup(root), SANDBOX_COVER_OVERLAY);
        if (r >= 0 && list->covers.n > 1)
                qsort(list->covers.covers, list->covers.n, sizeof(*list->covers.covers), sandbox_cover_compare);
        return r;
}

int covers_list(const struct root *root, const struct stage_mounts *mounts, struct covers *ret, struct error *error)
{
        _cleanup_(mountinfo_freep) struct mountinfo *table = NULL;
        struct cover_list list = { .root = root, .mounts = mounts };
        int r;

        assert(root);
        assert(mounts);
        assert(ret);

        r = mountinfo_read(&table);
        list.table = table;
        if (r >= 0)
                r = cover_list_fill(&list);
        if (r < 0) {
                covers_done(&list.covers);
                return error_errnof(error, r, "can't list the directories in which daemons have sockets");
        }
        *ret = list.covers;
        return 0;
}
