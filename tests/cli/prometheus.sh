#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# status --prometheus: the metrics of packages in all states, in the text format, and how they get into a file.

. "${0%/*}/lib.sh"
need_root

REPLACE_FILE=${0%/*}/../../units/replace-file
DIRECTORY=/var/lib/prometheus/node-exporter

# Ships one package for each result that a status can have.
ship() {
        for package in good fails waits later lower broken; do
                migration $package 1.1.0/001_first
                migration $package 1.1.0/002_second
                upgraded $package 1.0-1 1.1-1
        done
        migration fails 1.1.0/001_first 'exit 1' 'exit 1'
        migration later 1.1.0/001_first 'exit 1' 'exit 75'
        expect 1 run good fails later
        package lower 0.9-1
        touch "$ROOT/usr/lib/deploy-migrate/broken/v1.1.0/nonsense"
        upgraded gone 1.0-1 1.0-1
        package gone 1.0-1 'deinstall ok config-files'
}

# assert_metric NAME{LABELS} VALUE
assert_metric() {
        grep -qxF "deploy_migrate_$1 $2" "$OUT" || fail "not there: $1 $2"
}

assert_no_metric() {
        ! grep -F "deploy_migrate_$1" "$OUT" || fail "is there: $1"
}

# assert_result PACKAGE RESULT: the package has this result and no other.
assert_result() {
        assert_metric "package_result{package=\"$1\",result=\"$2\"}" 1
        [ "$(grep -c "^deploy_migrate_package_result{package=\"$1\",result=\"[a-z-]*\"} 0\$" "$OUT")" -eq 7 ] ||
                fail "other results of $1 aren't 0"
}

# Each family appears once, in one piece, after its help and type, and no sample appears twice.
assert_well_formed() {
        awk '
                /^# HELP [a-z_]+ [A-Z].*\.$/ { help = $3; next }
                /^# TYPE [a-z_]+ gauge$/ { if ($3 != help || seen[$3]++) exit 1; family = $3; next }
                /^[a-z_]+\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\} [0-9]+(\.[0-9]+)?$/ {
                        split($0, name, "{")
                        if (name[1] != family || samples[$1]++) exit 1
                        next
                }
                { exit 1 }
        ' "$OUT" || fail "it isn't well-formed"
}

test_each_result() {
        ship
        expect 0 status --prometheus
        assert_no_err
        assert_well_formed
        assert_result good nothing-to-do
        assert_result fails failed
        assert_result waits pending
        assert_result later postponed
        assert_result lower downgrade
        assert_result broken error
        assert_result gone not-installed
        assert_metric 'pending_migrations{package="good"}' 0
        assert_metric 'pending_migrations{package="fails"}' 2
        assert_metric 'pending_migrations{package="waits"}' 2
        assert_no_metric 'pending_migrations{package="gone"}'
        assert_metric 'given_up_migrations{package="fails"}' 0
        assert_no_metric 'given_up_migrations{package="gone"}'
        expect 1 run fails
        expect 1 run fails
        expect 0 status --prometheus fails
        assert_metric 'given_up_migrations{package="fails"}' 1
        expect 0 status --prometheus
        version=$("$DEPLOY_MIGRATE" --version)
        assert_metric "info{version=\"${version##* }\"}" 1
}

test_when_it_was_completed() {
        before=$(date +%s)
        ship
        expect 0 status --prometheus
        time=$(sed -n 's/^deploy_migrate_last_completed_timestamp_seconds{package="good"} //p' "$OUT")
        if [ "$time" -lt "$before" ] || [ "$time" -gt "$(date +%s)" ]; then
                fail "completed at $time"
        fi
        assert_no_metric 'last_completed_timestamp_seconds{package="fails"}'
        rm -r "$ROOT/usr/lib/deploy-migrate/good"
        package good 1.1-1 'purge ok not-installed'
        package other 1.0
        expect 0 run good
        assert_history good '.[-1].event' purged
        expect 0 status --prometheus
        assert_no_metric 'last_completed_timestamp_seconds{package="good"}'
}

test_how_long_the_last_run_took() {
        ship
        migration waits 1.1.0/001_first 'exit 1' 'sleep 0.2; exit 1'
        expect 0 status --prometheus
        assert_no_metric 'last_run_duration_seconds{package="waits"}'
        expect 1 run waits
        expect 0 status --prometheus
        grep -qE '^deploy_migrate_last_run_duration_seconds\{package="waits"\} [0-9]+\.[2-9][0-9]{2}$' "$OUT" ||
                fail "wrong: $(grep duration "$OUT")"
}

test_named_packages_and_none() {
        ship
        expect 0 status --prometheus waits
        assert_well_formed
        assert_result waits pending
        assert_no_metric 'package_result{package="good"'
        expect 10 status --prometheus --exit-code waits
        assert_result waits pending
        rm -r "$ROOT/usr/lib/deploy-migrate" "$ROOT/var/lib/deploy-migrate"
        expect 0 status --prometheus
        assert_well_formed
        [ "$(grep -c '^[^#]' "$OUT")" -eq 1 ] || fail "it prints more than the version"
}

test_a_history_that_can_not_be_read_is_an_error_of_its_package() {
        ship
        echo nonsense >"$(history_of good)"
        expect 0 status --prometheus
        assert_well_formed
        assert_result good error
        assert_result waits pending
}

test_no_metrics_if_some_are_unknown() {
        ship
        rm -r "$ROOT/usr/lib/deploy-migrate"
        touch "$ROOT/usr/lib/deploy-migrate"
        expect 3 status --prometheus
        [ ! -s "$OUT" ] || fail "it prints something"
        expect 2 status --prometheus 'No Name' waits
        [ ! -s "$OUT" ] || fail "it prints something"
}

test_not_together_with_json() {
        expect 2 status --prometheus --json
        assert_err "--prometheus and --json can't be combined"
        expect 2 run --prometheus
        assert_err "option '--prometheus' is not valid with run"
}

# replace STATUS COMMAND...
replace() {
        wanted=$1
        shift
        execute "$wanted" "$REPLACE_FILE" "$ROOT$DIRECTORY/deploy-migrate.prom" "$@"
}

# assert_files NAME...: the directory has exactly these files.
assert_files() {
        files=$(ls -A "$ROOT$DIRECTORY")
        [ "$files" = "$*" ] || fail "the directory has: $files"
}

test_a_file_is_replaced() {
        ship
        mkdir -p "$ROOT$DIRECTORY"
        for run in first second; do
                replace 0 "$DEPLOY_MIGRATE" --root "$ROOT" status --prometheus
                assert_no_err
                assert_files deploy-migrate.prom
                expect 0 status --prometheus
                cmp "$OUT" "$ROOT$DIRECTORY/deploy-migrate.prom" || fail "$run: the file differs from the output"
        done
        [ "$(stat -c %a "$ROOT$DIRECTORY/deploy-migrate.prom")" = 644 ] || fail "node-exporter can't read it"
}

test_an_outdated_file_is_removed() {
        write $DIRECTORY/deploy-migrate.prom old
        replace 1 sh -c 'echo half; exit 3'
        assert_files
        replace 1 "$DEPLOY_MIGRATE" --root "$ROOT/none" status --prometheus
        assert_files
}

test_a_temporary_file_that_exists_already() {
        write $DIRECTORY/deploy-migrate.prom old
        write /precious precious
        ln -s "$ROOT/precious" "$ROOT$DIRECTORY/deploy-migrate.prom.new"
        replace 0 echo new
        assert_files deploy-migrate.prom
        assert_content $DIRECTORY/deploy-migrate.prom new
        assert_content /precious precious
}

run_tests
