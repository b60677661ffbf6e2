/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-info.h"

#include "basic/io.h"

/* Returns: where the name of the package of the list @name ends, or NULL if it is no list. Of a package with several it is followed by ":ARCH". */
static const char *list_name_end(const char *name)
{
        const char *suffix = strrchr(name, '.');

        return suffix && streq(suffix, ".list") ? strpbrk(name, ":") ?: suffix : NULL;
}

int dpkg_info_has_list(int dir, const char *package)
{
        _cleanup_(closedirp) DIR *entries = NULL;
        const struct dirent *entry;
        bool any = false;

        assert(dir >= 0);
        assert(package);

        entries = fdopendir(dir);
        if (!entries) {
                int r = -errno;

                close(dir);
                return r;
        }
        while ((errno = 0, entry = readdir(entries))) {
                const char *end = list_name_end(entry->d_name);

                any |= end || streq(entry->d_name, "format"); /* dpkg's, as soon as it has had a package */
                if (end && strlen(package) == (size_t)(end - entry->d_name) &&
                    memcmp(entry->d_name, package, (size_t)(end - entry->d_name)) == 0)
                        return 1;
        }
        if (errno != 0)
                return -errno;
        return any ? 0 : -ENOENT;
}
