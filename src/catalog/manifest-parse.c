/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The keys of a manifest. In: JSON text, and the defaults. Out: the manifest, or which key is wrong and why. */

#include "basic/json.h"
#include "catalog/manifest.h"
#include "dpkg/deb-version.h"

#include <json-c/linkhash.h>
#include <limits.h>

/* ---- Paths ---- */

/* Drops double slashes and a slash at the end. Returns: NULL if memory runs out. */
static char *manifest_normalize_path(const char *path)
{
        char *normal, *end;
        size_t n;

        normal = end = calloc(1, strlen(path) + sizeof("/"));
        if (!normal)
                return NULL;
        for (const char *p = path; *(p += strspn(p, "/")); p += n) {
                n = strcspn(p, "/");
                *end++ = '/';
                end = mempcpy(end, p, n);
        }
        return normal;
}

static bool path_has_dots(const char *normal)
{
        for (const char *p = normal; *p == '/'; p += strcspn(p, "/")) {
                p++;
                if (p[0] == '.' && (strcspn(p, "/") == 1 || (p[1] == '.' && strcspn(p, "/") == 2)))
                        return true;
        }
        return false;
}

/* Returns: why @path can't be in any list, or NULL. @normal: the same path, normalised. */
static const char *manifest_find_path_fault(const char *path, const char *normal)
{
        if (path[0] != '/')
                return "isn't an absolute path";
        return path_has_dots(normal) ? "contains \".\" or \"..\"" : NULL;
}

static const char *manifest_find_write_fault(const char *path, const char *normal)
{
        const char *fault = manifest_find_path_fault(path, normal);

        if (fault)
                return fault;
        if (!normal[0])
                return "is the whole system; for that, set \"writes\": \"*\"";
        return path_touches_state(normal) ? "contains or is in " STATE_DIR ", which migrations must not write to"
                                          : NULL;
}

static const char *manifest_find_connect_fault(const char *path, const char *normal)
{
        const char *fault = manifest_find_path_fault(path, normal);

        if (fault)
                return fault;
        return path[strlen(path) - 1] == '/' ? "is a directory; name the socket itself" : NULL;
}

/* ---- Keys ---- */

struct manifest_reader {
        struct manifest *manifest;
        const struct manifest_text *text;
        const char *key;
        struct error *error;
};

static int manifest_refuse(const struct manifest_reader *reader, const char *reason)
{
        return error_setf(reader->error, -EBADMSG, "%s: \"%s\" %s", reader->text->path, reader->key, reason);
}

static int manifest_read_text(const struct manifest_reader *reader, json_object *value, char **ret)
{
        const char *text = json_string_text(value);

        return text ? str_replace(ret, text) : manifest_refuse(reader, "must be a string");
}

static int manifest_read_description(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_text(reader, value, &reader->manifest->description);
}

static int manifest_read_since(const struct manifest_reader *reader, json_object *value)
{
        _cleanup_error_ struct error error = { 0 };
        struct deb_version version;
        int r;

        if (reader->text->kind == MANIFEST_PACKAGE)
                return manifest_refuse(reader, "belongs to one migration; move it to the manifest of that migration");
        r = manifest_read_text(reader, value, &reader->manifest->since);
        if (r < 0)
                return r;
        r = deb_version_parse(reader->manifest->since, true, &version, &error);
        if (r == -EINVAL)
                return error_setf(reader->error, -EBADMSG, "%s: \"since\": %s", reader->text->path, error_text(&error));
        return r;
}

static int manifest_read_consent(const struct manifest_reader *reader, json_object *value)
{
        const char *text = json_string_text(value);

        if (text && !text[strspn(text, " \t\n")])
                return manifest_refuse(reader, "is empty; say what the administrator must agree to");
        return manifest_read_text(reader, value, &reader->manifest->consent);
}

/* Returns: why a path can't be in the list, or NULL. */
typedef const char *(*manifest_path_fn)(const char *path, const char *normal);

static int manifest_read_path(const struct manifest_reader *reader, json_object *value, manifest_path_fn find_fault,
                              struct strv *ret)
{
        const char *text = json_string_text(value), *fault;
        _cleanup_free_ char *path = NULL;

        if (!text)
                return manifest_refuse(reader, "must contain only strings");
        path = manifest_normalize_path(text);
        if (!path)
                return -ENOMEM;
        fault = find_fault(text, path);
        if (fault)
                return error_setf(reader->error, -EBADMSG, "%s: \"%s\" can't contain \"%s\": it %s", reader->text->path,
                                  reader->key, text, fault);
        return strv_take(ret, TAKE_PTR(path));
}

/* @array: of paths; anything else counts as an empty one. @ret: gets them in place of what it had. */
static int manifest_read_paths(const struct manifest_reader *reader, json_object *array, manifest_path_fn find_fault,
                               struct strv *ret)
{
        size_t n = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
        _cleanup_strv_ struct strv paths = { 0 };

        for (size_t i = 0; i < n; i++) {
                int r;

                r = error_pass(reader->error,
                               manifest_read_path(reader, json_object_array_get_idx(array, i), find_fault, &paths));
                if (r < 0)
                        return r;
        }
        strv_done(ret);
        *ret = strv_move(&paths);
        return 0;
}

static int manifest_read_writes(const struct manifest_reader *reader, json_object *value)
{
        const char *text = json_string_text(value);
        bool unrestricted = text && streq(text, "*");
        int r;

        if (!unrestricted && !json_object_is_type(value, json_type_array))
                return manifest_refuse(reader, "must be an array of absolute paths, or \"*\"");
        r = manifest_read_paths(reader, value, manifest_find_write_fault, &reader->manifest->writes);
        if (r >= 0)
                reader->manifest->unrestricted = unrestricted;
        return r;
}

static int manifest_read_connect(const struct manifest_reader *reader, json_object *value)
{
        if (!json_object_is_type(value, json_type_array))
                return manifest_refuse(reader, "must be an array of absolute paths of sockets");
        return manifest_read_paths(reader, value, manifest_find_connect_fault, &reader->manifest->connect);
}

static int manifest_read_bool(const struct manifest_reader *reader, json_object *value, bool *ret)
{
        if (!json_object_is_type(value, json_type_boolean))
                return manifest_refuse(reader, "must be true or false");
        *ret = json_object_get_boolean(value);
        return 0;
}

static int manifest_read_network(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_bool(reader, value, &reader->manifest->network);
}

static int manifest_read_check_scratch(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_bool(reader, value, &reader->manifest->check_scratch);
}

static int manifest_read_needs_package(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_bool(reader, value, &reader->manifest->needs_package);
}

static int manifest_read_once(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_bool(reader, value, &reader->manifest->once);
}

static int manifest_read_seconds(const struct manifest_reader *reader, json_object *value, uint64_t *ret)
{
        int64_t seconds = json_object_get_int64(value);

        if (!json_object_is_type(value, json_type_int) || seconds < 0 || seconds > INT_MAX)
                return manifest_refuse(reader, "must be a whole number of seconds, 0 for no limit");
        *ret = (uint64_t)seconds;
        return 0;
}

static int manifest_read_check_timeout(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_seconds(reader, value, &reader->manifest->check_timeout_sec);
}

static int manifest_read_timeout(const struct manifest_reader *reader, json_object *value)
{
        return manifest_read_seconds(reader, value, &reader->manifest->timeout_sec);
}

static int manifest_read_package_key(const struct manifest_reader *reader, json_object *value)
{
        const char *fault;
        int r;

        if (reader->text->kind != MANIFEST_PACKAGE)
                return manifest_refuse(reader, "belongs to the package; move it to package.json");
        r = package_keys_read(&reader->manifest->package, reader->key, value, &fault);
        return r == -EBADMSG ? manifest_refuse(reader, fault) : r;
}

static int manifest_read_key(const struct manifest_reader *reader, json_object *value)
{
        static const struct {
                const char *name;
                int (*read)(const struct manifest_reader *reader, json_object *value);
        } keys[] = {
                { "description", manifest_read_description },
                { "writes", manifest_read_writes },
                { "network", manifest_read_network },
                { "connect", manifest_read_connect },
                { "check_scratch", manifest_read_check_scratch },
                { "needs_package", manifest_read_needs_package },
                { "once", manifest_read_once },
                { "check_timeout_sec", manifest_read_check_timeout },
                { "timeout_sec", manifest_read_timeout },
                { "since", manifest_read_since },
                { "consent", manifest_read_consent },
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (streq(keys[i].name, reader->key))
                        return keys[i].read(reader, value);
        if (package_keys_has(reader->key))
                return manifest_read_package_key(reader, value);
        return error_setf(
                reader->error, -EBADMSG,
                "%s: unknown key \"%s\"; the known ones are description, writes, network, connect, check_scratch, needs_package, once, check_timeout_sec, timeout_sec, since and consent",
                reader->text->path, reader->key);
}

int manifest_parse(struct manifest *manifest, const struct manifest_text *text, struct error *error)
{
        _cleanup_(json_object_putp) json_object *object = NULL;
        struct json_fault fault;
        int r;

        assert(manifest);
        assert(text && text->path && text->data);

        r = json_parse_object(text->data, text->size, &object, &fault);
        if (r == -EBADMSG)
                return error_setf(error, r, "%s:%zu: %s; repair it, or reinstall the package", text->path, fault.line,
                                  fault.reason);
        if (r < 0)
                return r;

        json_object_object_foreach(object, key, value)
        {
                const struct manifest_reader reader = {
                        .manifest = manifest, .text = text, .key = key, .error = error
                };

                r = error_pass(error, manifest_read_key(&reader, value));
                if (r < 0)
                        return r;
        }
        return 0;
}
