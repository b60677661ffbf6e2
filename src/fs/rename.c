/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/rename.h"

#include "fs/beneath.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define ASIDE          ".aside" /* added to the slot's name, for the file that leaves its place */
#define ASIDE_NAME_MAX 32

/* Whether the file system knows no flags of renameat2(2). */
static bool rename_is_unsupported(int error)
{
        return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

/* Returns: 1, 0 if nothing is there, or a negative errno. */
static int rename_end_look(const struct rename_end *end, struct stat *ret)
{
        if (fstatat(end->dir, end->name, ret, AT_SYMLINK_NOFOLLOW) == 0)
                return 1;
        return errno == ENOENT ? 0 : -errno;
}

int rename_end_is(const struct rename_end *end, uint64_t ino)
{
        struct stat st;
        int r;

        assert(end && end->name);
        r = rename_end_look(end, &st);
        return r <= 0 ? r : st.st_ino == ino;
}

static int rename_with_flags(const struct rename_end *from, const struct rename_end *to, unsigned flags)
{
        return renameat2(from->dir, from->name, to->dir, to->name, flags) < 0 ? -errno : 0;
}

static int rename_plainly(const struct rename_end *from, const struct rename_end *to)
{
        return renameat(from->dir, from->name, to->dir, to->name) < 0 ? -errno : 0;
}

static int rename_without_replacing(const struct rename_end *from, const struct rename_end *to)
{
        int r = rename_with_flags(from, to, RENAME_NOREPLACE);
        struct stat st;

        if (!rename_is_unsupported(-r))
                return r;
        r = rename_end_look(to, &st);
        return r > 0 ? -EEXIST : r < 0 ? r : rename_plainly(from, to);
}

/* ---- An exchange in three renames ---- */

static struct rename_end slot_get_aside(const struct rename_end *slot, char name[static ASIDE_NAME_MAX])
{
        snprintf(name, ASIDE_NAME_MAX, "%s" ASIDE, slot->name);
        return (struct rename_end){ .dir = slot->dir, .name = name };
}

/*
 * Gives the file at @path the name @aside: as a second name if a file can replace it and it can have one, so that it is never missing. Returns:
 * 0, -ENOENT if there is none, or another negative errno.
 */
static int exchange_set_aside(const struct rename_end *slot, const struct rename_end *path,
                              const struct rename_end *aside)
{
        struct stat st;
        int r = rename_end_look(slot, &st);

        if (r > 0 && !S_ISDIR(st.st_mode) && linkat(path->dir, path->name, aside->dir, aside->name, 0) == 0)
                return 0;
        return r < 0 ? r : rename_plainly(path, aside);
}

/*
 * An earlier try was cut off when it had set a file aside. If another process has made one in its place since, that is the one to exchange.
 * Returns: 1 if the file that was set aside still is the one, 0, or a negative errno.
 */
static int exchange_keep_aside(const struct rename_end *path, const struct rename_end *aside)
{
        struct stat old, now;
        int r, q;

        r = rename_end_look(aside, &old);
        if (r <= 0)
                return r;
        q = rename_end_look(path, &now);
        if (q <= 0 || now.st_ino == old.st_ino)
                return q < 0 ? q : 1;
        return beneath_remove(aside->dir, aside->name);
}

static int rename_exchange_in_steps(const struct rename_end *slot, const struct rename_end *path)
{
        char name[ASIDE_NAME_MAX];
        const struct rename_end aside = slot_get_aside(slot, name);
        int r;

        r = exchange_keep_aside(path, &aside);
        if (r == 0)
                r = exchange_set_aside(slot, path, &aside);
        if (r < 0 && r != -ENOENT)
                return r;
        r = rename_plainly(slot, path);
        return r < 0 ? r : rename_finish_exchange(slot);
}

int rename_finish_exchange(const struct rename_end *slot)
{
        char name[ASIDE_NAME_MAX];
        struct rename_end aside;
        int r;

        assert(slot && slot->name);
        aside = slot_get_aside(slot, name);
        r = rename_without_replacing(&aside, slot);
        return r == -ENOENT || r == -EEXIST ? 0 : r;
}

/* ---- Renames ---- */

int rename_exchange(const struct rename_end *slot, const struct rename_end *path)
{
        int r;

        assert(slot && path);
        r = rename_with_flags(slot, path, RENAME_EXCHANGE);
        if (r == -ENOENT) /* another process has just removed it */
                return rename_without_replacing(slot, path);
        return rename_is_unsupported(-r) ? rename_exchange_in_steps(slot, path) : r;
}

int rename_install(const struct rename_end *slot, const struct rename_end *path)
{
        int r;

        assert(slot && path);
        r = rename_without_replacing(slot, path);
        return r == -EEXIST ? rename_exchange(slot, path) : r;
}

int rename_detach(const struct rename_end *slot, const struct rename_end *path)
{
        int r;

        assert(slot && path);
        r = rename_without_replacing(path, slot);
        return r == -EEXIST ? rename_exchange(slot, path) : r;
}
