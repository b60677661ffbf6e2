/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fs/overlay-attribute.h"

#include "fs/fd-attribute.h"

#include <stdio.h>
#include <sys/stat.h>

#define TRUSTED_PREFIX "trusted.overlay."
#define USER_PREFIX    "user.overlay."

#define FIRST_USER_NAMESPACE 0xEFFFFFFDU /* the kernel's PROC_USER_INIT_INO, which never changes */

int overlay_has_user_attributes(void)
{
        struct stat st;

        if (stat("/proc/self/ns/user", &st) < 0)
                return -errno;
        return st.st_ino != FIRST_USER_NAMESPACE;
}

int overlay_attribute_is_own(const char *attribute)
{
        assert(attribute);
        if (str_startswith(attribute, TRUSTED_PREFIX))
                return 1;
        return str_startswith(attribute, USER_PREFIX) ? overlay_has_user_attributes() : 0;
}

/* What may be read tells the name space: in one of a user there are no trusted attributes. */
ssize_t overlay_attribute_get(int fd, const char *name, void *value, size_t size)
{
        char attribute[64];
        ssize_t n;
        int user;

        assert(name);
        snprintf(attribute, sizeof(attribute), TRUSTED_PREFIX "%s", name);
        n = fd_get_xattr(fd, attribute, value, size);
        if (n >= 0 || errno != ENODATA)
                return n;
        snprintf(attribute, sizeof(attribute), USER_PREFIX "%s", name);
        n = fd_get_xattr(fd, attribute, value, size);
        if (n < 0)
                return n;
        user = overlay_has_user_attributes();
        if (user > 0)
                return n;
        if (user == 0)
                errno = ENODATA; /* elsewhere they are like any others */
        return -1;
}

int overlay_attributes_matter(int fd)
{
        static const char *const names[] = { "opaque", "redirect", "metacopy", "whiteout" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                if (overlay_attribute_get(fd, names[i], NULL, 0) >= 0)
                        return 1;
                if (errno == ENOTSUP)
                        return 0;
                if (errno != ENODATA)
                        return -errno;
        }
        return 0;
}
