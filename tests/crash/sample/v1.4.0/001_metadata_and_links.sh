#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Owners, modes, times, extended attributes, a further hard link, a symbolic link that leads elsewhere.

set -eu
cd "$DPKG_ROOT/var/lib/sample"
case $1 in
check)
        [ -e kept-three ]
        ;;
migrate)
        chmod 600 settings
        chown -R 1002:1002 next
        chmod 700 people
        setfattr -n user.checked -v yes records
        setfattr -x user.origin records
        touch --date=@1200000000 newcomers
        ln -sfn people/de link
        ln results kept-three
        ;;
esac
