#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# apt upgrade on a running machine.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# install_sample [no-restart]: 1.0 with a gated service, which runs.
install_sample() {
        package sample 1.0
        service "${1:-restart}"
        ship
        apt install sample
        assert_unit sample.service active
}

# ship_sample VERSION [COMMANDS [no-restart]]: the version which needs another format, with a first migration that
# runs these commands.
ship_sample() {
        package sample "$1"
        service "${3:-restart}"
        migration 2.0.0/001_first "${2:-:}"
        format_migration 2.0.0/002_format
        ship
}

# ship_plain VERSION: a package without services.
ship_plain() {
        package plain "$1"
        [ "$1" = 1.0 ] || format_migration 2.0.0/001_format
        ship
}

test_a_gated_service_is_migrated_while_it_is_stopped() {
        install_sample
        ship_sample 2.0
        apt upgrade
        assert_settled
        assert_installed sample 2.0
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
        assert_events sample baseline started:2.0.0/001_first committing:2.0.0/001_first applied:2.0.0/001_first \
                started:2.0.0/002_format committing:2.0.0/002_format applied:2.0.0/002_format completed

        first=$(when DEPLOY_MIGRATE_ID=2.0.0/001_first)
        last=$(journal -r -n 1 -o json DEPLOY_MIGRATE_ID=2.0.0/002_format | jq -r .__MONOTONIC_TIMESTAMP)
        started=$(journal -r -n 1 -o json MESSAGE_ID=39f53479d3a045ac8e11786248231fbf UNIT=sample.service |
                jq -r .__MONOTONIC_TIMESTAMP)
        [ "$(when_stopped sample.service)" -lt "$first" ] || fail "a migration started before the service had stopped"
        [ "$last" -lt "$started" ] || fail "the service started before the last migration ended"
}

test_several_services_of_a_package_are_all_stopped_first() {
        package sample 1.0
        service restart sample sample-worker
        ship
        apt install sample
        package sample 2.0
        service restart sample sample-worker
        format_migration 2.0.0/001_format 'sleep 1'
        ship
        apt upgrade
        assert_settled
        assert_ran_once sample 2.0.0/001_format
        migrated=$(when DEPLOY_MIGRATE_ID=2.0.0/001_format)
        for unit in sample.service sample-worker.service; do
                assert_unit $unit active
                [ "$(when_stopped $unit)" -lt "$migrated" ] || fail "the migration started before $unit had stopped"
        done
}

test_a_package_without_services_is_migrated_by_the_trigger() {
        ship_plain 1.0
        apt install plain
        ship_plain 2.0
        apt upgrade
        assert_settled
        assert_ran_once plain 2.0.0/001_format
        assert_journal 2.0.0/001_format -u deploy-migrate.service
}

test_a_fresh_install_is_not_migrated() {
        ship_sample 2.0
        apt install sample
        assert_unit sample.service active
        assert_missing /var/lib/sample/2.0.0-001_first
        assert_events sample baseline
}

test_a_failing_migration_fails_neither_apt_nor_other_packages() {
        install_sample
        ship_plain 1.0
        apt install plain
        ship_sample 2.0 'echo "no room for the scores" >&2; exit 1'
        ship_plain 2.0
        apt upgrade
        assert_settled
        assert_installed sample 2.0
        assert_unit sample.service inactive
        assert_content /var/lib/sample/format 1
        assert_ran_once plain 2.0.0/001_format

        expect 0 systemctl --failed --plain --no-legend
        assert_out deploy-migrate@sample.service
        expect 3 systemctl status --no-pager --full sample.service
        assert_out 2.0.0/001_first
        assert_out 'no room for the scores'
        grep -qE 'deploy-migrate (retry|status|history) sample' "$OUT" || fail "no next step is in the status of the service"
        expect 10 deploy-migrate status --exit-code sample
}

test_a_fixed_package_is_migrated_and_its_service_starts() {
        install_sample
        ship_sample 2.0 'exit 1'
        apt upgrade
        assert_unit sample.service inactive
        ship_sample 2.0.1
        apt upgrade
        assert_settled
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
        expect 0 systemctl --failed --plain --no-legend
        assert_no_out deploy-migrate@sample.service
}

test_retry_runs_it_again() {
        install_sample
        # shellcheck disable=SC2016 # for the migration
        ship_sample 2.0 '[ -e /etc/sample-is-ready ] || exit 1'
        apt upgrade
        expect 1 deploy-migrate retry sample
        : >"$ROOT/etc/sample-is-ready"
        expect 0 deploy-migrate retry sample
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
        expect 0 systemctl start sample.service
        assert_unit sample.service active
}

test_a_service_that_is_not_restarted_is_never_migrated_under() {
        install_sample no-restart
        ship_sample 2.0 : no-restart
        apt upgrade
        assert_settled
        assert_unit sample.service active
        assert_never_started sample
        assert_content /var/lib/sample/format 1
        assert_journal sample.service -u deploy-migrate.service
        expect 10 deploy-migrate status --exit-code sample
        assert_out sample.service

        expect 0 systemctl restart sample.service
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
        first=$(when DEPLOY_MIGRATE_ID=2.0.0/001_first)
        [ "$(when_stopped sample.service)" -lt "$first" ] || fail "a migration started before the service had stopped"
}

test_a_start_of_a_running_service_does_not_migrate_under_it() {
        install_sample no-restart
        ship_sample 2.0 : no-restart
        apt upgrade
        machine systemctl start sample.service || true
        machine deploy-migrate run || true
        assert_unit sample.service active
        assert_never_started sample
        assert_content /var/lib/sample/format 1
}

test_force_migrates_under_a_running_service() {
        install_sample no-restart
        ship_sample 2.0 : no-restart
        apt upgrade
        expect 0 deploy-migrate run --force sample
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
}

test_a_preview_stops_apt_before_it_unpacks() {
        install_sample
        ship_sample 2.0 'echo "unworkable"; exit 1'
        expect 0 apt-get -q update
        expect 100 apt-get -q -y -o Dpkg::Use-Pty=0 -o DeployMigrate::Preview=require upgrade
        grep -qF 'unworkable' "$OUT" "$ERR" || fail "the reason isn't shown"
        assert_settled
        assert_installed sample 1.0
        assert_unit sample.service active
        assert_never_started sample
        assert_content /var/lib/sample/format 1
        expect 0 apt-get -q -y -o Dpkg::Use-Pty=0 -o DeployMigrate::Preview=show upgrade
        grep -qF "Migrations of sample from 1.0 to 2.0:" "$OUT" || fail "there is no preview"
        assert_installed sample 2.0

        package sample 2.1
        migration 2.0.0/001_first 'exit 1'
        echo '{"needs_package": true}' | write /usr/lib/deploy-migrate/sample/v2.0.0/001_first.json
        ship
        expect 0 apt-get -q update
        expect 0 apt-get -q -y -o Dpkg::Use-Pty=0 -o DeployMigrate::Preview=require upgrade
        grep -qF '2.0.0/001_first needs programs of the new version' "$OUT" || fail "it isn't said why there is no preview"
        assert_installed sample 2.1
}

# asks ID: this migration of the package that is begun asks for consent.
asks() {
        echo '{"consent": "It takes hours."}' | write "/usr/lib/deploy-migrate/$NAME/v$1.json"
}

# Beforehand, as configuration management writes it, and by hand. What waits for it blocks nothing else.
test_consent() {
        install_sample
        ship_plain 1.0
        apt install plain
        mkdir "$ROOT/etc/deploy-migrate"
        printf '# by the configuration management\nplain 2.0.0/001_format\n' >"$ROOT/etc/deploy-migrate/consent"
        for name in sample plain; do
                package $name 2.0
                [ $name = plain ] || service restart
                format_migration 2.0.0/001_format
                asks 2.0.0/001_format
                ship
        done
        apt upgrade
        assert_settled
        assert_ran_once plain 2.0.0/001_format
        assert_never_started sample
        assert_unit sample.service inactive
        assert_journal "deploy-migrate accept sample 2.0.0/001_format"
        expect 0 /etc/update-motd.d/95-deploy-migrate
        assert_out 'deploy-migrate accept'
        expect 0 deploy-migrate accept sample 2.0.0/001_format
        expect 0 deploy-migrate run sample
        assert_ran_once sample 2.0.0/001_format
        assert_unit sample.service active
}

test_policy_that_forbids_starting_services_is_obeyed() {
        install_sample
        printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
        chmod 755 "$ROOT/usr/sbin/policy-rc.d"
        ship_sample 2.0
        apt upgrade
        assert_settled
        assert_unit sample.service active
        assert_never_started sample
        rm "$ROOT/usr/sbin/policy-rc.d"
        expect 0 systemctl restart sample.service
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
}

run_tests
