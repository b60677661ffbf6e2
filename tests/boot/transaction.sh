#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A migration is a transaction on a real machine: in the units, with apt, and with the service that it is for.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

prepare() {
        publish "$DEPLOY_MIGRATE_DEBS"/*.deb
}

# ship_sample VERSION [MIGRATE]: with a gated service, and a second migration of these commands.
ship_sample() {
        package sample "$1"
        service restart
        [ "${1%%.*}" -lt 2 ] || format_migration 2.0.0/001_format
        [ $# -lt 2 ] || migration 2.0.0/002_more "$2"
        ship
}

list_data() {
        machine find /etc /var/lib /var/cache /var/log -path '*/sample*' ! -path '/var/lib/d*' ! -path '/etc/systemd/*' \
                -printf '%p %y %m %u %g %s %l\n' | sort
}

test_an_upgrade_is_undone_and_done_again() {
        ship_sample 1.0
        apt install sample
        list_data >"$WORK/before"
        ship_sample 2.0 'mkdir /etc/sample && echo new >/etc/sample/conf'
        apt upgrade
        assert_unit sample.service active
        assert_content /var/lib/sample/format 2
        expect 0 deploy-migrate status sample
        assert_out 'can be undone: 2 migrations'

        expect 0 systemctl stop sample.service
        expect 0 deploy-migrate undo sample
        list_data >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail "undo didn't put everything back"
        assert_history sample 'map(select(.event == "undone").id) | join(" ")' '2.0.0/002_more 2.0.0/001_format'

        expect 0 deploy-migrate preview sample
        assert_out /var/lib/sample/format
        assert_content /var/lib/sample/format 1
        expect 0 systemctl start sample.service
        assert_content /var/lib/sample/format 2
        assert_content /etc/sample/conf new
}

show() {
        machine systemctl show --property="$1" --value sample.service
}

# assert_running_with TEXT: the environment of the service has it, and systemd has read all of its files.
assert_running_with() {
        assert_unit sample.service active
        machine cat "/proc/$(show MainPID)/environ" | tr '\0' '\n' | grep -qx "SAMPLE=$1" || fail "it runs without $1"
        [ "$(show NeedDaemonReload)" = no ] || fail 'systemd has not read its files'
}

test_changed_units_are_read_before_the_service_starts() {
        package sample 1.0
        service restart
        ship
        apt install sample
        machine sh -c 'mkdir /etc/systemd/system/sample.service.d &&
                printf "[Service]\nEnvironment=SAMPLE=old\n" >/etc/systemd/system/sample.service.d/sample.conf &&
                systemctl daemon-reload && systemctl restart sample.service'
        assert_running_with old
        package sample 2.0
        service restart
        format_migration 2.0.0/001_format 'sed -i s/old/new/ /etc/systemd/system/sample.service.d/sample.conf'
        write /usr/lib/deploy-migrate/sample/package.json <<'END'
{"writes": ["/etc/systemd/system/sample.service.d", "/var/lib/sample"]}
END
        ship
        apt upgrade
        assert_running_with new
        expect 0 systemctl stop sample.service
        expect 0 deploy-migrate undo sample
        [ "$(show NeedDaemonReload) $(show Environment)" = 'no SAMPLE=old' ] || fail 'systemd has not read what was undone'
}

test_a_migration_that_fails_leaves_nothing() {
        ship_sample 1.0
        apt install sample
        list_data >"$WORK/before"
        ship_sample 2.0 'mkdir /etc/sample && echo new >/etc/sample/conf && echo 3 >/var/lib/sample/format && false'
        apt upgrade
        assert_unit sample.service inactive
        assert_content /var/lib/sample/format 2
        expect 1 deploy-migrate run sample
        expect 0 deploy-migrate undo sample
        list_data >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail "something has landed"
}

test_the_power_is_cut_right_after_the_commit() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        assert_settled
        cut_power
        boot
        assert_unit sample.service active
        assert_content /var/lib/sample/format 2
        assert_ran_once sample 2.0.0/001_format
        expect 0 deploy-migrate undo --force sample
        assert_content /var/lib/sample/format 1
}

run_tests
