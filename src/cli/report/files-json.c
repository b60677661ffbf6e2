/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/files-json.h"

#include "basic/macro.h"
#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/report/attribute-text.h"
#include "cli/report/owners.h"
#include "cli/terminal/printable.h"

#include <stdio.h>

/* Type and permissions in octal, as in git. */
static void file_json_add_mode(json_object *object, const char *key, unsigned mode)
{
        char text[16];

        snprintf(text, sizeof(text), "%06o", mode);
        json_build_add_string(object, key, mode ? text : NULL);
}

static void file_json_add_owners(json_object *object, const struct dmig_file *file)
{
        const int64_t uids[] = { dmig_file_get_uid_before(file), dmig_file_get_uid_after(file) };
        const int64_t gids[] = { dmig_file_get_gid_before(file), dmig_file_get_gid_after(file) };
        char name[OWNER_MAX];

        json_build_add_number(object, "uid_before", uids[0]);
        json_build_add_number(object, "uid_after", uids[1]);
        json_build_add_number(object, "gid_before", gids[0]);
        json_build_add_number(object, "gid_after", gids[1]);
        json_build_add_string(object, "owner_before", uids[0] < 0 ? NULL : owner_name_user(uids[0], name));
        json_build_add_string(object, "owner_after", uids[1] < 0 ? NULL : owner_name_user(uids[1], name));
        json_build_add_string(object, "group_before", gids[0] < 0 ? NULL : owner_name_group(gids[0], name));
        json_build_add_string(object, "group_after", gids[1] < 0 ? NULL : owner_name_group(gids[1], name));
}

/* ---- Extended attributes ---- */

typedef const void *(*value_fn)(const struct dmig_xattr *xattr, size_t *ret_size);

static const struct {
        const char *key;
        char kind; /* attribute_acl_kind() */
        value_fn value_of;
} acls[] = {
        { "acl_before", 'a', dmig_xattr_get_before },
        { "acl_after", 'a', dmig_xattr_get_after },
        { "default_acl_before", 'd', dmig_xattr_get_before },
        { "default_acl_after", 'd', dmig_xattr_get_after },
};

static const char *xattr_make_text(const struct dmig_xattr *xattr, value_fn value_of, char **ret)
{
        size_t size = 0;
        const void *value = value_of(xattr, &size);

        *ret = value ? need_memory(attribute_text(dmig_xattr_get_name(xattr), value, size)) : NULL;
        return *ret;
}

/* Null: there is none. */
static void file_json_add_acls(json_object *object, const struct dmig_file *file)
{
        for (size_t i = 0; i < ELEMENTSOF(acls); i++) {
                _cleanup_free_ char *text = NULL;

                for (size_t j = 0; !text && j < dmig_file_count_xattrs(file); j++) {
                        const struct dmig_xattr *xattr = dmig_file_get_xattr(file, j);

                        if (attribute_acl_kind(dmig_xattr_get_name(xattr)) == acls[i].kind)
                                xattr_make_text(xattr, acls[i].value_of, &text);
                }
                json_build_add_string(object, acls[i].key, text);
        }
}

/* All attributes but ACLs. */
static void file_json_add_xattrs(json_object *object, const char *key, const struct dmig_file *file, value_fn value_of)
{
        json_object *xattrs = json_build_object();

        for (size_t i = 0; i < dmig_file_count_xattrs(file); i++) {
                const struct dmig_xattr *xattr = dmig_file_get_xattr(file, i);
                _cleanup_free_ char *text = NULL, *name = need_memory(printable_utf8(dmig_xattr_get_name(xattr)));

                if (!attribute_acl_kind(name) && xattr_make_text(xattr, value_of, &text))
                        json_build_add_string(xattrs, name, text);
        }
        json_build_add(object, key, xattrs);
}

/* ---- Files ---- */

static json_object *file_json(const struct dmig_file *file)
{
        json_object *object = json_build_object();

        json_build_add_string(object, "kind", dmig_file_get_kind(file));
        json_build_add_string(object, "path", dmig_file_get_path(file));
        json_build_add_string(object, "from", dmig_file_get_from(file));
        file_json_add_mode(object, "mode_before", dmig_file_get_mode_before(file));
        file_json_add_mode(object, "mode_after", dmig_file_get_mode_after(file));
        json_build_add_number(object, "size_before", dmig_file_get_size_before(file));
        json_build_add_number(object, "size_after", dmig_file_get_size_after(file));
        json_build_add_string(object, "diff", dmig_file_get_diff(file));
        file_json_add_owners(object, file);
        json_build_add_string(object, "target_before", dmig_file_get_target_before(file));
        json_build_add_string(object, "target_after", dmig_file_get_target_after(file));
        file_json_add_acls(object, file);
        file_json_add_xattrs(object, "xattrs_before", file, dmig_xattr_get_before);
        file_json_add_xattrs(object, "xattrs_after", file, dmig_xattr_get_after);
        return object;
}

json_object *files_json(const struct dmig_files *files)
{
        json_object *array = files ? json_build_array() : NULL;

        for (size_t i = 0; array && i < dmig_files_count(files); i++)
                json_build_append(array, file_json(dmig_files_get(files, i)));
        return array;
}
