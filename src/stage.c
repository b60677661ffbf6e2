/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage.h"

#include "attributes.h"
#include "below.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/statvfs.h>

/* Says what could not be done with which directory. Returns: @code. */
static int stage_failed(int dir, int code, const char *what, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        if (fd_get_path(dir, &path) < 0)
                return code;
        return error_errnof(error, code, "can't %s %s", what, path);
}

/* ---- Making one ---- */

/* Opened by one who may replace it, the root has the attributes of what it lies over. */
static int make_upper(struct stage *stage, size_t i)
{
        _cleanup_attributes_ struct attributes attributes = { 0 };
        int over = stage->below ? stage->below->uppers[i] : stage->areas->areas[i].fd, r;
        char name[64];

        snprintf(name, sizeof(name), "areas/%zu/upper", i);
        r = stage->uppers[i] = below_make_directories(stage->dir, name);
        if (r >= 0)
                r = attributes_read(over, &attributes);
        return r < 0 ? r : attributes_apply(stage->uppers[i], &attributes);
}

/* The clock of files ticks more slowly than the others do: a file that is made now could seem to be older than now. */
static int note_begin(struct stage *stage)
{
        struct stat st;

        if (futimens(stage->dir, NULL) < 0 || fstat(stage->dir, &st) < 0)
                return -errno;
        stage->begin = st.st_mtim;
        return 0;
}

static int make_uppers(struct stage *stage)
{
        int r = 0;

        stage->uppers = malloc((stage->areas->n + 1) * sizeof(int));
        stage->made = calloc(stage->areas->n + 1, sizeof(char **));
        if (!stage->uppers || !stage->made)
                return -ENOMEM;
        for (size_t i = 0; i < stage->areas->n; i++)
                stage->uppers[i] = -EBADF;
        for (size_t i = 0; r >= 0 && i < stage->areas->n; i++)
                r = make_upper(stage, i);
        return r < 0 ? r : note_begin(stage);
}

int stage_new(int state, const char *name, const struct areas *areas, const struct stage *below, struct stage **ret,
              struct error *error)
{
        _cleanup_(stage_freep) struct stage *stage = NULL;
        int r;

        stage = malloc(sizeof(*stage));
        if (!stage)
                return -ENOMEM;
        *stage = (struct stage){ .dir = -EBADF, .areas = areas, .below = below };

        r = below_remove(state, name);
        if (r < 0)
                return stage_failed(state, r, "remove an earlier stage in", error);
        r = stage->dir = below_make_directories(state, name);
        if (r < 0)
                return stage_failed(state, r, "make a stage in", error);
        r = make_uppers(stage);
        if (r < 0)
                return stage_failed(stage->dir, r, "make the upper layers of", error);
        *ret = TAKE_PTR(stage);
        return 0;
}

static void free_list(char **list)
{
        for (char **string = list; string && *string; string++)
                free(*string);
        free(list);
}

struct stage *stage_free(struct stage *stage)
{
        if (!stage)
                return NULL;
        for (size_t i = 0; stage->uppers && i < stage->areas->n; i++)
                closep(&stage->uppers[i]);
        for (size_t i = 0; stage->made && i < stage->areas->n; i++)
                free_list(stage->made[i]);
        closep(&stage->dir);
        free(stage->uppers);
        free(stage->made);
        free(stage);
        return NULL;
}

/* ---- Default directories ---- */

struct defaults {
        int upper;
        int lower; /* what lies below the stage */
        char ***made;
};

static int add_made(const struct defaults *defaults, const char *path)
{
        char **grown, *copy = strdup(path);
        size_t n = 0;

        while (*defaults->made && (*defaults->made)[n])
                n++;
        grown = copy ? reallocarray(*defaults->made, n + 2, sizeof(char *)) : NULL;
        if (!grown) {
                free(copy);
                return -ENOMEM;
        }
        grown[n] = copy;
        grown[n + 1] = NULL;
        *defaults->made = grown;
        return 0;
}

/* One that is below has to look the same. */
static int copy_attributes(int from, int to)
{
        _cleanup_attributes_ struct attributes attributes = { 0 };
        int r;

        r = attributes_read(from, &attributes);
        return r < 0 ? r : attributes_apply(to, &attributes);
}

static int make_directory(const struct defaults *defaults, const char *path)
{
        _cleanup_close_ int parent = -EBADF, made = -EBADF, there = -EBADF;
        const char *name;

        parent = below_open_parent(defaults->upper, path, &name);
        if (parent < 0)
                return parent;
        if (mkdirat(parent, name, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        made = below_open(parent, name, O_RDONLY | O_DIRECTORY, 0);
        if (made < 0)
                return made;

        there = below_open(defaults->lower, path, O_PATH, 0);
        if (there >= 0)
                return copy_attributes(there, made);
        if (there != -ENOENT)
                return there;
        /* Whatever the umask is, and the directory above. */
        if (fchown(made, 0, 0) < 0 || fchmod(made, 0755) < 0)
                return -errno;
        return add_made(defaults, path);
}

/* Makes it with all that is missing on its way. Whatever else may be in the way is for the migration to find. */
static int make_default(const struct defaults *defaults, const char *path)
{
        _cleanup_close_ int there = below_open(defaults->lower, path, O_PATH, 0);
        _cleanup_free_ char *prefix = NULL;
        int r = 0;

        if (there != -ENOENT)
                return 0;
        prefix = strdup(path);
        if (!prefix)
                return -ENOMEM;
        for (char *slash = strchr(prefix, '/'); r >= 0 && slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                r = make_directory(defaults, prefix);
                *slash = '/';
        }
        return r < 0 ? r : make_directory(defaults, path);
}

int stage_make_defaults(const struct stage *stage, struct error *error)
{
        for (size_t i = 0; i < stage->areas->n; i++) {
                _cleanup_close_ int lower = stage_open_lower(stage, i, error);
                const struct defaults defaults = { stage->uppers[i], lower, &stage->made[i] };

                if (lower < 0)
                        return lower;
                for (char **path = stage->areas->areas[i].declared; *path; path++) {
                        int r = make_default(&defaults, *path);

                        if (r < 0)
                                return error_errnof(error, r, "can't make the directory %s/%s in the stage",
                                                    stage->areas->areas[i].path, *path);
                }
        }
        return 0;
}

/* ---- Space ---- */

#define SPACE_LOW (1024U * 1024U)

const char *stage_explain_space(const struct stage *stage, char *buffer, size_t size)
{
        _cleanup_free_ char *path = NULL;
        struct statvfs vfs;
        uint64_t free_bytes;

        buffer[0] = '\0';
        if (fstatvfs(stage->dir, &vfs) < 0 || fd_get_path(stage->dir, &path) < 0)
                return buffer;
        free_bytes = (uint64_t)vfs.f_bfree * vfs.f_frsize; /* for root, as migrations are */
        if (free_bytes >= SPACE_LOW && vfs.f_bfree >= vfs.f_blocks / 100)
                return buffer;
        snprintf(buffer, size, "; only %" PRIu64 " KiB are free on the file system of %s", free_bytes / 1024, path);
        return buffer;
}
