#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory is renamed, another moved into a new one, and two are swapped.

set -eu
cd "$DPKG_ROOT/var/lib/sample"
case $1 in
check)
        [ -d people ] && [ -d archive/2024/inbox ] && [ -e current/1 ] && [ ! -e current/2 ]
        ;;
migrate)
        mv names people
        echo bernd >people/de/bernd
        mkdir -p archive/2024
        mv inbox archive/2024/inbox
        rm archive/2024/inbox/5
        echo 'letter 6, read' >archive/2024/inbox/6
        mv current swap
        mv next current
        mv swap next
        ;;
esac
