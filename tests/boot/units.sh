#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All kinds of units of a package: which of them run while its data isn't migrated, and which are restarted.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# ship_sample VERSION [COMMANDS [no-restart]]: a service, which an upgrade restarts, and instances, which it doesn't.
ship_sample() {
        package sample "$1"
        service "${3:-restart}"
        service_unit sample@.service
        [ "${1%%.*}" -lt 2 ] || format_migration "${1%%.*}.0.0/001_format" "${2:-:}"
        ship
}

instances='sample@a.service sample@b.service'

install_instances() {
        ship_sample 1.0
        apt install sample
        # shellcheck disable=SC2086 # a list
        expect 0 systemctl enable --now $instances
        assert_all active
}

assert_all() {
        for unit in sample.service $instances; do
                assert_unit "$unit" "$1"
        done
}

assert_nothing_failed() {
        expect 0 systemctl --failed --plain --no-legend
        [ ! -s "$OUT" ] || fail "failed: $(cat "$OUT")"
}

# shellcheck disable=SC2016 # for the migration
until_ready='[ -e /etc/sample-is-ready ] || exit 1'

test_two_instances_and_a_service() {
        install_instances
        ship_sample 2.0
        apt upgrade
        assert_all active
        assert_content /var/lib/sample/format 2
        assert_journal 'sample@a.service runs on the data that is to be migrated, so it is stopped for that'

        ship_sample 3.0 'exit 1'
        apt upgrade
        assert_all inactive
        assert_content /var/lib/sample/format 2
        ship_sample 3.1 :
        apt upgrade
        assert_all active
        assert_content /var/lib/sample/format 3
        assert_nothing_failed

        ship_sample 4.0 "$until_ready"
        apt upgrade
        expect 1 deploy-migrate retry sample
        assert_all inactive
        : >"$ROOT/etc/sample-is-ready"
        expect 0 deploy-migrate retry sample
        grep -qF 'sample@b.service stood still because of the migration, and is started again' "$ERR" || fail "it isn't said"
        assert_all active
        assert_content /var/lib/sample/format 4
        assert_nothing_failed
}

test_nobody_has_to_stop_for_what_was_given_up() {
        install_instances
        ship_sample 2.0 'exit 1' no-restart
        apt upgrade
        for try in 1 2 3; do
                expect 1 deploy-migrate run --force sample
        done
        expect 1 systemctl restart sample@a.service
        assert_unit sample@a.service inactive
        assert_unit sample@b.service active
        expect 1 deploy-migrate run sample
        grep -qF 'was given up' "$OUT" || fail "attempt $try: $(cat "$OUT")"
}

test_one_command_restarts_all() {
        install_instances
        ship_sample 2.0 : no-restart
        apt upgrade
        assert_all active
        assert_never_started sample
        expect 10 deploy-migrate status --json --exit-code sample
        command=$(jq -r '.packages[0].error' "$OUT" | sed -n "s/.*'\(systemctl restart [^']*\)'.*/\1/p")
        # shellcheck disable=SC2086 # a command
        expect 0 $command
        assert_all active
        assert_ran_once sample 2.0.0/001_format
        assert_nothing_failed
}

# make_template VERSION: no service, so that nobody has systemd reload.
make_template() {
        package sample "$1"
        service_unit sample@.service
        write /usr/libexec/sample <<'END'
#!/bin/sh
exec sleep infinity
END
        chmod 755 "$TREE/usr/libexec/sample"
}

test_a_gate_that_systemd_has_not_loaded() {
        make_template 1.0
        rm -r "$TREE/lib/systemd/system/sample@.service.d"
        ship
        apt install sample
        expect 0 systemctl enable --now sample@a.service
        make_template 2.0
        format_migration 2.0.0/001_format
        ship
        apt upgrade
        assert_unit sample@a.service active
        assert_never_started sample
        expect 0 systemctl restart sample@a.service
        assert_ran_once sample 2.0.0/001_format
}

# ship_init_script VERSION: it has no unit but the one that systemd makes of the script.
ship_init_script() {
        package sample "$1"
        write /etc/init.d/sample <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          sample
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
### END INIT INFO
case $1 in
start) cp /var/lib/sample/format /var/lib/sample/seen; sleep 1000 & echo $! >/run/sample.pid ;;
stop) kill "$(cat /run/sample.pid)" ;;
esac
END
        chmod 755 "$TREE/etc/init.d/sample"
        write /lib/systemd/system/sample.service.d/deploy-migrate.conf <<'END'
[Unit]
Requires=deploy-migrate@sample.service
After=deploy-migrate@sample.service
END
        maintainer_script postinst <<'END'
update-rc.d sample defaults
[ -z "$2" ] || action=restart
invoke-rc.d sample "${action:-start}" || true
END
        [ "$1" = 1.0 ] || format_migration 2.0.0/001_format
        ship
}

test_an_init_script() {
        ship_init_script 1.0
        apt install sample
        assert_unit sample.service active
        ship_init_script 2.0
        apt upgrade
        assert_unit sample.service active
        assert_content /var/lib/sample/seen 2
        assert_ran_once sample 2.0.0/001_format
}

run_tests
