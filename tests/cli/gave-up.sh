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

test_stops_do_not_count() {
        migration sample 1.1.0/001_waits 'test -e "$marker"' 'gate; touch "$marker"'
        upgraded sample 1.0 1.1
        for signal in TERM INT TERM TERM; do
                start run --json sample
                await_call 1.1.0/001_waits:check
                await_call 1.1.0/001_waits:migrate
                kill -"$signal" "$PID"
                finish 5
                assert_json '.packages[0] | .error + ", " + .migrations[0].state' \
                        'stopped in 1.1.0/001_waits, which starts again at the next run, pending'
        done
        assert_history sample '[.[] | select(.event == "interrupted").cause] | unique | join(" ")' stop
        assert_history sample '[.[] | select(.event == "started").attempt] | unique | length' 1
        open_gate
        expect 0 run sample
}

# fail_in_vain WHAT...: fails four times because of something that the migration can't help, then succeeds.
fail_in_vain() {
        for _ in 1 2 3 4; do
                execute 1 "$@"
        done
        assert_history sample '[.[] | select(.event == "failed").cause] | length' 4
        assert_history sample '[.[] | select(.event == "gave-up" or .attempt > 1)] | length' 0
}

test_what_a_program_can_not_help_does_not_count() {
        upgraded sample 1.0 1.1
        n=0
        while read -r text; do
                n=$((n + 1))
                migration sample "1.1.0/00${n}_x" 'test -e "$marker"' "test -e $CHANNEL/$n || { echo 'cp: x: $text' >&2; exit 1; }; touch \"\$marker\""
                fail_in_vain "$DEPLOY_MIGRATE" --root "$ROOT" run sample
                touch "$CHANNEL/$n"
                expect 0 run sample
                upgraded sample 1.0 1.1
                rm "$(history_of sample)"
                upgraded sample 1.0 1.1
        done <<END
No space left on device
Input/output error
END
}

test_what_the_system_lacks_does_not_count() {
        command -v strace >/dev/null || skip 'strace is missing'
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        for lack in fsopen:error=ENODEV clone:error=EPERM syncfs:error=EIO syncfs:error=ENOSPC fsmount:error=EMFILE; do
                for _ in 1 2 3 4; do
                        status=0
                        ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e "trace=${lack%%:*}" -e "inject=$lack" \
                                "$DEPLOY_MIGRATE" --root "$ROOT" run sample >"$OUT" 2>"$ERR" || status=$?
                        [ "$status" -ne 0 ] || fail "it succeeded without ${lack%%:*}"
                done
        done
        assert_history sample '[.[] | select(.event == "gave-up" or .attempt > 1)] | length' 0
        expect 0 run sample
}

# As when apt upgrades it: its service's unit fails, and then the trigger runs all packages.
test_one_upgrade_is_one_attempt() {
        migration sample 1.1.0/001_x '' 'exit 1'
        migration other 1.1.0/001_y
        upgraded sample 1.0 1.1
        upgraded other 1.0 1.1
        expect 1 run --unit sample
        calls >/dev/null
        expect 1 run --json
        assert_ran 1.1.0/001_y
        assert_json '.packages[1] | .result + " " + .migrations[0].state' 'failed failed'
        assert_err 'deploy-migrate run sample'
        expect 1 run # later
        assert_history sample '[.[] | select(.event == "failed")] | length' 2
}

test_another_upgrade_is_another_attempt() {
        migration sample 1.1.0/001_x '' 'exit 1'
        upgraded sample 1.0 1.1
        expect 1 run --unit sample
        package sample 1.1.1
        expect 1 run
        expect 1 run --unit sample
        assert_history sample '[.[] | select(.event == "failed")] | length' 3
}

test_postponements_do_not_count() {
        migration sample 1.1.0/001_later 'exit 1' 'exit 75'
        upgraded sample 1.0 1.1
        for _ in 1 2 3 4; do
                expect 1 run sample
        done
        assert_history sample '.[-1] | .event' postponed
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
