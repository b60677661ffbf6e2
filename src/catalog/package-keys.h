/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The keys of package.json that are about the package as a whole. In: a key and its JSON value. Out: what it says. Pure. */

#include "basic/strv.h"

#include <json-c/json_object.h>

struct package_keys {
        struct strv formerly; /* names that the package had before */
        char *os_release;     /* the variable of os-release that has the installed version, NULL if there is none */
};

bool package_keys_has(const char *key);
/*
 * @key: one of them. Returns: 0, -ENOMEM, or -EBADMSG with @ret_fault set to what it must be.
 */
_must_check_ int package_keys_read(struct package_keys *keys, const char *key, json_object *value,
                                   const char **ret_fault);
void package_keys_done(struct package_keys *keys);
