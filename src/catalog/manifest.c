/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/manifest.h"

#include <stdio.h>

int manifest_init(struct manifest *ret, const char *package)
{
        static const char *const directories[] = { "/etc", "/var/lib", "/var/cache", "/var/log" };
        _cleanup_strv_ struct strv writes = { 0 };

        assert(ret);
        assert(package);

        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", directories[i], package) < 0)
                        return -ENOMEM;
                /* Only our own package has a directory that it must not write to. */
                if (!path_touches_state(path) && strv_take(&writes, TAKE_PTR(path)) < 0)
                        return -ENOMEM;
        }

        *ret = (struct manifest){
                .writes = strv_move(&writes),
                .check_timeout_sec = MANIFEST_CHECK_TIMEOUT_SEC,
                .timeout_sec = MANIFEST_TIMEOUT_SEC,
        };
        return 0;
}

int manifest_copy(struct manifest *ret, const struct manifest *manifest)
{
        _cleanup_manifest_ struct manifest copy = { 0 };

        assert(ret);
        assert(manifest);

        copy = *manifest;
        copy.description = copy.since = copy.consent = NULL;
        copy.writes = copy.connect = (struct strv){ 0 };
        copy.package = (struct package_keys){ 0 }; /* they aren't defaults */
        if (strv_add_all(&copy.writes, manifest->writes.list) < 0 ||
            strv_add_all(&copy.connect, manifest->connect.list) < 0)
                return -ENOMEM;
        if (manifest->description && !(copy.description = strdup(manifest->description)))
                return -ENOMEM;
        if (manifest->since && !(copy.since = strdup(manifest->since)))
                return -ENOMEM;
        if (manifest->consent && !(copy.consent = strdup(manifest->consent)))
                return -ENOMEM;

        *ret = copy;
        copy = (struct manifest){ 0 };
        return 0;
}

void manifest_done(struct manifest *manifest)
{
        assert(manifest);

        free(manifest->description);
        strv_done(&manifest->writes);
        strv_done(&manifest->connect);
        free(manifest->since);
        free(manifest->consent);
        package_keys_done(&manifest->package);
        *manifest = (struct manifest){ 0 };
}

struct manifest *manifest_free(struct manifest *manifest)
{
        if (manifest)
                manifest_done(manifest);
        free(manifest);
        return NULL;
}
