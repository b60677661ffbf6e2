#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine whose root is another user outside, as in containers of Incus, LXD and Proxmox: an upgrade, a preview, a failure, an undo.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

machine_options='--private-users=1048576:65536 --private-users-ownership=chown'
machine_user=-U
one_file_system=1

ship_sample() {
        package sample "$1"
        service restart
        [ "$1" = 1.0 ] ||
                format_migration "${1%%.*}.0.0/001_format" "${2:-:}"
        ship
}

# Each kind of change that attributes of the overlay stand for.
changes='cd /var/lib/sample
        rm gone
        rm -r replaced
        mkdir replaced
        echo new >replaced/file
        chown 33:33 replaced
        mv moved elsewhere'

make_data() {
        expect 0 sh -c 'cd /var/lib/sample && mkdir replaced moved && echo old | tee gone replaced/old moved/file'
}

test_an_upgrade_a_preview_a_failure_and_an_undo() {
        expect 0 grep -q 1048576 /proc/self/uid_map
        ship_sample 1.0
        apt install sample
        make_data
        ship_sample 2.0 'exit 1'
        apt upgrade
        assert_unit sample.service inactive
        assert_content /var/lib/sample/format 1
        expect 0 grep -q old /var/lib/sample/gone

        ship_sample 2.1 "$changes"
        apt upgrade
        assert_unit sample.service active
        assert_changed
        expect 0 systemctl stop sample.service
        expect 0 deploy-migrate undo sample
        assert_content /var/lib/sample/format 1
        assert_content /var/lib/sample/gone old
        assert_content /var/lib/sample/moved/file old

        expect 0 deploy-migrate preview sample
        assert_out '/var/lib/sample/elsewhere'
        assert_content /var/lib/sample/format 1
        expect 0 systemctl start sample.service
        assert_changed
}

assert_changed() {
        assert_content /var/lib/sample/format 2
        assert_content /var/lib/sample/replaced/file new
        assert_content /var/lib/sample/elsewhere/file old
        expect 0 stat -c %u:%g /var/lib/sample/replaced
        assert_out 33:33
        expect 1 sh -c 'cd /var/lib/sample && ls -d gone moved replaced/old | grep .'
        expect 0 python3 -c '
import os
raise SystemExit([directory for directory, _, _ in os.walk("/var/lib/sample") if os.listxattr(directory)] or 0)'
}

run_tests
