#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# One transaction on two file systems; what is declared as /srv/fresh isn't there before.

set -eu
cd "$DPKG_ROOT/srv/second"
ours=$DPKG_ROOT/var/lib/sample
case $1 in
check)
        read -r format <format && [ "$format" = 'format 2' ] && [ -d old-logs ] && [ -e "$DPKG_ROOT/srv/fresh/note" ] && [ ! -e "$ours/records" ]
        ;;
migrate)
        echo 'format 2' >format
        mkdir store store/part
        mv "$ours/records" store/part/records
        mv "$ours/next" store/next
        mv logs old-logs
        rm old-logs/3
        seq 1 700 >old-logs/4
        rm -r spool
        chmod 700 store
        mkdir "$DPKG_ROOT/srv/fresh"
        echo 'format 2' >"$DPKG_ROOT/srv/fresh/note"
        echo 'format of /srv/second: 2' >>"$ours/settings"
        ;;
esac
