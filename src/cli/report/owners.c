/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/owners.h"

#include "basic/macro.h"

#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

/* One for the process, as what getpwuid(3) asks is. */
static const char *owners_root;

void owners_set_root(const char *root)
{
        owners_root = root && *root && !streq(root, "/") ? root : NULL;
}

/* Returns: the stream, or NULL if the system is to be asked. */
static FILE *owners_open(const char *path)
{
        _cleanup_free_ char *whole = NULL;

        if (!owners_root)
                return NULL;
        if (asprintf(&whole, "%s%s", owners_root, path) < 0) {
                whole = NULL;
                return NULL;
        }
        return fopen(whole, "re");
}

static const struct passwd *owners_find_user(int64_t uid)
{
        FILE *stream = owners_open("/etc/passwd");
        const struct passwd *found;

        if (!stream)
                return getpwuid((uid_t)uid);
        while ((found = fgetpwent(stream)) && found->pw_uid != (uid_t)uid)
                ;
        fclose(stream);
        return found;
}

static const struct group *owners_find_group(int64_t gid)
{
        FILE *stream = owners_open("/etc/group");
        const struct group *found;

        if (!stream)
                return getgrgid((gid_t)gid);
        while ((found = fgetgrent(stream)) && found->gr_gid != (gid_t)gid)
                ;
        fclose(stream);
        return found;
}

static const char *owner_format(const char *name, int64_t number, char ret[static OWNER_MAX])
{
        if (name && strlen(name) < OWNER_MAX)
                return strcpy(ret, name);
        snprintf(ret, OWNER_MAX, "%" PRId64, number);
        return ret;
}

const char *owner_name_user(int64_t uid, char ret[static OWNER_MAX])
{
        const struct passwd *user = owners_find_user(uid);

        return owner_format(user ? user->pw_name : NULL, uid, ret);
}

const char *owner_name_group(int64_t gid, char ret[static OWNER_MAX])
{
        const struct group *group = owners_find_group(gid);

        return owner_format(group ? group->gr_name : NULL, gid, ret);
}
