#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs that meet each other, and upgrades that meet a run: nothing is lost, and nothing runs twice.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# A migration which waits for this file.
gate='while [ ! -e /usr/local/go-on ]; do sleep 0.05; done'

open_gate() {
        : >"$ROOT/usr/local/go-on"
}

# ship_plain NAME VERSION: a package without services. That of 2.0 waits at the gate when it is called slow.
ship_plain() {
        package "$1" "$2"
        [ "$2" = 1.0 ] || migration 2.0.0/001_first "$([ "$1" != slow ] || echo "$gate")"
        [ "$2" != 3.0 ] || migration 3.0.0/001_second
        ship
}

# upgrade_without_a_run: as on a machine whose administrator forbade it to start services.
upgrade_without_a_run() {
        printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
        chmod 755 "$ROOT/usr/sbin/policy-rc.d"
        apt upgrade
        rm "$ROOT/usr/sbin/policy-rc.d"
}

start_run() {
        expect 0 systemctl start --no-block deploy-migrate.service
        await has_event slow started
}

is_done() {
        [ "$(machine systemctl show --value -p ActiveState deploy-migrate.service)" != activating ]
}

test_two_starts_at_once() {
        ship_plain slow 1.0
        apt install slow
        ship_plain slow 2.0
        upgrade_without_a_run
        for unit in deploy-migrate.service deploy-migrate@slow.service deploy-migrate.service deploy-migrate@slow.service; do
                machine systemctl start "$unit" &
        done
        machine deploy-migrate run &
        await has_event slow started
        sleep 0.5
        open_gate
        wait
        assert_ran_once slow 2.0.0/001_first
        assert_events slow baseline started:2.0.0/001_first committing:2.0.0/001_first applied:2.0.0/001_first completed
        for unit in deploy-migrate.service deploy-migrate@slow.service; do
                assert_unit "$unit" inactive
        done
}

test_an_upgrade_that_lands_during_a_run() {
        for package in another slow; do
                ship_plain "$package" 1.0
                apt install "$package"
        done
        ship_plain slow 2.0
        upgrade_without_a_run
        start_run
        ship_plain another 2.0
        (apt upgrade) &
        await_trigger
        open_gate
        wait $!
        await is_done
        assert_settled
        for package in another slow; do
                assert_ran_once "$package" 2.0.0/001_first
                assert_events "$package" baseline started:2.0.0/001_first committing:2.0.0/001_first applied:2.0.0/001_first completed
        done
}

# await_trigger: dpkg is through but for the trigger, whose start of the unit waits for the run that is on.
await_trigger() {
        await machine pgrep -f '^systemctl .*start deploy-migrate.service'
        sleep 0.3
}

test_an_upgrade_of_the_package_that_is_being_migrated() {
        ship_plain slow 1.0
        apt install slow
        ship_plain slow 2.0
        upgrade_without_a_run
        start_run
        ship_plain slow 3.0
        (apt upgrade) &
        await_trigger
        open_gate
        wait $!
        await is_done
        assert_settled
        assert_ran_once slow 2.0.0/001_first 3.0.0/001_second
        assert_history slow '.[-1] | .event + " " + .to' 'completed 3.0'
}

test_a_start_during_activation_without_blocking() {
        for package in another slow; do
                ship_plain "$package" 1.0
                apt install "$package"
        done
        ship_plain slow 2.0
        upgrade_without_a_run
        start_run
        ship_plain another 2.0
        upgrade_without_a_run
        expect 0 systemctl start --no-block deploy-migrate.service
        open_gate
        await is_done
        assert_ran_once slow 2.0.0/001_first
        assert_ran_once another 2.0.0/001_first
}

run_tests
