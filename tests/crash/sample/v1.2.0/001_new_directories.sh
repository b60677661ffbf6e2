#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# New directories with what is in them.

set -eu
cd "$DPKG_ROOT/var/lib/sample"
case $1 in
check)
        [ -e index/by-name/z ]
        ;;
migrate)
        mkdir -p index/by-name index/by-age/young index/empty
        for name in $(seq 1 24); do
                echo "entry $name" >"index/by-age/young/$name"
        done
        (cd index/by-name && ln -s ../by-age/young/* .)
        mkfifo -m 600 index/queue
        chown 1000:1001 index/by-age index/by-age/young/7
        chmod 2750 index/by-age
        echo last >index/by-name/z
        ;;
esac
