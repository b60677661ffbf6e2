/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-updates.h"

#include "basic/macro.h"

/* Only the names of entries that dpkg completed are all digits. */
static int dirent_is_update(const struct dirent *entry)
{
        return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

int dpkg_updates_list(int fd, struct dpkg_updates *ret)
{
        struct dpkg_updates updates = { 0 };

        assert(ret);

        if (fd < 0 && fd != -ENOENT)
                return fd;
        if (fd >= 0) {
                updates.n = scandirat(fd, ".", &updates.list, dirent_is_update, alphasort);
                if (updates.n < 0)
                        return -errno;
        }
        *ret = updates;
        return 0;
}

bool dpkg_updates_are_same(const struct dpkg_updates *a, const struct dpkg_updates *b)
{
        bool same;

        assert(a);
        assert(b);

        same = a->n == b->n;
        for (int i = 0; same && i < a->n; i++)
                same = streq(a->list[i]->d_name, b->list[i]->d_name);
        return same;
}

void dpkg_updates_done(struct dpkg_updates *updates)
{
        assert(updates);

        for (int i = 0; i < updates->n; i++)
                free(updates->list[i]);
        free(updates->list);
        *updates = (struct dpkg_updates){ 0 };
}
