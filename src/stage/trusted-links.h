/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Opens paths on which a user may own a directory, who must not decide where they lead. In: a path below a root. Out: the file, found through
 * links of root alone, and through no mount that a user made. Links of the process's own user count as root's.
 */

#include "basic/root.h"
#include "stage/mountinfo.h"

struct trusted_links {
        const struct root *root;
        const struct mountinfo *mounts;
        uid_t user;     /* if a call returned -EACCES because of a user's link or mount: whose it is, */
        char *obstacle; /* and its path below the root, else NULL; the caller frees it */
};

/*
 * @flags: as in open(2), O_CLOEXEC is added. Returns: a file descriptor, or a negative errno: -ELOOP after 40 links, -EXDEV if a link leads
 * out of the root.
 */
_must_check_ int trusted_links_open(struct trusted_links *links, const char *path, int flags);
/* Reads where the link @name in the open directory @dir leads. @path: its path below the root. Returns: 0, or a negative errno as above. */
_must_check_ int trusted_links_read(struct trusted_links *links, int dir, const char *path, char **ret);
/* Whether the path is on no user's mount, from the mount table: his server would have to answer whoever looks at the file. Returns: 0, or as above. */
_must_check_ int trusted_links_check_mount(struct trusted_links *links, const char *path);
