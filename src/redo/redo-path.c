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

static int redo_path_put_text(const char *path, json_object **ret)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = path_escape(path, &text);
        if (r < 0)
                return r;
        *ret = json_object_new_string(text);
        return *ret ? 0 : -ENOMEM;
}

static int redo_path_put_rest(size_t names, const char *rest, json_object **ret)
{
        _cleanup_(json_object_putp) json_object *array = json_object_new_array();
        json_object *number = json_object_new_int64((int64_t)names), *text = NULL;
        int r;

        if (!array || !number || json_object_array_add(array, number) < 0) {
                json_object_put(number);
                return -ENOMEM;
        }
        r = redo_path_put_text(rest, &text);
        if (r < 0)
                return r;
        if (json_object_array_add(array, text) < 0) {
                json_object_put(text);
                return -ENOMEM;
        }
        *ret = TAKE_PTR(array);
        return 0;
}

int redo_path_to_json(const char *path, const char **above, json_object **ret)
{
        size_t names = 0, shared;
        int r;

        assert(path && above && ret);
        shared = *above ? path_shared_length(path, *above, &names) : 0;
        r = shared < SHARED_MIN ? redo_path_put_text(path, ret) : redo_path_put_rest(names, path + shared, ret);
        if (r >= 0)
                *above = path;
        return r;
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

/* The opposite of redo_path_put_rest(): @ret begins with the first @names names of @above, and ends with @text, which is escaped. */
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
