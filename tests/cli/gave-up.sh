#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A migration that fails repeatedly is given up until an administrator or a new version of it intervenes.

. "${0%/*}/lib.sh"
need_root

ship() {
        migration sample 1.1.0/001_fails 'exit 1' 'echo because; exit 1'
        upgraded sample 1.0 1.1
        for _ in 1 2 3; do
                expect 1 run sample
        done
        calls >/dev/null
}

test_three_failures_are_enough() {
        ship
        assert_events sample baseline started:1.1.0/001_fails failed:1.1.0/001_fails \
                started:1.1.0/001_fails failed:1.1.0/001_fails \
                started:1.1.0/001_fails failed:1.1.0/001_fails gave-up:1.1.0/001_fails
        assert_history sample '[.[] | select(.event == "started") | .attempt | tostring] | join(" ")' '1 2 3'
        cp "$(history_of sample)" "$WORK/history"
        expect 1 run --json sample
        assert_calls
        cmp "$(history_of sample)" "$WORK/history" || fail 'something was recorded'
        assert_json '.packages[0] | .result + " " + .migrations[0].state' 'failed gave-up'
        expect 1 run sample
        cat "$OUT" >>"$ERR"
        assert_err 1.1.0/001_fails
        assert_err 'deploy-migrate retry sample'
        expect 0 status sample
        assert_out gave-up
}

test_retry_tries_again() {
        ship
        expect 1 retry sample
        assert_calls 1.1.0/001_fails:check 1.1.0/001_fails:migrate
        assert_history sample '[.[] | select(.event == "started")][-1].attempt' 1
        expect 1 run sample
        expect 1 run sample
        assert_history sample '.[-1].event' gave-up
}

test_a_file_that_changed_is_tried_again() {
        ship
        migration sample 1.1.0/001_fails
        expect 0 run sample
        assert_ran 1.1.0/001_fails
        assert_history sample '[.[] | select(.event == "started")][-1].attempt' 1
}

test_a_marked_migration_no_longer_blocks() {
        ship
        migration sample 1.1.0/002_next
        expect 0 mark sample 1.1.0/001_fails skipped --reason 'not needed here'
        expect 0 run sample
        assert_ran 1.1.0/002_next
}

test_three_interruptions_are_enough() {
        migration sample 1.1.0/001_kills 'exit 1' 'gate'
        upgraded sample 1.0 1.1
        for _ in 1 2 3; do
                start run sample
                await_call 1.1.0/001_kills:check
                await_call 1.1.0/001_kills:migrate
                kill -KILL "$PID"
                finish 137
                await_silence
        done
        expect 1 run --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].state' 'failed gave-up'
        assert_history sample '[.[-2, -1].event] | join(" ")' 'interrupted gave-up'
        assert_calls
}

test_three_stops_are_enough() {
        migration sample 1.1.0/001_waits 'exit 1' 'gate'
        upgraded sample 1.0 1.1
        for said in "starts again at the next run" "starts again at the next run" "is given up after repeated failures"; do
                start run --json sample
                await_call 1.1.0/001_waits:check
                await_call 1.1.0/001_waits:migrate
                kill -TERM "$PID"
                finish 5
                assert_json '.packages[0].error' "stopped in 1.1.0/001_waits, which $said"
        done
        assert_json '.packages[0].migrations[0].state' gave-up
        assert_history sample '[.[-2, -1].event] | join(" ")' 'interrupted gave-up'
}

test_retry_without_anything_to_retry() {
        expect 3 retry sample
        assert_err history
        assert_missing /var/lib/deploy-migrate
}

test_an_earlier_migration_hides_nothing() {
        ship
        migration sample 1.1.0/000_new
        mkdir -p "$ROOT/var/lib/sample"
        expect 0 status --json sample
        assert_json '.packages[0].result' failed
        expect 1 run --json sample
        assert_ran 1.1.0/000_new
        assert_json '.packages[0].result' failed
        assert_json '.packages[0].error | contains("deploy-migrate retry sample")' true
}

run_tests
