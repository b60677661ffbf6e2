/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/manifest.h"
#include "basic/json.h"
#include "dpkg/deb-version.h"

#include <json-c/linkhash.h>
#include <limits.h>
#include <stdio.h>

static char **paths_free(char **paths)
{
        for (char **p = paths; p && *p; p++)
                free(*p);
        free(paths);
        return NULL;
}
DEFINE_CLEANUP(char **, paths_free);

static int paths_copy(char **paths, char ***ret)
{
        _cleanup_(paths_freep) char **copy = NULL;
        size_t n = 0;

        while (paths[n])
                n++;
        copy = calloc(n + 1, sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                copy[i] = strdup(paths[i]);
                if (!copy[i])
                        return -ENOMEM;
        }

        *ret = TAKE_PTR(copy);
        return 0;
}

/* Drops what says nothing: double slashes and one at the end. Returns: 0, -EINVAL with the reason, or -ENOMEM. */
static int path_normalize(const char *path, char **ret, const char **ret_reason)
{
        _cleanup_free_ char *normal = NULL;
        const char *reason = NULL;
        char *end;
        size_t n;

        normal = end = calloc(1, strlen(path) + sizeof("/"));
        if (!normal)
                return -ENOMEM;

        for (const char *p = path; *(p += strspn(p, "/")); p += n) {
                n = strcspn(p, "/");
                if (p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.')))
                        reason = "has \".\" or \"..\" in it";
                *end++ = '/';
                end = mempcpy(end, p, n);
        }
        if (path[0] != '/')
                reason = "isn't an absolute path";
        else if (!reason && end == normal)
                reason = "is the whole system, for which \"writes\": \"*\" stands";
        else if (!reason && path_touches_state(normal))
                reason = "contains or lies in " STATE_DIR ", where migrations have nothing to write";
        if (reason) {
                *ret_reason = reason;
                return -EINVAL;
        }

        *ret = TAKE_PTR(normal);
        return 0;
}

int manifest_init(struct manifest *ret, const char *package)
{
        static const char *const directories[] = { "/etc", "/var/lib", "/var/cache", "/var/log" };
        _cleanup_(paths_freep) char **writes = NULL;
        size_t n = 0;

        writes = calloc(ELEMENTSOF(directories) + 1, sizeof(*writes));
        if (!writes)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                if (asprintf(&writes[n], "%s/%s", directories[i], package) < 0) {
                        writes[n] = NULL;
                        return -ENOMEM;
                }
                /* Only our own package has a directory that is no default. */
                if (path_touches_state(writes[n])) {
                        free(writes[n]);
                        writes[n] = NULL;
                        continue;
                }
                n++;
        }

        *ret = (struct manifest){
                .writes = TAKE_PTR(writes),
                .check_timeout_sec = MANIFEST_CHECK_TIMEOUT_SEC,
                .timeout_sec = MANIFEST_TIMEOUT_SEC,
        };
        return 0;
}

int manifest_copy(struct manifest *ret, const struct manifest *manifest)
{
        _cleanup_manifest_ struct manifest copy = *manifest;
        int r;

        copy.description = copy.since = NULL;
        copy.writes = NULL;
        r = paths_copy(manifest->writes, &copy.writes);
        if (r < 0)
                return r;
        if (manifest->description && !(copy.description = strdup(manifest->description)))
                return -ENOMEM;
        if (manifest->since && !(copy.since = strdup(manifest->since)))
                return -ENOMEM;

        *ret = copy;
        copy = (struct manifest){ 0 };
        return 0;
}

void manifest_done(struct manifest *manifest)
{
        free(manifest->description);
        paths_free(manifest->writes);
        free(manifest->since);
        *manifest = (struct manifest){ 0 };
}

struct manifest *manifest_free(struct manifest *manifest)
{
        if (manifest)
                manifest_done(manifest);
        free(manifest);
        return NULL;
}

struct reader {
        struct manifest *manifest;
        const struct manifest_text *text;
        const char *key;
        struct error *error;
};

static int refuse(const struct reader *reader, const char *reason)
{
        return error_setf(reader->error, -EBADMSG, "%s: \"%s\" %s", reader->text->path, reader->key, reason);
}

static int read_text(const struct reader *reader, json_object *value, char **ret)
{
        const char *text = json_string_text(value);
        char *copy;

        if (!text)
                return refuse(reader, "must be a string");
        copy = strdup(text);
        if (!copy)
                return -ENOMEM;
        free(*ret);
        *ret = copy;
        return 0;
}

static int read_description(const struct reader *reader, json_object *value)
{
        return read_text(reader, value, &reader->manifest->description);
}

static int read_since(const struct reader *reader, json_object *value)
{
        _cleanup_error_ struct error error = { 0 };
        struct deb_version version;
        int r;

        if (reader->text->kind == MANIFEST_PACKAGE)
                return refuse(reader, "belongs to one migration; put it into that one's own manifest");
        r = read_text(reader, value, &reader->manifest->since);
        if (r < 0)
                return r;
        r = deb_version_parse(reader->manifest->since, true, &version, &error);
        if (r == -EINVAL)
                return error_setf(reader->error, -EBADMSG, "%s: \"since\": %s", reader->text->path, error_text(&error));
        return r;
}

static int read_path(const struct reader *reader, json_object *value, char **ret)
{
        const char *text = json_string_text(value), *reason;
        int r;

        if (!text)
                return refuse(reader, "must hold strings only");
        r = path_normalize(text, ret, &reason);
        if (r == -EINVAL)
                return error_setf(reader->error, -EBADMSG, "%s: \"writes\" can't have \"%s\": it %s",
                                  reader->text->path, text, reason);
        return r;
}

static int read_writes(const struct reader *reader, json_object *value)
{
        _cleanup_(paths_freep) char **writes = NULL;
        const char *text = json_string_text(value);
        size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0, n_good = 0;
        bool unrestricted = text && streq(text, "*");

        if (!unrestricted && !json_object_is_type(value, json_type_array))
                return refuse(reader, "must be an array of absolute paths, or \"*\"");

        writes = calloc(n + 1, sizeof(*writes));
        if (!writes)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int r = error_pass(reader->error,
                                   read_path(reader, json_object_array_get_idx(value, i), &writes[n_good]));

                if (r < 0)
                        return r;
                n_good += writes[n_good] != NULL;
        }

        paths_free(reader->manifest->writes);
        reader->manifest->writes = TAKE_PTR(writes);
        reader->manifest->unrestricted = unrestricted;
        return 0;
}

static int read_network(const struct reader *reader, json_object *value)
{
        if (!json_object_is_type(value, json_type_boolean))
                return refuse(reader, "must be true or false");
        reader->manifest->network = json_object_get_boolean(value);
        return 0;
}

static int read_seconds(const struct reader *reader, json_object *value, uint64_t *ret)
{
        int64_t seconds = json_object_get_int64(value);

        if (!json_object_is_type(value, json_type_int) || seconds < 0 || seconds > INT_MAX)
                return refuse(reader, "must be a whole number of seconds, 0 for no limit");
        *ret = (uint64_t)seconds;
        return 0;
}

static int read_check_timeout(const struct reader *reader, json_object *value)
{
        return read_seconds(reader, value, &reader->manifest->check_timeout_sec);
}

static int read_timeout(const struct reader *reader, json_object *value)
{
        return read_seconds(reader, value, &reader->manifest->timeout_sec);
}

static int read_key(const struct reader *reader, json_object *value)
{
        static const struct {
                const char *name;
                int (*read)(const struct reader *reader, json_object *value);
        } keys[] = {
                { "description", read_description }, { "writes", read_writes },
                { "network", read_network },         { "check_timeout_sec", read_check_timeout },
                { "timeout_sec", read_timeout },     { "since", read_since },
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (streq(keys[i].name, reader->key))
                        return keys[i].read(reader, value);
        return error_setf(
                reader->error, -EBADMSG,
                "%s: unknown key \"%s\"; known are description, writes, network, check_timeout_sec, timeout_sec and since",
                reader->text->path, reader->key);
}

int manifest_parse(struct manifest *manifest, const struct manifest_text *text, struct error *error)
{
        _cleanup_(json_object_putp) json_object *object = NULL;
        struct json_fault fault;
        int r;

        r = json_parse_object(text->data, text->size, &object, &fault);
        if (r == -EBADMSG)
                return error_setf(error, r, "%s:%zu: %s", text->path, fault.line, fault.reason);
        if (r < 0)
                return r;

        json_object_object_foreach(object, key, value)
        {
                const struct reader reader = { .manifest = manifest, .text = text, .key = key, .error = error };

                r = error_pass(error, read_key(&reader, value));
                if (r < 0)
                        return r;
        }
        return 0;
}
