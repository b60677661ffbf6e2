/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of users and groups. In: the numbers that files have. Out: the names that they have below --root, or on the system. */

#include <stdint.h>

/* From now on names are those of @root/etc/passwd and group alone. NULL or "": those of the system. @root is borrowed. */
void owners_set_root(const char *root);

#define OWNER_MAX 64
/* Each returns @ret, with the number itself if there is no name; ends the program if that can't be told. */
const char *owner_name_user(int64_t uid, char ret[static OWNER_MAX]);
const char *owner_name_group(int64_t gid, char ret[static OWNER_MAX]);
