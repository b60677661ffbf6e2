/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/json.h"

const char *json_format(json_object *object, size_t *ret_size)
{
        _cleanup_(json_object_putp) json_object *parsed = NULL;
        struct json_fault fault;
        const char *text;
        size_t size;

        assert(ret_size);

        text = object ? json_object_to_json_string_length(
                                object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size)
                      : NULL;
        if (!text || json_parse_object(text, size, &parsed, &fault) < 0 || !json_object_equal(object, parsed))
                return NULL;
        *ret_size = size;
        return text;
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
