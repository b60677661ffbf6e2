/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/tree.h"

#include "basic/array.h"
#include "basic/path.h"
#include "cli/author/command.h"
#include "cli/report/file-details.h"

#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>

#define PERMISSIONS 07777U

DEFINE_CLEANUP(FTS *, fts_close);

/* Those of deploy-migrate itself, without the slash at the beginning. */
static const char *const own_directories[] = { &VENDOR_DIR[1], &ADMIN_DIR[1], &STATE_DIR[1], &LOCK_DIR[1] };

static bool path_is_own(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(own_directories); i++)
                if (streq(own_directories[i], path))
                        return true;
        return false;
}

/* Whether a directory is there because of those, so that it says nothing of a migration. */
static bool path_leads_to_own(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(own_directories); i++) {
                const char *rest = str_startswith(own_directories[i], path);

                if (!path[0] || (rest && *rest == '/'))
                        return true;
        }
        return false;
}

/* ---- Reading ---- */

static int tree_read_target(struct tree_file *file, const char *path)
{
        char target[PATH_MAX];
        ssize_t n;

        if (!S_ISLNK(file->st.st_mode))
                return 0;
        n = readlink(path, target, sizeof(target));
        if (n < 0)
                return -errno;
        file->target = strndup(target, (size_t)n);
        return file->target ? 0 : -ENOMEM;
}

static int tree_add(struct tree *tree, const FTSENT *entry, const char *path)
{
        struct tree_file *grown = array_grow(tree->files, tree->n, sizeof(*grown)), *file;

        if (!grown)
                return -ENOMEM;
        tree->files = grown;
        file = &grown[tree->n];
        *file = (struct tree_file){ .path = strdup(path), .st = *entry->fts_statp };
        if (!file->path)
                return -ENOMEM;
        tree->n++;
        return tree_read_target(file, entry->fts_accpath);
}

static int tree_take_entry(struct tree *tree, FTS *fts, FTSENT *entry)
{
        const char *path = entry->fts_path + strlen(tree->root);

        path += strspn(path, "/");
        switch (entry->fts_info) {
        case FTS_DP:
                return 0;
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
                return -entry->fts_errno;
        case FTS_D:
                if (path_is_own(path)) {
                        fts_set(fts, entry, FTS_SKIP);
                        return 0;
                }
                break;
        default:
                break;
        }
        return tree_add(tree, entry, path);
}

static int tree_file_cmp(const void *a, const void *b)
{
        return strcmp(((const struct tree_file *)a)->path, ((const struct tree_file *)b)->path);
}

static int tree_walk(struct tree *tree, struct error *error)
{
        char *const paths[] = { tree->root, NULL };
        _cleanup_(fts_closep) FTS *fts = NULL;
        FTSENT *entry;

        fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        if (!fts)
                return error_errnof(error, -errno, "can't read %s", tree->root);
        while ((errno = 0, entry = fts_read(fts))) {
                int r = tree_take_entry(tree, fts, entry);

                if (r < 0)
                        return error_errnof(error, r, "can't read %s", entry->fts_path);
        }
        return errno ? error_errnof(error, -errno, "can't read %s", tree->root) : 0;
}

/* Finds the first name of each file. */
static void tree_find_links(struct tree *tree)
{
        for (size_t i = 0; i < tree->n; i++) {
                struct tree_file *file = &tree->files[i], *first = tree->files;

                if (file->st.st_nlink == 1 || S_ISDIR(file->st.st_mode))
                        first = file;
                while (first->st.st_ino != file->st.st_ino || first->st.st_dev != file->st.st_dev)
                        first++;
                file->linked = (size_t)(first - tree->files);
        }
}

int tree_read(const char *directory, struct tree *ret, struct error *error)
{
        _cleanup_tree_ struct tree tree = { 0 };
        int r;

        assert(ret);

        if (directory) {
                tree.root = strdup(directory);
                r = tree.root ? tree_walk(&tree, error) : -ENOMEM;
                if (r < 0)
                        return r;
                if (tree.n > 0)
                        qsort(tree.files, tree.n, sizeof(*tree.files), tree_file_cmp);
                tree_find_links(&tree);
        }
        *ret = tree;
        tree = (struct tree){ 0 };
        return 0;
}

/* The owner of the tree's root is whoever made the fixture. */
static uid_t tree_get_uid(const struct tree *tree, const struct tree_file *file)
{
        return file->st.st_uid == tree->files[0].st.st_uid ? 0 : file->st.st_uid;
}

static gid_t tree_get_gid(const struct tree *tree, const struct tree_file *file)
{
        return file->st.st_gid == tree->files[0].st.st_gid ? 0 : file->st.st_gid;
}

int tree_take_over(const struct tree *tree, struct error *error)
{
        assert(tree && tree->n > 0);

        if (geteuid() != 0)
                return 0; /* who can't give files away has a copy that is all his own */
        for (size_t i = 0; i < tree->n; i++) {
                const struct tree_file *file = &tree->files[i];
                uid_t uid = tree_get_uid(tree, file);
                gid_t gid = tree_get_gid(tree, file);
                _cleanup_free_ char *path = NULL;

                if (uid == file->st.st_uid && gid == file->st.st_gid)
                        continue;
                if (path_join(tree->root, file->path, &path) < 0)
                        return -ENOMEM;
                /* A change of the owner takes setuid away. */
                if (lchown(path, uid, gid) < 0 ||
                    (!S_ISLNK(file->st.st_mode) && chmod(path, file->st.st_mode & PERMISSIONS) < 0))
                        return error_errnof(error, -errno, "can't change the owner of %s", path);
        }
        return 0;
}

void tree_done(struct tree *tree)
{
        assert(tree);

        for (size_t i = 0; i < tree->n; i++) {
                free(tree->files[i].path);
                free(tree->files[i].target);
        }
        free(tree->files);
        free(tree->root);
        *tree = (struct tree){ 0 };
}

/* ---- Comparing ---- */

struct comparison {
        const struct tree *expected, *found;
        const struct tree_comparison *request;
        struct strv *ret;
        struct error *error;
};

/* Whether both can be read, and have the same content: diff(1) is a process for each file. */
static bool file_has_content_of(const char *path, const char *other)
{
        _cleanup_close_ int a = open(path, O_RDONLY | O_CLOEXEC), b = open(other, O_RDONLY | O_CLOEXEC);
        char block[16384], block_b[sizeof(block)];
        ssize_t n, m;

        if (a < 0 || b < 0)
                return false;
        do {
                n = read(a, block, sizeof(block));
                m = read(b, block_b, sizeof(block_b));
        } while (n > 0 && n == m && memcmp(block, block_b, (size_t)n) == 0);
        return n == 0 && m == 0;
}

/* Appends what diff(1) says of two files. */
static int comparison_add_diff(const struct comparison *c, const struct tree_file *expected,
                               const struct tree_file *found)
{
        _cleanup_free_ char *a = NULL, *b = NULL, *label_a = NULL, *label_b = NULL, *text = NULL;
        int r;

        if (path_join(c->expected->root, expected->path, &a) < 0 || path_join(c->found->root, found->path, &b) < 0 ||
            path_join("expected", expected->path, &label_a) < 0 || path_join("found", found->path, &label_b) < 0)
                return -ENOMEM;
        if (file_has_content_of(a, b))
                return 0;
        r = command_run((const char *const[]){ "diff", "-u", "--label", label_a, "--label", label_b, a, b, NULL },
                        &text, c->error);
        if (r < 0)
                return r;
        if (r > 1)
                return error_setf(c->error, -EIO, "diff can't compare %s with %s", a, b);
        for (char *rest = text, *line; r == 1 && (line = strsep(&rest, "\n")) && (*line || rest);)
                if (strv_add(c->ret, line) < 0)
                        return -ENOMEM;
        return 0;
}

static int comparison_check_owner(const struct comparison *c, const struct tree_file *expected,
                                  const struct tree_file *found)
{
        unsigned uid = tree_get_uid(c->expected, expected), gid = tree_get_gid(c->expected, expected);
        unsigned found_uid = tree_get_uid(c->found, found), found_gid = tree_get_gid(c->found, found);

        if (uid == found_uid && gid == found_gid)
                return 0;
        return strv_addf(c->ret, "/%s: owner %u:%u instead of %u:%u", found->path, found_uid, found_gid, uid, gid);
}

static int comparison_check_links(const struct comparison *c, const struct tree_file *expected,
                                  const struct tree_file *found)
{
        const char *first = c->expected->files[expected->linked].path;

        if (streq(first, c->found->files[found->linked].path))
                return 0;
        return strv_addf(c->ret, "/%s: isn't a hard link as it should be, or is one to another file", found->path);
}

static int comparison_check_time(const struct comparison *c, const struct tree_file *expected,
                                 const struct tree_file *found)
{
        const struct timespec *a = &expected->st.st_mtim, *b = &found->st.st_mtim;

        if (!c->request->times || path_leads_to_own(found->path) ||
            (a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec))
                return 0;
        return strv_addf(c->ret, "/%s: was written, or something was made in it", found->path);
}

/* Both have the same path. */
static int comparison_check_file(const struct comparison *c, const struct tree_file *expected,
                                 const struct tree_file *found)
{
        mode_t mode = expected->st.st_mode, found_mode = found->st.st_mode;
        int r = 0;

        if ((mode & S_IFMT) != (found_mode & S_IFMT))
                return strv_addf(c->ret, "/%s: is a %s instead of a %s", found->path, mode_type_name(found->st.st_mode),
                                 mode_type_name(expected->st.st_mode));
        if (S_ISLNK(mode) && !streq(expected->target, found->target))
                r = strv_addf(c->ret, "/%s: leads to %s instead of %s", found->path, found->target, expected->target);
        else if (!S_ISLNK(mode) && (mode & PERMISSIONS) != (found_mode & PERMISSIONS))
                r = strv_addf(c->ret, "/%s: mode %04o instead of %04o", found->path, found_mode & PERMISSIONS,
                              mode & PERMISSIONS);
        if (r >= 0)
                r = comparison_check_owner(c, expected, found);
        if (r >= 0)
                r = comparison_check_links(c, expected, found);
        if (r >= 0)
                r = comparison_check_time(c, expected, found);
        return r >= 0 && S_ISREG(mode) ? comparison_add_diff(c, expected, found) : r;
}

/* @word: what is wrong with a file that only one tree has. */
static int comparison_tell_alone(const struct comparison *c, const struct tree_file *file, const char *word)
{
        assert(file);
        if (path_leads_to_own(file->path))
                return 0;
        return strv_addf(c->ret, "/%s: %s (%s)", file->path, word, mode_type_name(file->st.st_mode));
}

int tree_compare(const struct tree_comparison *request, struct strv *ret, struct error *error)
{
        const struct tree *expected = request->expected, *found = request->found;
        const struct comparison c = { expected, found, request, ret, error };
        size_t i = 0, k = 0;
        int r = 0;

        assert(expected);
        assert(found);
        assert(ret);

        while (r >= 0 && (i < expected->n || k < found->n)) {
                const struct tree_file *a = i < expected->n ? &expected->files[i] : NULL;
                const struct tree_file *b = k < found->n ? &found->files[k] : NULL;
                int order = !a ? 1 : !b ? -1 : strcmp(a->path, b->path);

                if (order < 0)
                        r = comparison_tell_alone(&c, a, "is missing");
                else if (order > 0)
                        r = comparison_tell_alone(&c, b, "should not be there");
                else if (b->path[0])
                        r = comparison_check_file(&c, a, b);
                i += order <= 0;
                k += order >= 0;
        }
        return r;
}
