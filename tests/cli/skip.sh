#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reasons not to run a migration: the history, its own check, the administrator, the order of versions.

. "${0%/*}/lib.sh"
need_root

# The second of three migrations fails: the first is applied, and the upgrade isn't completed.
test_an_applied_migration_is_not_checked() {
        migration sample 1.1.0/001_done
        migration sample 1.1.0/002_fails 'exit 1' 'exit 1'
        upgraded sample 1.0 1.1
        expect 1 run sample
        assert_calls 1.1.0/001_done:check 1.1.0/001_done:migrate 1.1.0/001_done:check \
                1.1.0/002_fails:check 1.1.0/002_fails:migrate
        rm "$ROOT/var/lib/sample/1.1.0-001_done"
        expect 1 run sample
        assert_calls 1.1.0/002_fails:check 1.1.0/002_fails:migrate
        assert_missing /var/lib/sample/1.1.0-001_done
}

test_a_satisfied_migration_is_not_run() {
        migration sample 1.1.0/001_there
        migration sample 1.1.0/002_next
        upgraded sample 1.0 1.1
        write /var/lib/sample/1.1.0-001_there 'by hand'
        expect 0 run --json sample
        assert_calls 1.1.0/001_there:check 1.1.0/002_next:check 1.1.0/002_next:migrate 1.1.0/002_next:check
        assert_events sample baseline started:1.1.0/001_there satisfied:1.1.0/001_there \
                started:1.1.0/002_next committing:1.1.0/002_next applied:1.1.0/002_next completed
        assert_json '.packages[0].migrations[0].state' satisfied
        assert_content /var/lib/sample/1.1.0-001_there 'by hand'
}

test_a_marked_migration() {
        for number in 001 002 003; do
                migration sample 1.1.0/${number}_x
        done
        upgraded sample 1.0 1.1
        expect 2 mark sample 1.1.0/001_x applied
        expect 0 mark sample 1.1.0/001_x applied --reason 'did it by hand'
        expect 0 mark sample 1.1.0/002_x skipped --reason 'not wanted'
        expect 2 mark sample 1.1.0/009_x skipped --reason 'not there'
        expect 0 run --json sample
        assert_json '[.packages[0].migrations[].state] | join(" ")' 'applied skipped applied'
        assert_ran 1.1.0/003_x
        assert_history sample '[.[] | select(.event == "marked") | .as + ": " + .reason] | join(", ")' \
                'applied: did it by hand, skipped: not wanted'
}

test_a_migration_that_came_too_late() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.2
        expect 0 run sample
        assert_ran 1.1.0/001_x
        migration sample 1.1.0/002_late
        migration sample 1.0.0/001_older_than_the_history
        migration sample 1.3.0/001_y
        package sample 1.3
        expect 0 run --json sample
        assert_json '[.packages[0].migrations[] | .id + " " + .state] | join(", ")' \
                '1.1.0/002_late out-of-order, 1.3.0/001_y applied'
        assert_ran 1.3.0/001_y
        expect 0 status sample
        assert_out 1.1.0/002_late
        assert_out out-of-order
        expect 0 run sample
        assert_calls
}

test_a_migration_that_is_no_longer_shipped() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        expect 0 run sample
        rm -r "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0"
        expect 0 status --json sample
        assert_json '.packages[0].migrations[0] | .id + " " + .state' '1.1.0/001_x missing'
        package sample 1.2
        expect 0 run sample
}

test_a_migration_that_changed_after_it_was_applied() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        expect 0 run sample
        assert_ran 1.1.0/001_x
        echo '# another line' >>"$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
        expect 0 status sample
        assert_out modified
        package sample 1.2
        expect 0 run sample
        assert_calls
}

test_an_exit_status_for_pending_migrations() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        expect 0 status
        expect 10 status --exit-code
        expect 10 status --exit-code --json sample
        expect 0 run
        expect 0 status --exit-code
}

run_tests
