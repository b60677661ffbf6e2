/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-path.h"

#include "basic/path-escape.h"

#include <json-c/json_object.h>

/* What is shorter stays in each line, so that people can read and search a common log. */
#define SHARED_MIN 64

/* ---- Writing ---- */

/* Returns: the length of the directories that @path has in common with @above, with the slash after them; @ret_names is their number. */
static size_t path_shared_length(const char *path, const char *above, size_t *ret_names)
{
        size_t length = 0, names = 0;

        for (size_t i = 0; path[i] && (path[i] == above[i] || !above[i]); i++) {
                if (path[i] == '/') {
                        length = i + 1;
                        names++;
                }
                if (!above[i])
                        break;
        }
        *ret_names = names;
        return length;
}

static void redo_path_put_text(struct json_text *text, const char *key, const char *path)
{
        _cleanup_free_ char *escaped = NULL;

        if (path_escape(path, &escaped) < 0)
                json_text_fail(text);
        else
                json_text_add_string(text, key, escaped);
}

void redo_path_to_json(struct json_text *text, const char *key, const char *path, const char **above)
{
        size_t names = 0, shared;

        assert(text && path && above);
        shared = *above ? path_shared_length(path, *above, &names) : 0;
        if (shared < SHARED_MIN) {
                redo_path_put_text(text, key, path);
        } else {
                json_text_open(text, key, '[');
                json_text_add_uint(text, NULL, names);
                redo_path_put_text(text, NULL, path + shared);
                json_text_close(text, ']');
        }
        *above = path;
}

/* ---- Reading ---- */

/* Returns: the length of the first @names names of @path, or SIZE_MAX if it has fewer. */
static size_t path_names_length(const char *path, int64_t names)
{
        const char *end = path;

        for (int64_t i = 0; i < names; i++) {
                if (i > 0 && *end++ != '/')
                        return SIZE_MAX;
                while (*end && *end != '/')
                        end++;
        }
        return (size_t)(end - path);
}

/* @ret begins with the first @names names of @above, and ends with @text, which is escaped. */
static int redo_path_join(const char *above, int64_t names, const char *text, char **ret)
{
        _cleanup_free_ char *rest = NULL;
        size_t shared = path_names_length(above, names);
        char *path;
        int r;

        if (shared == SIZE_MAX)
                return -EBADMSG;
        r = path_unescape(text, &rest);
        if (r < 0)
                return r;
        path = malloc(shared + strlen(rest) + 2);
        if (!path)
                return -ENOMEM;
        memcpy(path, above, shared);
        path[shared] = '/';
        strcpy(path + shared + 1, rest);
        *ret = path;
        return 0;
}

static int redo_path_take_rest(json_object *array, const char *above, char **ret)
{
        json_object *names = json_object_array_get_idx(array, 0);
        const char *text = json_string_text(json_object_array_get_idx(array, 1));

        if (json_object_array_length(array) != 2 || !json_object_is_type(names, json_type_int) || !text || !above ||
            json_object_get_int64(names) < 1)
                return -EBADMSG;
        return redo_path_join(above, json_object_get_int64(names), text, ret);
}

int redo_path_from_json(json_object *value, const char **above, char **ret)
{
        const char *text = json_string_text(value);
        int r;

        assert(above && ret);
        if (json_object_is_type(value, json_type_array))
                r = redo_path_take_rest(value, *above, ret);
        else
                r = text ? path_unescape(text, ret) : -EBADMSG;
        if (r >= 0)
                *above = *ret;
        return r;
}
