/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/json.h"

#include "basic/utf8.h"

#include <json-c/json_tokener.h>
#include <limits.h>
#include <stdio.h>

/* Deeper than any file that is read here, and far from exhausting the stack. */
#define DEPTH_MAX 8

DEFINE_CLEANUP(json_tokener *, json_tokener_free);

static size_t json_count_lines(const char *text, size_t size)
{
        const char *end = text + size, *p = text;
        size_t n = 1;

        while ((p = memchr(p, '\n', (size_t)(end - p)))) {
                n++;
                p++;
        }
        return n;
}

/* Parses ASCII, which every version of json-c reads alike. */
static int json_parse_ascii(const char *text, size_t size, json_object **ret, struct json_fault *fault)
{
        _cleanup_(json_tokener_freep) json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
        _cleanup_(json_object_putp) json_object *object = NULL;
        enum json_tokener_error code;
        const char *reason = NULL;

        if (!tokener)
                return -ENOMEM;
        if (size > INT_MAX) {
                *fault = (struct json_fault){ .line = 1, .reason = "is too long" };
                return -EBADMSG;
        }

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        object = json_tokener_parse_ex(tokener, text, (int)size);
        code = json_tokener_get_error(tokener);
        if (code == json_tokener_continue)
                reason = "ends in the middle of an object";
        else if (code != json_tokener_success)
                reason = json_tokener_error_desc(code);
        else if (json_tokener_get_parse_end(tokener) < size)
                reason = "has more text after its object";
        else if (!json_object_is_type(object, json_type_object))
                reason = "isn't a JSON object";
        if (reason) {
                *fault = (struct json_fault){
                        .line = json_count_lines(text, json_tokener_get_parse_end(tokener)),
                        .reason = reason,
                };
                return -EBADMSG;
        }

        *ret = TAKE_PTR(object);
        return 0;
}

static bool json_is_ascii(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if ((unsigned char)text[i] > 0x7f)
                        return false;
        return true;
}

/* A character of more than 16 bits is a pair of surrogates of UTF-16 in JSON. Returns: how many bytes it wrote. */
static int json_write_escape(char *out, uint32_t c)
{
        if (c > 0xffff)
                return sprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
        return sprintf(out, "\\u%04x", c);
}

/*
 * Replaces each character that isn't ASCII by its escape sequence, which takes up to three times the space. Bytes that aren't UTF-8 stay, as
 * does a character after a backslash: neither is JSON, and json-c says so. Returns: the size of @ret.
 */
static size_t json_escape(const char *text, size_t size, char *ret)
{
        char *out = ret;
        bool backslash = false;

        for (size_t n; size > 0; text += n, size -= n) {
                uint32_t c;

                n = utf8_decode(text, size, &c);
                if (n > 1 && !backslash) {
                        out += json_write_escape(out, c);
                } else {
                        *out++ = *text;
                        n = 1;
                }
                backslash = *text == '\\' && !backslash;
        }
        return (size_t)(out - ret);
}

int json_parse_object(const char *text, size_t size, json_object **ret, struct json_fault *fault)
{
        _cleanup_free_ char *escaped = NULL;

        assert(text);
        assert(ret);
        assert(fault);

        /* json-c 0.18 takes any byte above ASCII for a control character if it is strict (its issue 892). */
        if (json_is_ascii(text, size))
                return json_parse_ascii(text, size, ret, fault);
        escaped = malloc(size * 3 + 1); /* for the NUL that sprintf() adds */
        if (!escaped)
                return -ENOMEM;
        return json_parse_ascii(escaped, json_escape(text, size, escaped), ret, fault);
}

const char *json_string_text(json_object *value)
{
        const char *text;

        if (!json_object_is_type(value, json_type_string))
                return NULL;
        text = json_object_get_string(value);
        return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *json_get_string(json_object *object, const char *key)
{
        assert(object);
        assert(key);

        return json_string_text(json_object_object_get(object, key));
}

int json_get_int(json_object *object, const char *key, int64_t *ret)
{
        json_object *value;

        assert(object);
        assert(key);
        assert(ret);

        value = json_object_object_get(object, key);
        if (!json_object_is_type(value, json_type_int))
                return -EBADMSG;
        *ret = json_object_get_int64(value);
        return 0;
}

int json_add(json_object *object, const char *key, json_object *value)
{
        assert(object);
        assert(key);

        if (!value || json_object_object_add_ex(object, key, value, JSON_C_OBJECT_KEY_IS_CONSTANT) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

int json_add_int(json_object *object, const char *key, int64_t value)
{
        return json_add(object, key, json_object_new_int64(value));
}

int json_add_string(json_object *object, const char *key, const char *value)
{
        assert(value);

        return json_add(object, key, json_object_new_string(value));
}

int json_add_null(json_object *object, const char *key)
{
        return json_object_object_add_ex(object, key, NULL, JSON_C_OBJECT_KEY_IS_CONSTANT) < 0 ? -ENOMEM : 0;
}
