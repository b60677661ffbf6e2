/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * JSON in and out. A text is read as one object in valid UTF-8, as RFC 8259 has it, with nothing after it; fields are read and added
 * with their types and memory checked.
 */

#include "basic/macro.h"

#include <json-c/json_object.h>
#include <stddef.h>
#include <stdint.h>

DEFINE_CLEANUP(json_object *, json_object_put);

/* Why a text isn't such an object. */
struct json_fault {
        size_t line; /* from 1 */
        const char *reason;
};

/* Returns: 0, -EBADMSG with @fault set, or -ENOMEM. */
_must_check_ int json_parse_object(const char *text, size_t size, json_object **ret, struct json_fault *fault);

/*
 * Makes the text of @object, on one line. json-c leaves out what it has no memory for, so the text is parsed again, and compared. Returns: it, for as
 * long as @object isn't changed or formatted again; NULL if @object is NULL, or memory ran out.
 */
_must_check_ const char *json_format(json_object *object, size_t *ret_size);

/* Returns: the text of @value, or NULL if it isn't a string, or has a NUL in it, which C can't hold. */
const char *json_string_text(json_object *value);
/* The same for the field @key of @object; NULL if it is missing, too. */
const char *json_get_string(json_object *object, const char *key);
/* Returns: 0, or -EBADMSG if the field is missing or isn't a whole number. */
_must_check_ int json_get_int(json_object *object, const char *key, int64_t *ret);

/*
 * Adds a field to @object; @key must be a literal, since it isn't copied. Takes over a reference to @value, on failure too.
 * Returns: 0, or -ENOMEM, also if @value is NULL, as json-c returns it if memory runs out.
 */
_must_check_ int json_add(json_object *object, const char *key, json_object *value);
_must_check_ int json_add_int(json_object *object, const char *key, int64_t value);
_must_check_ int json_add_string(json_object *object, const char *key, const char *value);
_must_check_ int json_add_null(json_object *object, const char *key);
