/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/package-keys.h"

#include "basic/json.h"
#include "catalog/migration-name.h"

#include <json-c/linkhash.h>

#define KEY_FORMERLY   "formerly"
#define KEY_VERSION    "version"
#define KEY_OS_RELEASE "os-release"

#define VARIABLE_FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define VARIABLE       VARIABLE_FIRST "0123456789"

bool package_keys_has(const char *key)
{
        assert(key);

        return streq(key, KEY_FORMERLY) || streq(key, KEY_VERSION);
}

static int package_keys_read_formerly(struct package_keys *keys, json_object *value, const char **ret_fault)
{
        size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
        _cleanup_strv_ struct strv names = { 0 };

        *ret_fault = "must be an array of package names";
        if (!json_object_is_type(value, json_type_array))
                return -EBADMSG;
        for (size_t i = 0; i < n; i++) {
                const char *name = json_string_text(json_object_array_get_idx(value, i));

                if (!name || !package_name_is_valid(name))
                        return -EBADMSG;
                if (strv_add(&names, name) < 0)
                        return -ENOMEM;
        }
        strv_done(&keys->formerly);
        keys->formerly = strv_move(&names);
        return 0;
}

static int package_keys_read_version(struct package_keys *keys, json_object *value, const char **ret_fault)
{
        const char *variable;

        *ret_fault = "must be an object with \"" KEY_OS_RELEASE "\" alone, the name of a variable in os-release";
        if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) != 1)
                return -EBADMSG;
        variable = json_string_text(json_object_object_get(value, KEY_OS_RELEASE));
        if (!variable || strspn(variable, VARIABLE_FIRST) == 0 || variable[strspn(variable, VARIABLE)] != '\0')
                return -EBADMSG;
        return str_replace(&keys->os_release, variable);
}

int package_keys_read(struct package_keys *keys, const char *key, json_object *value, const char **ret_fault)
{
        assert(keys);
        assert(package_keys_has(key));
        assert(ret_fault);

        return streq(key, KEY_FORMERLY) ? package_keys_read_formerly(keys, value, ret_fault)
                                        : package_keys_read_version(keys, value, ret_fault);
}

void package_keys_done(struct package_keys *keys)
{
        assert(keys);

        strv_done(&keys->formerly);
        free(TAKE_PTR(keys->os_release));
}
