/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Extended attributes for people. In: the bytes of a value. Out: text. Pure, but for the names of users. */

#include <stdbool.h>
#include <stddef.h>

/* Returns: whether the attribute is an ACL: 'a' for the one of the file, 'd' for the default of a directory; or 0. */
char attribute_acl_kind(const char *name);
/*
 * Returns: an ACL as getfacl(1) has it, "user::rw-,user:backup:r--,group::r--"; of any other attribute its text, or its bytes as 0x6162 if
 * it is no text; or NULL if memory ran out. The caller frees it.
 */
char *attribute_text(const char *name, const void *value, size_t size);
