/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The values of --json. If memory runs out, the program ends: see need.h. In: values and texts, whatever
 * bytes are in those. Out: JSON.
 */

#include <json-c/json_object.h>
#include <stdint.h>
#include <stdio.h>

json_object *json_build_object(void);
json_object *json_build_array(void);

/* Each takes over @value; NULL is null. */
void json_build_add(json_object *object, const char *key, json_object *value);
void json_build_append(json_object *array, json_object *value);

/* @value: NULL for null. */
void json_build_add_string(json_object *object, const char *key, const char *value);
/* @number: negative for null. */
void json_build_add_number(json_object *object, const char *key, int64_t number);
void json_build_add_true(json_object *object, const char *key);

/* Prints @object on a line of its own, so that no terminal obeys what is in it. */
void json_build_print(FILE *stream, json_object *object);
