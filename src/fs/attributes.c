/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/attributes.h"

#include "basic/array.h"
#include "basic/clock.h"
#include "fs/facts.h"
#include "fs/fd-attribute.h"
#include "fs/overlay-attribute.h"

#include <fcntl.h>
#include <stdint.h>

/* ---- Reading --------------------------------------------------------------------------------- */

static void xattr_done(struct xattr *xattr)
{
        free(xattr->name);
        free(xattr->value);
}

void attributes_done(struct attributes *attributes)
{
        assert(attributes);

        for (size_t i = 0; i < attributes->n_xattrs; i++)
                xattr_done(&attributes->xattrs[i]);
        free(attributes->xattrs);
        *attributes = (struct attributes){ 0 };
}

int attributes_add(struct attributes *attributes, struct xattr xattr)
{
        struct xattr *xattrs = array_grow(attributes->xattrs, attributes->n_xattrs, sizeof(*xattrs));
        size_t i = attributes->n_xattrs;

        if (xattrs)
                attributes->xattrs = xattrs;
        if (!xattrs || !xattr.name || !xattr.value) {
                xattr_done(&xattr);
                return -ENOMEM;
        }
        for (; i > 0 && strcmp(xattrs[i - 1].name, xattr.name) > 0; i--)
                xattrs[i] = xattrs[i - 1];
        xattrs[i] = xattr;
        attributes->n_xattrs++;
        return 0;
}

#define NAMES_SIZE 256 /* holds the names of most files */

/* Lists the names, each ended by a NUL; an empty name ends the list. */
static int xattr_list_names(int fd, char **ret)
{
        size_t size = NAMES_SIZE;

        for (;;) {
                _cleanup_free_ char *names = malloc(size + 1);
                ssize_t n;

                if (!names)
                        return -ENOMEM;
                n = fd_list_xattrs(fd, names, size);
                if (n < 0 && errno == ENOTSUP)
                        n = 0;
                if (n >= 0) {
                        names[n] = '\0';
                        *ret = TAKE_PTR(names);
                        return 0;
                }
                if (errno != ERANGE)
                        return -errno;
                n = fd_list_xattrs(fd, NULL, 0);
                if (n < 0)
                        return -errno;
                size = (size_t)n + NAMES_SIZE; /* another process may add one just then */
        }
}

/* Adds the extended attribute @name, unless it has been removed since it was listed. */
static int xattr_read(int fd, const char *name, struct attributes *attributes)
{
        for (;;) {
                ssize_t n = fd_get_xattr(fd, name, NULL, 0);
                _cleanup_free_ void *value = n < 0 ? NULL : malloc((size_t)n + 1);
                size_t size = (size_t)n + 1;

                if (n >= 0 && !value)
                        return -ENOMEM;
                if (n >= 0)
                        n = fd_get_xattr(fd, name, value, size);
                if (n >= 0)
                        return attributes_add(attributes, (struct xattr){ strdup(name), TAKE_PTR(value), (size_t)n });
                if (errno != ERANGE)
                        return errno == ENODATA ? 0 : -errno;
        }
}

int attributes_read_beside(int fd, const struct stat *st, struct attributes *ret)
{
        _cleanup_attributes_ struct attributes attributes = { .st = *st };
        _cleanup_free_ char *names = NULL;
        int r;

        assert(ret);

        r = xattr_list_names(fd, &names);
        if (r < 0)
                return r;
        assert(names);
        for (const char *name = names; *name; name += strlen(name) + 1) {
                r = overlay_attribute_is_own(name);
                if (r == 0)
                        r = xattr_read(fd, name, &attributes);
                if (r < 0)
                        return r;
        }
        *ret = attributes;
        attributes = (struct attributes){ 0 };
        return 0;
}

int attributes_read(int fd, struct attributes *ret)
{
        struct stat st;

        return fstat(fd, &st) < 0 ? -errno : attributes_read_beside(fd, &st, ret);
}

int attributes_copy(const struct attributes *attributes, struct attributes *ret)
{
        _cleanup_attributes_ struct attributes copy = { .st = attributes->st };

        assert(ret);

        for (size_t i = 0; i < attributes->n_xattrs; i++) {
                const struct xattr *xattr = &attributes->xattrs[i];
                void *value = malloc(xattr->size + 1);
                int r;

                if (value)
                        memcpy(value, xattr->value, xattr->size);
                r = attributes_add(&copy, (struct xattr){ strdup(xattr->name), value, xattr->size });
                if (r < 0)
                        return r;
        }
        *ret = copy;
        copy = (struct attributes){ 0 };
        return 0;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static bool xattr_equal(const struct xattr *a, const struct xattr *b)
{
        return a->size == b->size && streq(a->name, b->name) && memcmp(a->value, b->value, a->size) == 0;
}

static bool stat_is_device(const struct stat *st)
{
        return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

int attributes_read_birth(int fd, int64_t *ret)
{
        struct facts facts;
        int r = facts_read(fd, &facts);

        assert(ret);
        if (r >= 0)
                *ret = facts.born;
        return r;
}

bool attributes_equal(const struct attributes *a, const struct attributes *b)
{
        assert(a);
        assert(b);

        if (a->st.st_mode != b->st.st_mode || a->st.st_uid != b->st.st_uid || a->st.st_gid != b->st.st_gid ||
            a->n_xattrs != b->n_xattrs)
                return false;
        if (stat_is_device(&a->st) && a->st.st_rdev != b->st.st_rdev)
                return false;
        for (size_t i = 0; i < a->n_xattrs; i++)
                if (!xattr_equal(&a->xattrs[i], &b->xattrs[i]))
                        return false;
        return true;
}

/* ---- Applying -------------------------------------------------------------------------------- */

static int attributes_apply_owner(int fd, const struct stat *now, const struct stat *wanted)
{
        if (now->st_uid == wanted->st_uid && now->st_gid == wanted->st_gid)
                return 0;
        return fchownat(fd, "", wanted->st_uid, wanted->st_gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static const struct xattr *attributes_find_xattr(const struct attributes *attributes, const char *name)
{
        for (size_t i = 0; i < attributes->n_xattrs; i++)
                if (streq(attributes->xattrs[i].name, name))
                        return &attributes->xattrs[i];
        return NULL;
}

/* Returns: 1, 0 if they are the same already, or a negative errno. */
static int attributes_apply_xattrs(int fd, const struct attributes *now, const struct attributes *wanted)
{
        bool changed = false;
        int r;

        for (size_t i = 0; i < now->n_xattrs; i++) {
                if (attributes_find_xattr(wanted, now->xattrs[i].name))
                        continue;
                r = fd_remove_xattr(fd, now->xattrs[i].name);
                if (r < 0)
                        return r;
                changed = true;
        }
        for (size_t i = 0; i < wanted->n_xattrs; i++) {
                const struct xattr *xattr = &wanted->xattrs[i], *there = attributes_find_xattr(now, xattr->name);

                if (there && xattr_equal(there, xattr))
                        continue;
                r = fd_set_xattr(fd, xattr->name, xattr->value, xattr->size);
                if (r < 0)
                        return r;
                changed = true;
        }
        return changed;
}

static int attributes_apply_mode(int fd, const struct stat *now, const struct stat *wanted)
{
        if (S_ISLNK(now->st_mode) || (now->st_mode & ALLPERMS) == (wanted->st_mode & ALLPERMS))
                return 0;
        return fd_set_mode(fd, wanted->st_mode & ALLPERMS);
}

int attributes_set_mtime(int fd, struct timespec mtime)
{
        struct stat st;

        /* With UTIME_OMIT for the other time, programs of FUSE set neither, and say that they did. */
        if (fstat(fd, &st) < 0)
                return -errno;
        st.st_mtim = mtime;
        return attributes_set_times(fd, &st);
}

static int attributes_apply_mtime(int fd, const struct stat *now, const struct stat *wanted)
{
        struct stat st = *now;

        if (time_is_same(now->st_mtim, wanted->st_mtim))
                return 0;
        st.st_mtim = wanted->st_mtim;
        return attributes_set_times(fd, &st);
}

int attributes_apply_over(int fd, const struct stat *before, const struct attributes *attributes)
{
        _cleanup_attributes_ struct attributes now = { 0 };
        int r;

        assert(before && attributes);

        /* The order matters: a new owner clears capabilities and set-id bits, and an ACL changes the mode. */
        r = attributes_apply_owner(fd, before, &attributes->st);
        if (r >= 0)
                r = before->st_mode & (S_ISUID | S_ISGID) ? attributes_read(fd, &now)
                                                          : attributes_read_beside(fd, before, &now);
        if (r >= 0)
                r = attributes_apply_xattrs(fd, &now, attributes);
        if (r > 0 && fstat(fd, &now.st) < 0)
                r = -errno;
        if (r >= 0)
                r = attributes_apply_mode(fd, &now.st, &attributes->st);
        if (r >= 0)
                r = attributes_apply_mtime(fd, &now.st, &attributes->st);
        return r;
}

int attributes_apply(int fd, const struct attributes *attributes)
{
        struct stat before;

        return fstat(fd, &before) < 0 ? -errno : attributes_apply_over(fd, &before, attributes);
}

int attributes_set_times(int fd, const struct stat *st)
{
        const struct timespec times[] = { st->st_atim, st->st_mtim };

        return utimensat(fd, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int attributes_strip(int fd)
{
        _cleanup_free_ char *names = NULL;
        int r;

        r = xattr_list_names(fd, &names);
        if (r < 0)
                return r;
        assert(names);
        for (const char *name = names; *name; name += strlen(name) + 1) {
                r = overlay_attribute_is_own(name);
                if (r > 0)
                        r = fd_remove_xattr(fd, name);
                if (r < 0)
                        return r;
        }
        return 0;
}
