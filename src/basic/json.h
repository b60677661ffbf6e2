/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* JSON as it is read here: one object in valid UTF-8, as strictly as json-c reads it, and nothing behind it. */

#include "basic/macro.h"

#include <json-c/json_object.h>
#include <stddef.h>

DEFINE_CLEANUP(json_object *, json_object_put);

/* Why a text is no such object. */
struct json_fault {
        size_t line; /* from 1 */
        const char *reason;
};

/* Returns: 0, -EBADMSG with @fault set, or -ENOMEM. */
int json_parse_object(const char *text, size_t size, json_object **ret, struct json_fault *fault);

/* Returns: the text of a string, NULL where @value isn't one, or one that C can't hold since there is a NUL in it. */
const char *json_string_text(json_object *value);
