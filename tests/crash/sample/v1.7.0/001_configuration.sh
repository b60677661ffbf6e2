#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The configuration file, and a log directory that wasn't there.

set -eu
file=$DPKG_ROOT/etc/sample/sample.conf
log=$DPKG_ROOT/var/log/sample
case $1 in
check)
        read -r line <"$file" && [ "$line" = 'color = red' ] && [ -e "$log/upgrade" ]
        ;;
migrate)
        sed -i 's/colour/color/' "$file"
        mkdir -p "$log"
        echo 'colour was renamed' >"$log/upgrade"
        ;;
esac
