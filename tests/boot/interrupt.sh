#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Migrations that are stopped, hang or fail again and again.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# Takes until it is stopped when it is started for the first time. A stop is no attempt, so DEPLOY_MIGRATE_ATTEMPT doesn't tell.
# shellcheck disable=SC2016 # for the migration
long='[ "$(grep -c "\"started\"" "/var/lib/deploy-migrate/$DEPLOY_MIGRATE_PACKAGE/history.jsonl")" -gt 1 ] || {
                setsid sleep 4321 & sleep 4321
        }'

# ship_plain VERSION [COMMANDS]: a package without services.
ship_plain() {
        package plain "$1"
        [ "$1" = 1.0 ] || migration 2.0.0/001_long "$2"
        ship
}

# ship_sample VERSION [COMMANDS]: a package with a gated service.
ship_sample() {
        package sample "$1"
        service restart
        [ "$1" = 1.0 ] || format_migration 2.0.0/001_long "$2"
        ship
}

ship_both() {
        ship_plain 2.0 "$1"
        ship_sample 2.0 "$1"
}

# start_upgrade PACKAGE: until its migration runs. dpkg waits for that, in the background.
start_upgrade() {
        (apt upgrade) &
        await is_migrating "$1"
}

is_migrating() {
        has_event "$1" started && machine pgrep -fx 'sleep 4321' >"$WORK/found"
}

assert_nothing_left() {
        ! machine pgrep -fx 'sleep 4321' || fail "something that the migration started is still there"
}

# upgrade_offline: with the machine off.
upgrade_offline() {
        power_off
        "$@"
        apt upgrade
}

test_systemctl_stop_in_the_middle() {
        ship_plain 1.0
        apt install plain
        ship_plain 2.0 "$long"
        start_upgrade plain
        expect 0 systemctl stop deploy-migrate.service
        assert_nothing_left
        wait
        assert_settled
        assert_installed plain 2.0
        assert_history plain 'map(.event) | join(" ")' 'baseline started interrupted'

        expect 0 systemctl start deploy-migrate.service
        assert_ran_once plain 2.0.0/001_long
        assert_history plain 'map(.event) | join(" ")' 'baseline started interrupted started committing applied completed'
}

test_a_reboot_in_the_middle() {
        ship_plain 1.0
        ship_sample 1.0
        apt install plain sample
        upgrade_offline ship_both "$long"
        power_on
        await is_migrating sample
        power_off
        assert_history sample 'map(.event) | join(" ")' 'baseline started interrupted'
        power_on
        await is_migrating plain
        assert_history sample 'map(.event) | join(" ")' 'baseline started interrupted started committing applied completed'
        power_off
        boot
        for package in plain sample; do
                assert_ran_once "$package" 2.0.0/001_long
                assert_history "$package" 'map(.event) | join(" ")' 'baseline started interrupted started committing applied completed'
        done
        assert_unit sample.service active
}

test_a_power_cut_in_the_middle() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0 "$long"
        start_upgrade sample
        cut_power
        boot
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_long
        assert_history sample 'map(.event) | join(" ")' 'baseline started interrupted started committing applied completed'
        expect 0 dpkg --configure -a
        assert_settled
}

test_a_reboot_during_apt_upgrade() {
        ship_plain 1.0
        apt install plain
        ship_plain 2.0 "$long"
        start_upgrade plain
        reboot
        assert_ran_once plain 2.0.0/001_long
        expect 0 dpkg --configure -a
        assert_settled
        assert_installed plain 2.0
        assert_history plain 'map(.event) | join(" ")' 'baseline started interrupted started committing applied completed'
}

ship_hanging() {
        package sample 2.0
        service restart
        format_migration 2.0.0/001_hangs 'setsid sleep 4321 & sleep 4321'
        echo '{"timeout_sec": 2}' | write /usr/lib/deploy-migrate/sample/v2.0.0/001_hangs.json
        ship
}

test_a_migration_that_hangs_is_stopped_and_the_boot_goes_on() {
        ship_sample 1.0
        apt install sample
        upgrade_offline ship_hanging
        boot
        assert_nothing_left
        assert_unit multi-user.target active
        assert_unit sample.service inactive
        assert_history sample '[.[] | select(.event == "failed") | .timeout != null] | first' true
        expect 0 systemctl --failed --plain --no-legend
        assert_out deploy-migrate@sample.service
}

test_three_failing_boots_and_no_more() {
        ship_plain 1.0
        apt install plain
        upgrade_offline ship_plain 2.0 'exit 1'
        boot
        reboot
        reboot
        assert_events plain baseline started:2.0.0/001_long failed:2.0.0/001_long started:2.0.0/001_long failed:2.0.0/001_long \
                started:2.0.0/001_long failed:2.0.0/001_long gave-up:2.0.0/001_long
        before=$(cat "$(history_of plain)")
        reboot
        [ "$(cat "$(history_of plain)")" = "$before" ] || fail "the fourth boot did something"
        expect 0 systemctl --failed --plain --no-legend
        assert_out deploy-migrate.service
        assert_journal 'deploy-migrate retry plain' --boot -u deploy-migrate.service
}

test_three_power_cuts_and_no_more() {
        ship_sample 1.0
        apt install sample
        upgrade_offline ship_sample 2.0 'sleep 4321'
        for attempt in 1 2 3; do
                power_on
                await has_attempt sample "$attempt"
                cut_power
        done
        boot
        assert_nothing_left
        assert_history sample '[.[] | select(.event == "started")] | length' 3
        assert_history sample '.[-1].event' gave-up
        assert_unit sample.service inactive
}

# has_attempt PACKAGE NUMBER: to wait for it.
has_attempt() {
        jq -e --argjson attempt "$2" 'select(.event == "started" and .attempt == $attempt)' "$(history_of "$1")" >"$WORK/found" 2>&1
}

run_tests
