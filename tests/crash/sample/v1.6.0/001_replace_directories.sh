#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory becomes another one, a file, and a file a directory; one leaves a directory that was moved before.

set -eu
cd "$DPKG_ROOT/var/lib/sample"
case $1 in
check)
        [ -f odd ] && [ -d newcomers ] && [ ! -e cache/1 ] && [ -d fr ]
        ;;
migrate)
        rm -r cache
        mkdir -m 711 cache
        echo new >cache/new
        mv odd/deep cache/deep
        rm -r odd
        echo 'a file' >odd
        rm newcomers
        mkdir newcomers
        echo carol >newcomers/carol
        mv people/fr fr
        ;;
esac
