/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copies a tree with its attributes and hard links: walks the original, and makes each entry in the directory that is open as its copy. */

#include "basic/path.h"
#include "fs/beneath.h"
#include "fs/content.h"

#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>

/* ---- Hard links ------------------------------------------------------------------------------ */

struct links {
        void *tree; /* of struct link */
};

struct link {
        dev_t dev; /* of the original */
        ino_t ino;
        int to_dir;
        char *to; /* the first copy */
};

static int link_compare(const void *a, const void *b)
{
        const struct link *x = a, *y = b;

        if (x->dev != y->dev)
                return x->dev < y->dev ? -1 : 1;
        return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void link_free(void *data)
{
        struct link *link = data;

        free(link->to);
        free(link);
}

int links_new(struct links **ret)
{
        struct links *links = calloc(1, sizeof(*links));

        if (!links)
                return -ENOMEM;
        *ret = links;
        return 0;
}

struct links *links_free(struct links *links)
{
        if (links)
                tdestroy(links->tree, link_free);
        free(links);
        return NULL;
}

static const struct link *links_find(const struct links *links, const struct stat *st)
{
        const struct link key = { .dev = st->st_dev, .ino = st->st_ino };
        void *node = tfind(&key, &links->tree, link_compare);

        return node ? *(struct link **)node : NULL;
}

/* Takes over @to, on failure too. */
static int links_add(struct links *links, const struct stat *st, int to_dir, char *to)
{
        struct link *link = malloc(sizeof(*link));

        if (!link) {
                free(to);
                return -ENOMEM;
        }
        *link = (struct link){ .dev = st->st_dev, .ino = st->st_ino, .to_dir = to_dir, .to = to };
        if (!tsearch(link, &links->tree, link_compare)) {
                link_free(link);
                return -ENOMEM;
        }
        return 0;
}

/* ---- Copying --------------------------------------------------------------------------------- */

struct copier {
        const struct copy *copy;
        struct error *error;
        int to; /* the directory that the current copies go into */
};

static int copier_make_regular(const struct copier *copier, const char *name, int file)
{
        _cleanup_close_ int from = -EBADF, to = -EBADF;

        from = open(FD_PATH(file), O_RDONLY | O_CLOEXEC);
        if (from < 0)
                return -errno;
        to = beneath_open(copier->to, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        return to < 0 ? to : content_copy(from, to);
}

static int copier_make_symlink(const struct copier *copier, const char *name, int file)
{
        char target[PATH_MAX];
        ssize_t n = readlinkat(file, "", target, sizeof(target) - 1);

        if (n < 0)
                return -errno;
        target[n] = '\0';
        return symlinkat(target, copier->to, name) < 0 ? -errno : 0;
}

/* Copies the file that is open (O_PATH) as @file. */
static int copier_make_file(const struct copier *copier, const char *name, int file)
{
        _cleanup_attributes_ struct attributes attributes = { 0 };
        _cleanup_close_ int made = -EBADF;
        int r;

        r = attributes_read(file, &attributes);
        if (r < 0)
                return r;
        if (S_ISREG(attributes.st.st_mode))
                r = copier_make_regular(copier, name, file);
        else if (S_ISLNK(attributes.st.st_mode))
                r = copier_make_symlink(copier, name, file);
        else if (mknodat(copier->to, name, (attributes.st.st_mode & S_IFMT) | 0600, attributes.st.st_rdev) < 0)
                r = -errno;
        if (r < 0)
                return r;

        made = beneath_open(copier->to, name, O_PATH, 0);
        return made < 0 ? made : attributes_apply(made, &attributes);
}

/* Sets @ret to the path of the copy of @path, which begins with the path of the original. */
static int copier_get_target(const struct copy *copy, const char *path, char **ret)
{
        const char *inner = path + strlen(copy->from);

        inner += *inner == '/';
        return asprintf(ret, "%s%s%s", copy->to, *inner ? "/" : "", inner) < 0 ? -ENOMEM : 0;
}

/* Makes @name a hard link of an earlier copy. */
static int copier_link_name(const struct copier *copier, const char *name, const struct link *link)
{
        _cleanup_close_ int parent = -EBADF;
        const char *first;

        parent = beneath_open_parent(link->to_dir, link->to, &first);
        if (parent < 0)
                return parent;
        return linkat(parent, first, copier->to, name, 0) < 0 ? -errno : 0;
}

static int copier_copy_file(const struct copier *copier, const struct beneath_entry *entry, const char *to)
{
        _cleanup_close_ int file = -EBADF;
        _cleanup_free_ char *copied = NULL;
        const char *name = path_name(to);
        const struct link *link;
        struct stat st;
        int r;

        file = beneath_open(entry->parent, entry->name, O_PATH, 0);
        if (file < 0)
                return file;
        if (fstat(file, &st) < 0)
                return -errno;
        if (stat_is_whiteout(&st))
                return 0;
        if (st.st_nlink <= 1)
                return copier_make_file(copier, name, file);

        link = links_find(copier->copy->links, &st);
        if (link)
                return copier_link_name(copier, name, link);
        r = copier_make_file(copier, name, file);
        if (r < 0)
                return r;
        copied = strdup(to);
        return copied ? links_add(copier->copy->links, &st, copier->copy->to_dir, TAKE_PTR(copied)) : -ENOMEM;
}

static int copier_enter_directory(struct copier *copier, const char *to)
{
        const char *name = path_name(to);
        int fd;

        if (mkdirat(copier->to, name, 0700) < 0)
                return -errno;
        fd = beneath_open(copier->to, name, O_PATH | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        close(copier->to);
        copier->to = fd;
        return 0;
}

/* The attributes come last, since each entry that is made in the directory changes its time. */
static int copier_leave_directory(struct copier *copier, const struct beneath_entry *entry, const char *to)
{
        _cleanup_attributes_ struct attributes attributes = { 0 };
        _cleanup_close_ int from = -EBADF;
        const char *name;
        int fd, r;

        from = beneath_open(entry->parent, entry->name, O_PATH | O_DIRECTORY, 0);
        if (from < 0)
                return from;
        r = attributes_read(from, &attributes);
        if (r >= 0)
                r = attributes_apply(copier->to, &attributes);
        if (r < 0)
                return r;

        fd = beneath_open_parent(copier->copy->to_dir, to, &name);
        if (fd < 0)
                return fd;
        close(copier->to);
        copier->to = fd;
        return 0;
}

static int copier_visit(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        _cleanup_free_ char *to = NULL;
        struct copier *copier = userdata;
        int r;

        r = copier_get_target(copier->copy, entry->path, &to);
        if (r < 0)
                return r;
        if (step == BENEATH_FILE)
                r = copier_copy_file(copier, entry, to);
        else
                r = step == BENEATH_ENTER ? copier_enter_directory(copier, to)
                                          : copier_leave_directory(copier, entry, to);
        return r < 0 ? error_errnof(copier->error, r, "can't copy %s", *entry->path ? entry->path : ".") : 0;
}

int content_copy_tree(const struct copy *copy, struct error *error)
{
        struct copier copier = { .copy = copy, .error = error };
        const char *name;
        int r;

        assert(copy);
        assert(copy->links);

        copier.to = beneath_open_parent(copy->to_dir, copy->to, &name);
        if (copier.to < 0)
                return error_errnof(error, copier.to, "can't copy to %s", copy->to);
        r = beneath_walk(
                &(struct beneath_walk){
                        .dir = copy->from_dir, .path = copy->from, .visit = copier_visit, .userdata = &copier },
                error);
        close(copier.to);
        return r;
}
