#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The program is killed or stopped in the middle of a run: nothing that it started survives, and the next run completes.

. "${0%/*}/lib.sh"
need_root

# A migration whose phases each start a daemon and wait at the gate. The effect of migrate tells the second check from the first.
ship() {
        migration sample 1.1.0/001_before
        migration sample 1.1.0/002_x '(setsid sleep 300 &); gate; test -e "$marker"' \
                '(setsid sleep 300 &); gate; echo done >>"$marker"'
        migration sample 1.1.0/003_after
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0 1.1
}

# begin PHASE OPTION...: runs in the background until the second migration is in the phase check, migrate or verify.
begin() {
        phase=$1
        shift
        start run "$@" sample
        for call in 1.1.0/001_before:check 1.1.0/001_before:migrate 1.1.0/001_before:check 1.1.0/002_x:check; do
                await_call $call
        done
        [ "$phase" != check ] || return 0
        open_gate
        await_call 1.1.0/002_x:migrate
        [ "$phase" != migrate ] || return 0
        open_gate
        await_call 1.1.0/002_x:check
}

has_ended() {
        ! grep -lsaF "DPKG_ROOT=$ROOT" /proc/[0-9]*/environ
}

# Lets the phase end while the program, which is stopped, doesn't notice.
let_it_end() {
        kill -STOP "$PID"
        open_gate
        await has_ended
}

# The kernel may take a moment to end a keeper, which holds the lock until then.
kill_it() {
        kill -KILL "$PID"
        finish 137
        await_silence
        calls >/dev/null
}

# Everything is applied in the end, and nothing uncommitted is left.
assert_completes() {
        assert_history sample '.[-1] | .event + " " + .id' 'started 1.1.0/002_x'
        expect 0 plan sample
        for phase in check migrate verify; do
                open_gate
        done
        expect 0 run --json --lock-timeout 10 sample
        assert_json '[.packages[0].migrations[].state] | join(" ")' 'applied applied applied'
        assert_history sample '[.[] | select(.event == "interrupted").id] | join(" ")' 1.1.0/002_x
        assert_history sample '.[-1].event' completed
        for id in 001_before 002_x 003_after; do
                assert_content "/var/lib/sample/1.1.0-$id" 'done'
        done
        case $(calls) in
        *001_before*) fail 'an applied migration was called again' ;;
        esac
        expect 0 run sample
        assert_out 'nothing to do'
}

test_killed_in_check() {
        ship
        begin check
        kill_it
        assert_completes
}

# "started" becomes durable together with "applied" of the one before, which is archived then.
test_killed_between_two_migrations() {
        ship
        begin check
        kill_it
        state=$ROOT/var/lib/deploy-migrate/sample
        mv "$state"/transactions/*001_before "$state/stage"
        for phase in check migrate verify; do
                open_gate
        done
        expect 0 run --json --lock-timeout 10 sample
        assert_json '[.packages[0].migrations[].state] | join(" ")' 'applied applied applied'
        assert_history sample '[.[] | select(.id == "1.1.0/002_x").event] | join(" ")' \
                'started postponed started committing applied'
        assert_missing /var/lib/deploy-migrate/sample/stage
        expect 0 undo sample
        assert_missing /var/lib/sample/1.1.0-001_before
}

test_killed_between_check_and_migrate() {
        ship
        begin check
        let_it_end
        kill_it
        assert_completes
}

test_killed_in_migrate() {
        ship
        begin migrate
        kill_it
        assert_completes
}

test_killed_right_after_migrate() {
        ship
        begin migrate
        let_it_end
        kill_it
        assert_completes
}

test_killed_in_the_second_check() {
        ship
        begin verify
        kill_it
        assert_completes
}

test_killed_right_after_the_second_check() {
        ship
        begin verify
        let_it_end
        kill_it
        assert_completes
}

test_killed_without_a_sandbox() {
        ship
        begin migrate --sandbox=off
        kill_it
        assert_completes
}

test_killed_at_any_time() {
        migration sample 1.1.0/001_a
        migration sample 1.1.0/002_b
        package sample 1.1
        for delay in 0 3 6 9 12 15 20 25 30 40; do
                rm -rf "$ROOT/var/lib/sample"/* "$ROOT/var/lib/deploy-migrate"
                expect 0 baseline sample 1.0
                start run sample
                sleep "$(printf '0.%03d' $delay)"
                kill -KILL "$PID" 2>/dev/null || :
                wait "$PID" || :
                await_silence
                expect 0 run --lock-timeout 10 sample
                assert_content /var/lib/sample/1.1.0-001_a 'done'
                assert_content /var/lib/sample/1.1.0-002_b 'done'
                assert_history sample '.[-1].event' completed
        done
}

# ---- Stopped by a signal ----

assert_stops() {
        kill "-$1" "$PID"
        finish 5
        await_silence
        calls >/dev/null
        assert_history sample '.[-1] | .event + " " + .id' 'interrupted 1.1.0/002_x'
        for phase in check migrate verify; do
                open_gate
        done
        expect 0 run sample
        assert_history sample '.[-1].event' completed
        assert_content /var/lib/sample/1.1.0-002_x 'done'
        assert_content /var/lib/sample/1.1.0-003_after 'done'
}

test_terminated_in_check() {
        ship
        begin check
        assert_stops TERM
}

test_terminated_in_migrate() {
        ship
        begin migrate
        assert_stops TERM
}

test_interrupted_from_the_keyboard() {
        ship
        begin migrate
        assert_stops INT
}

test_terminated_without_a_sandbox() {
        ship
        begin migrate --sandbox=off
        assert_stops TERM
}

test_terminated_with_other_packages_to_go() {
        migration one 1.1.0/001_x 'exit 1' gate
        migration two 1.1.0/001_x
        upgraded one 1.0 1.1
        upgraded two 1.0 1.1
        start run --json
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        kill -TERM "$PID"
        finish 5
        assert_json '.packages[0] | .package + " " + .migrations[0].state' 'one pending'
        assert_calls
        assert_events two baseline
}

test_a_migration_that_ignores_sigterm_is_killed() {
        migration sample 1.1.0/001_x 'exit 1' 'trap "" TERM INT; echo trapped >"'"$CHANNEL"'/calls"; (setsid sh -c "trap : TERM; gate; sleep 300" &); gate; gate'
        upgraded sample 1.0 1.1
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        await_call trapped
        kill -TERM "$PID"
        sleep 0.2
        kill -TERM "$PID"
        finish 5
        assert_events sample baseline started:1.1.0/001_x interrupted:1.1.0/001_x
}

run_tests
