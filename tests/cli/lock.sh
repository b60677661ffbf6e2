#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One run at a time for each package; a lock ends with the process that holds it.

. "${0%/*}/lib.sh"
need_root

ship() {
        migration sample 1.1.0/001_x 'test -e "$marker"' 'gate; echo done >>"$marker"'
        upgraded sample 1.0 1.1
}

# hold [OPTION...]: starts a run that holds the lock, in migrate.
hold() {
        start run sample "$@"
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
}

test_of_two_runs_one_waits() {
        ship
        hold
        holder=$PID
        OUT=$WORK/out2 ERR=$WORK/err2
        start run sample
        sleep 0.3
        kill -0 "$PID" || fail 'the second run did not wait'
        open_gate
        finish 0
        PID=$holder
        finish 0
        assert_calls 1.1.0/001_x:check
        assert_content /var/lib/sample/1.1.0-001_x 'done'
        assert_events sample baseline started:1.1.0/001_x committing:1.1.0/001_x applied:1.1.0/001_x completed
}

test_many_runs_at_once() {
        for number in 001 002 003 004 005; do
                migration sample 1.1.0/${number}_x
        done
        upgraded sample 1.0 1.1
        pids=
        for i in 1 2 3 4 5 6 7 8; do
                OUT=/dev/null ERR=$WORK/err$i
                start run sample
                pids="$pids $PID"
        done
        for PID in $pids; do
                finish 0
        done
        assert_ran 1.1.0/001_x 1.1.0/002_x 1.1.0/003_x 1.1.0/004_x 1.1.0/005_x
        assert_history sample '[.[] | select(.event == "completed")] | length' 1
}

test_no_waiting() {
        ship
        hold
        assert_locked run sample
        assert_locked retry sample
        assert_locked baseline sample 1.1
        assert_locked mark sample 1.1.0/001_x applied --reason why
        open_gate
        finish 0
}

# assert_locked ARGUMENT...: it fails, and names the process that holds the lock.
assert_locked() {
        OUT=$WORK/out2 ERR=$WORK/err2
        expect 4 "$@" --lock-timeout 0
        assert_err "$PID"
        [ "$(wc -l <"$ERR")" -eq 1 ] || fail 'more than one line'
}

test_waiting_for_a_limited_time() {
        ship
        hold
        OUT=$WORK/out2 ERR=$WORK/err2
        begin=$(date +%s%N)
        expect 4 run sample --json --lock-timeout=1
        passed=$((($(date +%s%N) - begin) / 1000000))
        [ $passed -ge 1000 ] && [ $passed -lt 30000 ] || fail "waited $passed ms"
        assert_json '.packages[0].result' error
        assert_json ".packages[0].error | contains(\"$PID\")" true
        open_gate
        finish 0
}

test_waiting_can_be_interrupted() {
        ship
        hold
        holder=$PID
        OUT=$WORK/out2 ERR=$WORK/err2
        start run sample
        sleep 0.2
        kill -TERM "$PID"
        finish 5
        PID=$holder
        open_gate
        finish 0
        assert_events sample baseline started:1.1.0/001_x committing:1.1.0/001_x applied:1.1.0/001_x completed
}

test_verbs_that_only_read_take_no_lock() {
        ship
        hold
        OUT=$WORK/out2 ERR=$WORK/err2
        for command in status plan history; do
                execute 0 timeout 5 "$DEPLOY_MIGRATE" --root "$ROOT" $command sample
        done
        open_gate
        finish 0
}

test_other_packages_are_not_locked() {
        ship
        migration other 1.1.0/001_y
        upgraded other 1.0 1.1
        hold
        OUT=$WORK/out2 ERR=$WORK/err2
        expect 0 run other --lock-timeout 0
        expect 4 run --json --lock-timeout 0
        assert_json '[.packages[] | .package + " " + .result] | join(", ")' 'other nothing-to-do, sample error'
        open_gate
        finish 0
}

test_a_killed_holder_leaves_no_lock() {
        for sandbox in on off; do
                ship
                mkdir -p "$ROOT/var/lib/sample"
                hold --sandbox=$sandbox
                kill -KILL "$PID"
                finish 137
                hold --sandbox=$sandbox --lock-timeout 5 # what the killed one had started may take a moment to end
                open_gate
                finish 0
                rm -r "$ROOT/var/lib/deploy-migrate"
                rm "$ROOT/var/lib/sample"/*
                calls >/dev/null
                await_silence
        done
}

# A migration must not inherit the lock or any other descriptor of ours.
test_a_migration_inherits_nothing() {
        migration sample 1.1.0/001_x 'test -e "$marker"' 'ls -l /proc/self/fd >"$marker"'
        upgraded sample 1.0 1.1
        for sandbox in on off; do
                expect 0 run sample --sandbox=$sandbox
                ! grep -v -e ' [012] -> ' -e ' 3 -> pipe:' -e /proc/ -e ^total "$ROOT/var/lib/sample/1.1.0-001_x" || fail 'a descriptor leaked'
                rm "$ROOT/var/lib/sample"/*
                rm -r "$ROOT/var/lib/deploy-migrate"
                expect 0 baseline sample 1.0
        done
}

test_only_its_owner_can_hold_it() {
        ship # with a baseline, which takes it
        [ "$(stat -c %a "$ROOT/run/deploy-migrate/sample.lock")" = 600 ] || fail 'others can lock it'
}

run_tests
