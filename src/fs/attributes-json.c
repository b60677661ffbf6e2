/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attributes to a JSON object, as the redo log has them, and back. Names are escaped and values are hexadecimal, since both can hold any byte. */

#include "basic/json.h"
#include "basic/path-escape.h"
#include "fs/attributes.h"

#include <json-c/linkhash.h>
#include <stdint.h>
#include <stdio.h>

/* ---- To JSON --------------------------------------------------------------------------------- */

static void xattr_to_json(const struct xattr *xattr, struct json_text *text)
{
        _cleanup_free_ char *name = NULL, *hex = malloc(xattr->size * 2 + 1);

        if (!hex || path_escape(xattr->name, &name) < 0) {
                json_text_fail(text);
                return;
        }
        hex[0] = '\0';
        for (size_t i = 0; i < xattr->size; i++)
                sprintf(hex + i * 2, "%02x", ((const unsigned char *)xattr->value)[i]);
        json_text_add_string(text, name, hex);
}

static void mtime_to_json(const struct timespec *time, struct json_text *text)
{
        json_text_open(text, "mtime", '[');
        json_text_add_int(text, NULL, time->tv_sec);
        json_text_add_int(text, NULL, time->tv_nsec);
        json_text_close(text, ']');
}

void attributes_to_json(const struct attributes *attributes, const char *key, struct json_text *text)
{
        const struct stat *st = &attributes->st;

        assert(text);

        json_text_open(text, key, '{');
        json_text_add_uint(text, "mode", st->st_mode);
        json_text_add_uint(text, "uid", st->st_uid);
        json_text_add_uint(text, "gid", st->st_gid);
        json_text_add_uint(text, "rdev", st->st_rdev);
        json_text_add_uint(text, "size", (uint64_t)st->st_size);
        mtime_to_json(&st->st_mtim, text);
        json_text_add_uint(text, "ino", st->st_ino);
        json_text_open(text, "xattrs", '{');
        for (size_t i = 0; i < attributes->n_xattrs; i++)
                xattr_to_json(&attributes->xattrs[i], text);
        json_text_close(text, '}');
        json_text_close(text, '}');
}

/* ---- From JSON ------------------------------------------------------------------------------- */

/* Returns: 0, or -EBADMSG if the value is missing, out of range or not a number. */
static int attributes_json_get_number(json_object *object, const char *key, uint64_t max, uint64_t *ret)
{
        json_object *value = json_object_object_get(object, key);

        if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0 ||
            json_object_get_uint64(value) > max)
                return -EBADMSG;
        *ret = json_object_get_uint64(value);
        return 0;
}

static int attributes_json_get_mtime(json_object *object, struct timespec *ret)
{
        json_object *pair = json_object_object_get(object, "mtime"), *sec, *nsec;

        if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
                return -EBADMSG;
        sec = json_object_array_get_idx(pair, 0);
        nsec = json_object_array_get_idx(pair, 1);
        if (!json_object_is_type(sec, json_type_int) || !json_object_is_type(nsec, json_type_int) ||
            json_object_get_int64(nsec) < 0 || json_object_get_int64(nsec) > 999999999)
                return -EBADMSG;
        *ret = (struct timespec){ .tv_sec = json_object_get_int64(sec), .tv_nsec = json_object_get_int64(nsec) };
        return 0;
}

static int attributes_json_get_stat(json_object *object, struct stat *ret)
{
        uint64_t mode, uid, gid, rdev, size, ino;
        struct timespec mtime;

        if (attributes_json_get_number(object, "mode", S_IFMT | ALLPERMS, &mode) < 0 ||
            attributes_json_get_number(object, "uid", UINT32_MAX, &uid) < 0 ||
            attributes_json_get_number(object, "gid", UINT32_MAX, &gid) < 0 ||
            attributes_json_get_number(object, "rdev", UINT64_MAX, &rdev) < 0 ||
            attributes_json_get_number(object, "size", INT64_MAX, &size) < 0 ||
            attributes_json_get_number(object, "ino", UINT64_MAX, &ino) < 0 ||
            attributes_json_get_mtime(object, &mtime) < 0)
                return -EBADMSG;
        *ret = (struct stat){
                .st_mode = (mode_t)mode,
                .st_uid = (uid_t)uid,
                .st_gid = (gid_t)gid,
                .st_rdev = rdev,
                .st_size = (off_t)size,
                .st_ino = ino,
                .st_mtim = mtime,
        };
        return 0;
}

static unsigned hex_digit_value(char digit)
{
        return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static int hex_parse(const char *hex, void **ret, size_t *ret_size)
{
        size_t n = strlen(hex);
        unsigned char *value;

        if (n % 2 != 0 || strspn(hex, "0123456789abcdef") != n)
                return -EBADMSG;
        value = malloc(n / 2 + 1);
        if (!value)
                return -ENOMEM;
        for (size_t i = 0; i < n / 2; i++)
                value[i] = (unsigned char)(hex_digit_value(hex[i * 2]) << 4 | hex_digit_value(hex[i * 2 + 1]));
        *ret = value;
        *ret_size = n / 2;
        return 0;
}

static int xattr_from_json(const char *key, json_object *object, struct attributes *attributes)
{
        _cleanup_free_ char *name = NULL;
        _cleanup_free_ void *value = NULL;
        const char *hex = json_string_text(object);
        size_t size;
        int r;

        if (!hex)
                return -EBADMSG;
        r = path_unescape(key, &name);
        if (r < 0)
                return r;
        r = hex_parse(hex, &value, &size);
        if (r < 0)
                return r;
        return attributes_add(attributes,
                              (struct xattr){ .name = TAKE_PTR(name), .value = TAKE_PTR(value), .size = size });
}

int attributes_from_json(json_object *object, struct attributes *ret)
{
        _cleanup_attributes_ struct attributes attributes = { 0 };
        json_object *xattrs = json_object_object_get(object, "xattrs");
        int r;

        if (!json_object_is_type(xattrs, json_type_object))
                return -EBADMSG;
        r = attributes_json_get_stat(object, &attributes.st);
        if (r < 0)
                return r;
        json_object_object_foreach(xattrs, key, value)
        {
                r = xattr_from_json(key, value, &attributes);
                if (r < 0)
                        return r;
        }
        *ret = attributes;
        attributes = (struct attributes){ 0 };
        return 0;
}
