#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lintian has nothing to say against our packages.

: "${DEPLOY_MIGRATE_DEBS:?must be the directory with the packages to test, from packaging/build-deb}"

command -v lintian >/dev/null || {
        echo "Bail out! packages are missing: apt-get install lintian"
        exit 1
}
echo 1..1
if findings=$(lintian --allow-root --fail-on error,warning "$DEPLOY_MIGRATE_DEBS"/*.changes 2>&1); then
        echo 'ok 1 - no error and no warning of lintian'
else
        echo "$findings" | sed 's/^/# /'
        echo 'not ok 1 - no error and no warning of lintian'
        exit 1
fi
