#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Files are replaced, made, removed and renamed.

set -eu
cd "$DPKG_ROOT/var/lib/sample"
case $1 in
check)
        read -r version <settings && [ "$version" = 'version 2' ] && [ ! -e obsolete ]
        ;;
migrate)
        sed -i 's/version 1/version 2/' settings
        seq 1 40000 | tac >records # ten times as fast as to count down
        rm obsolete
        mv scores results
        echo 'bob 5' >newcomers
        touch --date=@1100000000 records
        ;;
esac
