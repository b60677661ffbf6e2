#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The migrations that a run executes, their order, and the version that it starts from.

. "${0%/*}/lib.sh"
need_root

ship() {
        for version in 1.0.0 1.1.0 1.2.0 1.3.0; do
                migration sample "$version/001_first"
                migration sample "$version/002_second"
        done
}

test_exactly_what_lies_between() {
        ship
        upgraded sample 1.0-1 1.2-1
        expect 0 run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second 1.2.0/001_first 1.2.0/002_second
        assert_events sample baseline \
                started:1.1.0/001_first committing:1.1.0/001_first applied:1.1.0/001_first started:1.1.0/002_second committing:1.1.0/002_second applied:1.1.0/002_second \
                started:1.2.0/001_first committing:1.2.0/001_first applied:1.2.0/001_first started:1.2.0/002_second committing:1.2.0/002_second applied:1.2.0/002_second \
                completed
        assert_history sample '.[-1] | .from + " " + .to' '1.0-1 1.2-1'
}

test_a_second_run_executes_nothing() {
        ship
        upgraded sample 1.0-1 1.2-1
        expect 0 run sample
        calls >/dev/null
        assert_unchanged expect 0 run sample
        assert_out 'nothing to do'
        assert_calls
}

test_a_skipped_release_is_made_up_for() {
        ship
        upgraded sample 1.0 1.3
        expect 0 run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second 1.2.0/001_first 1.2.0/002_second 1.3.0/001_first 1.3.0/002_second
}

test_one_release_after_the_other() {
        ship
        upgraded sample 1.0-1 1.1-1
        expect 0 run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second
        package sample 1.3-1
        expect 0 run sample
        assert_ran 1.2.0/001_first 1.2.0/002_second 1.3.0/001_first 1.3.0/002_second
}

test_versions_and_numbers_are_ordered_as_numbers() {
        for id in 1.10.0/001_a 1.9.0/001_a 1.9.0/100_c 1.9.0/020_b 2.0.0-rc.1/001_a 2.0.0/001_a 1.9.11/001_a 1.9.2/001_a; do
                migration sample "$id"
        done
        upgraded sample 1.0 2.0
        expect 0 run sample
        assert_ran 1.9.0/001_a 1.9.0/020_b 1.9.0/100_c 1.9.2/001_a 1.9.11/001_a 1.10.0/001_a 2.0.0-rc.1/001_a 2.0.0/001_a
}

test_an_epoch_that_rose_has_no_lower_bound() {
        ship
        upgraded sample 5.0 1:1.1-1
        expect 0 run sample
        assert_ran 1.0.0/001_first 1.0.0/002_second 1.1.0/001_first 1.1.0/002_second
}

test_since_takes_the_place_of_the_directory() {
        migration sample 1.1.0/001_late
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_late.json '{"since": "1.2-5"}'
        upgraded sample 1.0-1 1.2-4
        expect 0 run sample
        assert_calls
        package sample 1.2-5
        expect 0 run sample
        assert_ran 1.1.0/001_late
}

test_from_the_version_configured_last() {
        ship
        package sample 1.2-1 'install ok half-configured' 1.1-1
        expect 0 run --json sample
        assert_json '.packages[0].from_source' config-version
        assert_ran 1.2.0/001_first 1.2.0/002_second
}

test_from_the_log_of_dpkg() {
        ship
        package sample 1.2-1
        write /var/log/dpkg.log '2026-01-01 12:00:00 upgrade sample:all 1.1-1 1.2-1'
        expect 0 run --json sample
        assert_json '.packages[0].from_source' dpkg-log
        assert_ran 1.2.0/001_first 1.2.0/002_second
}

test_from_a_rotated_log_of_dpkg() {
        ship
        package sample 1.2-1
        write /var/log/dpkg.log '2026-01-01 12:00:00 upgrade sample:all 1.1-1 1.2-1'
        write /var/log/dpkg.log.2 '2025-01-01 12:00:00 install sample:all <none> 1.0-1'
        gzip "$ROOT/var/log/dpkg.log.2"
        expect 0 run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second 1.2.0/001_first 1.2.0/002_second
}

test_from_nothing_at_all() {
        ship
        package sample 1.2-1
        expect 0 run sample
        assert_err 1.2-1
        assert_calls
        assert_history sample '.[0] | .event + " " + .version + " " + .source' 'baseline 1.2-1 installed'
        package sample 1.3-1
        expect 0 run sample
        assert_ran 1.3.0/001_first 1.3.0/002_second
}

test_a_baseline_set_by_hand() {
        ship
        package sample 1.2-1
        expect 0 run sample
        expect 0 baseline sample 1.1
        expect 0 run sample
        assert_ran 1.2.0/001_first 1.2.0/002_second
}

test_an_update_of_the_database_that_is_not_folded_in_yet() {
        ship
        upgraded sample 1.0-1 1.0-1
        write /var/lib/dpkg/updates/0001 <<'END'
Package: sample
Status: install ok unpacked
Architecture: all
Version: 1.1-1
Config-Version: 1.0-1
END
        expect 0 run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second
}

test_from_and_to_need_no_database() {
        ship
        expect 0 run sample --from 1.0.0 --to 1.1.0
        assert_ran 1.1.0/001_first 1.1.0/002_second
        expect 0 run sample --to 1.2.0
        assert_ran 1.2.0/001_first 1.2.0/002_second
        expect 0 run sample --to v1.2.0
        assert_out 'nothing to do'
        assert_calls
        expect 3 run sample
        assert_err var/lib/dpkg
}

test_all_packages_and_those_that_are_named() {
        for name in one two; do
                migration $name 1.1.0/001_$name
                upgraded $name 1.0 1.1
        done
        expect 0 run two
        assert_ran 1.1.0/001_two
        expect 0 run
        assert_ran 1.1.0/001_one
        expect 0 run
        assert_calls
}

test_one_that_fails_does_not_stop_the_others() {
        migration one 1.1.0/001_one 'exit 1' 'exit 1'
        migration two 1.1.0/001_two
        migration zoo 1.1.0/001_zoo
        for name in one two zoo; do
                upgraded $name 1.0 1.1
        done
        touch "$ROOT/usr/lib/deploy-migrate/zoo/v1.1.0/odd name"
        expect 3 run --json
        assert_json '[.packages[] | .package + " " + .result] | join(", ")' 'one failed, two completed, zoo error'
        assert_calls 1.1.0/001_one:check 1.1.0/001_one:migrate 1.1.0/001_two:check 1.1.0/001_two:migrate 1.1.0/001_two:check
}

test_states_in_which_nothing_is_migrated() {
        ship
        upgraded sample 1.0 1.2
        for state in 'deinstall ok config-files' 'purge ok not-installed'; do
                package sample 1.2 "$state"
                expect 0 plan --json sample
                assert_json '.packages[0].result' not-installed
        done
        for state in 'install reinstreq installed' 'install ok half-installed' 'install reinstreq half-installed'; do
                package sample 1.2 "$state"
                expect 3 run sample
                assert_err 'apt install --reinstall sample'
        done
        assert_calls
}

test_states_in_which_it_is_migrated() {
        ship
        for state in unpacked half-configured triggers-awaited triggers-pending installed; do
                upgraded sample 1.0 1.1 "install ok $state"
                expect 0 plan --json sample
                assert_json '.packages[0].result' pending
        done
}

test_a_plan_changes_and_executes_nothing() {
        ship
        upgraded sample 1.0 1.1
        for command in plan status history; do
                assert_unchanged expect 0 $command
                assert_unchanged expect 0 $command sample
        done
        assert_unchanged expect 0 run --dry-run
        assert_unchanged expect 0 run --dry-run sample
        expect 0 plan --json sample
        assert_json '[.packages[0].migrations[] | .id + " " + .state] | join(", ")' \
                '1.1.0/001_first pending, 1.1.0/002_second pending'
        assert_calls
}

test_a_plan_for_a_package_without_history() {
        ship
        package sample 1.1 'install ok half-configured' 1.0
        assert_unchanged expect 0 plan sample
        assert_out 1.1.0/002_second
        assert_calls
}

test_a_package_name_as_a_systemd_instance() {
        migration 'sample+x' 1.1.0/001_first
        upgraded 'sample+x' 1.0 1.1
        expect 0 run --unit 'sample\x2bx'
        assert_ran 1.1.0/001_first
}

test_the_environment_of_a_migration() {
        migration sample 1.1.0/001_look 'test -e "$marker"' '
                env | grep -v ^_= | LC_ALL=C sort >"$marker"
                { pwd; umask; readlink /proc/self/fd/0; } >"$marker.rest"
                cut -d " " -f 6 /proc/self/stat >"$marker.session"'
        upgraded sample 1.0-1 1.1-1
        export STRAY=1
        expect 0 run sample
        assert_content /var/lib/sample/1.1.0-001_look "DEPLOY_MIGRATE_ATTEMPT=1
DEPLOY_MIGRATE_FROM=1.0-1
DEPLOY_MIGRATE_ID=1.1.0/001_look
DEPLOY_MIGRATE_KITS=$DEPLOY_MIGRATE_DATADIR/kits
DEPLOY_MIGRATE_PACKAGE=sample
DEPLOY_MIGRATE_PHASE=migrate
DEPLOY_MIGRATE_PROGRESS_FD=3
DEPLOY_MIGRATE_TO=1.1-1
DEPLOY_MIGRATE_VERSION=1.1.0
DPKG_ROOT=$ROOT
HOME=/root
LANG=C.UTF-8
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PWD=/"
        assert_content /var/lib/sample/1.1.0-001_look.rest '/
0022
/dev/null'
        session=$(cut -d ' ' -f 6 /proc/$$/stat)
        [ "$(cat "$ROOT/var/lib/sample/1.1.0-001_look.session")" != "$session" ] || fail 'it runs in our session'
}

test_the_root_in_the_environment() {
        ship
        upgraded sample 1.0 1.1
        execute 0 env DPKG_ROOT="$ROOT" "$DEPLOY_MIGRATE" run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second
}

test_the_database_in_the_environment() {
        ship
        upgraded sample 1.0 1.1
        mv "$ROOT/var/lib/dpkg" "$ROOT/elsewhere"
        expect 3 plan sample
        execute 0 env DPKG_ROOT="$ROOT" DPKG_ADMINDIR="$ROOT/elsewhere" "$DEPLOY_MIGRATE" run sample
        assert_ran 1.1.0/001_first 1.1.0/002_second
}

test_nothing_to_run_at_all() {
        mkdir -p "$ROOT/var/lib/dpkg"
        : >"$ROOT/var/lib/dpkg/status"
        assert_unchanged expect 0 run
        expect 0 run --json sample
        assert_json '.packages[0].result' not-installed
}

test_an_upgrade_that_arrives_during_a_run() {
        migration aaa 2.0.0/001_a
        migration bbb 2.0.0/001_b 'test -e "$marker"' 'gate; echo done >"$marker"'
        migration ccc 2.0.0/001_c
        mkdir -p "$ROOT/var/lib/aaa" "$ROOT/var/lib/bbb" "$ROOT/var/lib/ccc"
        upgraded aaa 1.0 1.0
        upgraded bbb 1.0 2.0
        upgraded ccc 1.0 1.0
        start run
        await_call 2.0.0/001_b:check
        await_call 2.0.0/001_b:migrate
        package aaa 2.0
        open_gate
        finish 0
        assert_calls 2.0.0/001_b:check 2.0.0/001_a:check 2.0.0/001_a:migrate 2.0.0/001_a:check
}

test_software_that_dpkg_does_not_know_keeps_its_baseline() {
        migration sample 1.1.0/001_x
        package other 1.0
        expect 0 baseline sample 1.0
        mkdir -p "$ROOT/var/lib/sample"
        expect 0 run
        assert_events sample baseline
        expect 0 run sample --to 1.1
        assert_ran 1.1.0/001_x
}

test_an_explicit_from_is_taken_up_again() {
        migration sample 2.0.0/001_x 'test -e "$marker"' 'test -e "$DPKG_ROOT/var/lib/sample/repaired" && echo done >"$marker"'
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 2.0 2.0
        expect 1 run sample --from 1.0
        expect 10 status --exit-code sample
        : >"$ROOT/var/lib/sample/repaired"
        calls >/dev/null
        expect 0 run sample
        assert_ran 2.0.0/001_x
}

run_tests
