/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/mountinfo.h"
#include "basic/array.h"
#include "basic/io.h"
#include "basic/path-escape.h"
#include "basic/path.h"
#include "fs/subvolumes.h"

#include <fcntl.h>
#include <poll.h>

#define MOUNTINFO_PATH "/proc/self/mountinfo"
#define MOUNTINFO_MAX  ((size_t)64 * 1024 * 1024)

static void mount_point_done(struct mount_point *point)
{
        free(point->path);
        free(point->type);
        *point = (struct mount_point){ 0 };
}

struct mountinfo *mountinfo_free(struct mountinfo *mounts)
{
        if (!mounts)
                return NULL;
        for (size_t i = 0; i < mounts->n; i++)
                mount_point_done(&mounts->points[i]);
        free(mounts->points);
        fd_closep(&mounts->fd);
        free(mounts);
        return NULL;
}

/* The options of a mount and those of a file system both start with ro or rw. */
static bool mount_options_read_only(const char *options)
{
        const char *rest = str_startswith(options, "ro");

        return rest && (*rest == '\0' || *rest == ',');
}

/* Splits the next @n words off @line. Returns: whether there were as many. */
static bool line_take_words(char **line, char **words, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                words[i] = strsep(line, " ");
                if (!words[i])
                        return false;
        }
        return true;
}

/* FUSE alone says for whom a file system is mounted. */
static uid_t mount_options_user(const char *type, const char *options)
{
        static const char key[] = ",user_id=";
        const char *found = str_startswith(type, "fuse") ? strstr(options, key) : NULL;

        return found ? (uid_t)strtoul(found + strlen(key), NULL, 10) : 0;
}

enum { WORD_ID, WORD_PARENT, WORD_DEVICE, WORD_ROOT, WORD_PATH, WORD_OPTIONS, N_WORDS };
enum { TAIL_TYPE, TAIL_SOURCE, TAIL_OPTIONS, N_TAIL };

static int mount_point_parse(char *line, struct mount_point *ret)
{
        char *words[N_WORDS], *tail[N_TAIL], *tag;
        int r;

        if (!line_take_words(&line, words, N_WORDS))
                return -EBADMSG;
        do
                tag = strsep(&line, " ");
        while (tag && !streq(tag, "-"));
        if (!tag || !line_take_words(&line, tail, N_TAIL))
                return -EBADMSG;

        *ret = (struct mount_point){
                .id = atoi(words[WORD_ID]),
                .parent = atoi(words[WORD_PARENT]),
                .type = strdup(tail[TAIL_TYPE]),
                .read_only =
                        mount_options_read_only(words[WORD_OPTIONS]) || mount_options_read_only(tail[TAIL_OPTIONS]),
                .user = mount_options_user(tail[TAIL_TYPE], tail[TAIL_OPTIONS]),
                .indirect = streq(tail[TAIL_TYPE], "autofs") && strstr(tail[TAIL_OPTIONS], ",indirect"),
        };
        r = ret->type ? path_unescape(words[WORD_PATH], &ret->path) : -ENOMEM;
        if (r >= 0 && ret->path[0] != '/')
                r = -EBADMSG;
        if (r < 0)
                mount_point_done(ret);
        return r;
}

static int mountinfo_parse_lines(struct mountinfo *mounts, char *text)
{
        char *line;
        int r = 0;

        while (r >= 0 && (line = strsep(&text, "\n")) && *line) {
                struct mount_point *grown = array_grow(mounts->points, mounts->n, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                mounts->points = grown;
                r = mount_point_parse(line, &grown[mounts->n]);
                if (r >= 0)
                        mounts->n++;
        }
        return r;
}

/* Whether no other mount covers a directory on the way to @point. */
static bool mountinfo_reaches(const struct mountinfo *mounts, const struct mount_point *point)
{
        /* A table in which mounts are attached to each other in a circle isn't the kernel's, but must not be the end of us. */
        for (size_t depth = 0; point && depth <= mounts->n; depth++) {
                const struct mount_point *parent = NULL;

                for (const struct mount_point *p = mounts->points; p < mounts->points + mounts->n; p++) {
                        if (p != point && p->parent == point->parent && path_startswith(point->path, p->path))
                                return false;
                        if (p != point && p->id == point->parent)
                                parent = p;
                }
                point = parent;
        }
        return true;
}

/* Whether another mount covers @point itself. */
static bool mountinfo_covers(const struct mountinfo *mounts, const struct mount_point *point)
{
        for (const struct mount_point *p = mounts->points; p < mounts->points + mounts->n; p++)
                if (p != point && p->parent == point->id && streq(p->path, point->path))
                        return true;
        return false;
}

static int mountinfo_drop_hidden(struct mountinfo *mounts)
{
        _cleanup_free_ bool *hidden = NULL;
        size_t n = 0;

        hidden = calloc(mounts->n + 1, sizeof(*hidden));
        if (!hidden)
                return -ENOMEM;
        for (size_t i = 0; i < mounts->n; i++)
                hidden[i] =
                        mountinfo_covers(mounts, &mounts->points[i]) || !mountinfo_reaches(mounts, &mounts->points[i]);
        for (size_t i = 0; i < mounts->n; i++) {
                if (hidden[i])
                        mount_point_done(&mounts->points[i]);
                else
                        mounts->points[n++] = mounts->points[i];
        }
        mounts->n = n;
        return 0;
}

int mountinfo_parse(const char *text, struct mountinfo **ret)
{
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        _cleanup_free_ char *copy = NULL;
        int r;

        assert(text);
        assert(ret);

        mounts = malloc(sizeof(*mounts));
        if (!mounts)
                return -ENOMEM;
        *mounts = (struct mountinfo){ .fd = -EBADF };
        copy = strdup(text);
        if (!copy)
                return -ENOMEM;

        r = mountinfo_parse_lines(mounts, copy);
        if (r >= 0)
                r = mountinfo_drop_hidden(mounts);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(mounts);
        return 0;
}

int mountinfo_read(struct mountinfo **ret)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = io_read_all(fd, MOUNTINFO_MAX, &text, &size);
        if (r >= 0)
                r = mountinfo_parse(text, ret);
        if (r >= 0)
                (*ret)->fd = TAKE_FD(fd);
        return r;
}

int mountinfo_explain(int r, struct error *error)
{
        return error_setf(error, r, "can't read the mount table " MOUNTINFO_PATH ": %s; mount /proc", strerror(-r));
}

/* Asking that takes the kernel much less than printing the table. */
static bool mountinfo_is_current(const struct mountinfo *mounts)
{
        struct pollfd fd = { .fd = mounts->fd, .events = POLLPRI };

        return mounts->fd >= 0 && poll(&fd, 1, 0) == 0;
}

int mountinfo_renew(struct mountinfo **mounts, struct error *error)
{
        struct mountinfo *fresh;
        int r;

        assert(mounts);

        if (*mounts && mountinfo_is_current(*mounts))
                return 0;
        r = mountinfo_read(&fresh);
        if (r < 0)
                return mountinfo_explain(r, error);
        mountinfo_free(*mounts);
        *mounts = fresh;
        return 0;
}

const struct mount_point *mountinfo_find(const struct mountinfo *mounts, const char *path)
{
        const struct mount_point *found = NULL;

        assert(mounts);
        assert(path);

        for (const struct mount_point *p = mounts->points; p < mounts->points + mounts->n; p++)
                if (path_startswith(path, p->path) && (!found || path_startswith(p->path, found->path)))
                        found = p;
        return found;
}

/* ---- Subvolumes ---- */

static int mountinfo_add_subvolume(const char *path, bool read_only, void *userdata)
{
        struct mountinfo *mounts = userdata;
        struct mount_point *grown = array_grow(mounts->points, mounts->n, sizeof(*grown));
        struct mount_point *point;

        if (!grown)
                return -ENOMEM;
        mounts->points = grown;
        for (size_t i = 0; i < mounts->n; i++)
                if (streq(grown[i].path, path))
                        return 0;
        point = &grown[mounts->n];
        *point = (struct mount_point){ .path = strdup(path), .type = strdup("btrfs"), .read_only = read_only };
        if (!point->path || !point->type) {
                mount_point_done(point);
                return -ENOMEM;
        }
        mounts->n++;
        return 0;
}

int mountinfo_add_subvolumes(struct mountinfo *mounts, const char *path)
{
        const struct subvolume_visitor visitor = { mountinfo_add_subvolume, mounts };
        const struct mount_point *mount = mountinfo_find(mounts, path);
        int r;

        if (!mount || !streq(mount->type, "btrfs") || mount->read_only)
                return 0;
        r = subvolumes_visit_above(path, mount->path, &visitor);
        return r < 0 ? r : subvolumes_visit_below(path, &visitor);
}

/* ---- Kinds of mounts ---- */

static bool mount_point_has_type(const struct mount_point *mount, const char *const *types, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (streq(types[i], mount->type))
                        return true;
        return false;
}

bool mount_point_is_pseudo(const struct mount_point *mount)
{
        static const char *const types[] = {
                "autofs",    "binfmt_misc", "bpf",      "cgroup",     "cgroup2", "configfs",   "debugfs",
                "devpts",    "devtmpfs",    "efivarfs", "functionfs", "fusectl", "hugetlbfs",  "mqueue",
                "nfsd",      "nsfs",        "proc",     "pstore",     "resctrl", "rpc_pipefs", "securityfs",
                "selinuxfs", "smackfs",     "sysfs",    "tracefs",
        };

        assert(mount);

        return mount_point_has_type(mount, types, ELEMENTSOF(types));
}

bool mount_point_is_automount(const struct mount_point *mount)
{
        assert(mount);

        return streq(mount->type, "autofs");
}

bool mount_point_is_remote(const struct mount_point *mount)
{
        static const char *const types[] = {
                "9p", "afs", "ceph", "cifs", "coda", "fuse", "glusterfs", "lustre", "nfs", "nfs4", "smb3",
        };

        assert(mount);

        return str_startswith(mount->type, "fuse.") || mount_point_has_type(mount, types, ELEMENTSOF(types));
}
