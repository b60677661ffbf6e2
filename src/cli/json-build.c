/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/json-build.h"

#include "basic/json.h"
#include "cli/need.h"
#include "cli/terminal/printable.h"

json_object *json_build_object(void)
{
        return need_memory(json_object_new_object());
}

json_object *json_build_array(void)
{
        return need_memory(json_object_new_array());
}

void json_build_add(json_object *object, const char *key, json_object *value)
{
        assert(object);
        assert(key);

        if (json_object_object_add(object, key, value) < 0)
                need_memory(NULL);
}

void json_build_append(json_object *array, json_object *value)
{
        assert(array);

        if (json_object_array_add(array, value) < 0)
                need_memory(NULL);
}

void json_build_add_string(json_object *object, const char *key, const char *value)
{
        _cleanup_free_ char *text = value ? need_memory(printable_utf8(value)) : NULL;

        json_build_add(object, key, text ? need_memory(json_object_new_string(text)) : NULL);
}

void json_build_add_number(json_object *object, const char *key, int64_t number)
{
        json_build_add(object, key, number < 0 ? NULL : need_memory(json_object_new_int64(number)));
}

void json_build_add_true(json_object *object, const char *key)
{
        json_build_add(object, key, need_memory(json_object_new_boolean(true)));
}

/* JSON requires escapes for C0 only, but terminals obey DEL and C1 as well. In JSON these can occur only in strings. */
void json_build_print(FILE *stream, json_object *object)
{
        const char *json;
        size_t size;

        assert(stream);

        json = json_format(object, &size);
        if (!json)
                json = need_memory(NULL);
        assert(json);
        for (const unsigned char *p = (const unsigned char *)json; *p; p++)
                if (*p == 0x7f)
                        fputs("\\u007f", stream);
                else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
                        fprintf(stream, "\\u%04x", *++p);
                else
                        fputc(*p, stream);
        fputc('\n', stream);
}
