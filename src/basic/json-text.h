/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * JSON as text, written from its beginning to its end, without objects in between. In: keys and values in their order. Out: what json_format()
 * would make of them. Memory that runs out is noted, and makes an error of the whole text.
 */

#include "basic/macro.h"

#include <stddef.h>
#include <stdint.h>

/* { 0 } is an empty text. */
struct json_text {
        char *data; /* not ended by a NUL */
        size_t size;
        size_t room;
        bool failed; /* memory ran out, so that something is missing in it */
};

void json_text_done(struct json_text *text);
#define _cleanup_json_text_ _cleanup_(json_text_done)

/* Makes an empty text of it, which keeps the memory. */
void json_text_clear(struct json_text *text);
/* Notes that memory ran out for something that belongs into it. */
void json_text_fail(struct json_text *text);

/* @key: in UTF-8; NULL for the outermost value and for elements of an array. @bracket: '{' or '['. */
void json_text_open(struct json_text *text, const char *key, char bracket);
void json_text_close(struct json_text *text, char bracket);
void json_text_add_int(struct json_text *text, const char *key, int64_t value);
void json_text_add_uint(struct json_text *text, const char *key, uint64_t value);
void json_text_add_true(struct json_text *text, const char *key);
/* @value: in UTF-8. */
void json_text_add_string(struct json_text *text, const char *key, const char *value);
