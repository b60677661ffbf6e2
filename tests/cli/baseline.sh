#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A baseline says which version the data is at: that of a backup, too, which was restored after its migrations were applied.

. "${0%/*}/lib.sh"
need_root

ship() {
        migration sample 1.1.0/001_a
        migration sample 1.2.0/001_b
        upgraded sample 1.0-1 1.2-1
        expect 0 run sample
        calls >/dev/null
}

marker() {
        echo "$ROOT/var/lib/sample/$1"
}

test_a_backup_of_before_an_upgrade_is_migrated_again() {
        ship
        rm "$(marker 1.2.0-001_b)"
        expect 0 baseline sample 1.1
        expect 0 status --json sample
        assert_json '.packages[0] | .from + " " + .result' '1.1 pending'
        assert_json '[.packages[0].migrations[].state] | join(" ")' 'applied pending'
        assert_json '.packages[0].undo.migrations' 2
        expect 0 run sample
        assert_ran 1.2.0/001_b
        [ -e "$(marker 1.2.0-001_b)" ] || fail "the data isn't migrated"
        expect 0 run sample
        assert_calls
}

test_the_check_decides_what_of_it_runs() {
        ship
        rm "$(marker 1.1.0-001_a)"
        expect 0 baseline sample v1.0.0
        expect 0 run sample
        assert_calls 1.1.0/001_a:check 1.1.0/001_a:migrate 1.1.0/001_a:check 1.2.0/001_b:check
        assert_history sample '.[-1] | .event + " " + .from + " " + .to' 'completed 1.0.0 1.2-1'
}

test_what_undo_has_is_kept() {
        ship
        expect 0 baseline sample 1.0
        expect 0 undo sample
        [ ! -e "$(marker 1.1.0-001_a)" ] || fail 'nothing was undone'
        expect 0 run sample
        assert_ran 1.1.0/001_a 1.2.0/001_b
}

test_a_run_that_fails_goes_on_where_it_ended() {
        ship
        rm "$(marker 1.1.0-001_a)" "$(marker 1.2.0-001_b)"
        migration sample 1.2.0/001_b '' 'exit 1'
        expect 0 baseline sample 1.0
        expect 1 run sample
        migration sample 1.2.0/001_b
        calls >/dev/null
        expect 0 run sample
        assert_ran 1.2.0/001_b
}

test_what_was_skipped_stays_skipped() {
        ship
        expect 0 mark sample 1.2.0/001_b skipped --reason 'not here'
        expect 0 baseline sample 1.0
        expect 0 run sample
        assert_calls 1.1.0/001_a:check
}

# Only the administrator's own word does that.
test_a_version_for_one_run_reopens_nothing() {
        ship
        expect 0 run --from 1.0 sample
        assert_calls
}

test_evidence_counts_only_without_a_history() {
        migration sample 1.1.0/001_a
        package sample 1.2-1
        expect 0 baseline --if-unknown sample ''
        assert_missing /var/lib/deploy-migrate
        expect 0 baseline --if-unknown sample 1.0-1
        assert_history sample '.[-1] | .event + " " + .version' 'baseline 1.0-1'
        cp "$(history_of sample)" "$WORK/history"
        expect 0 baseline --if-unknown sample 0.9
        expect 2 baseline --if-unknown sample v1.a.3
        cmp "$(history_of sample)" "$WORK/history" || fail 'something was recorded'
        expect 0 run sample
        assert_ran 1.1.0/001_a
}

run_tests
