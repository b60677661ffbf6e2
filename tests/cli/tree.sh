#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# No process that a migration started outlives it, however it ended and however well it hid.

. "${0%/*}/lib.sh"
need_root

# Starts three processes that stay: one in a session of its own, an orphan of an orphan, and one with an empty environment that
# ignores signals.
daemons='
        (setsid sleep 300 >/dev/null 2>&1 &)
        setsid sh -c "(sh -c \"sleep 300 & :\" &)" </dev/null
        env -i ROOT="$DPKG_ROOT" setsid sh -c "trap : TERM HUP; while :; do /bin/sleep 1; done" &
        sleep 0.1
'

ship() {
        migration sample 1.1.0/001_x "$1" "$2"
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0 1.1
}

# All processes must be gone at once, without waiting.
assert_silent() {
        left=$(processes)
        [ -z "$left" ] || fail "still there: $(for pid in $left; do tr '\0' ' ' <"/proc/$pid/cmdline"; done)"
}

# The program, its keeper, the migration and what it started.
are_there() {
        [ "$(processes | wc -l)" -ge 6 ]
}

for_each_sandbox() {
        for sandbox in on off; do
                rm -rf "$ROOT/var/lib/deploy-migrate" "$ROOT/var/lib/sample"/*
                expect 0 baseline sample 1.0
                expect "$1" run --sandbox=$sandbox sample
                assert_silent
        done
}

# Without this the other tests would prove nothing.
test_the_daemons_live_as_long_as_the_migration() {
        ship 'exit 1' "$daemons gate; exit 1"
        for sandbox in on off; do
                start run --sandbox=$sandbox sample
                await_call 1.1.0/001_x:check
                await_call 1.1.0/001_x:migrate
                await are_there
                open_gate
                finish 1
                assert_silent
        done
}

test_daemons_of_one_that_succeeds() {
        ship 'test -e "$marker"' "$daemons touch \$marker"
        for_each_sandbox 0
}

test_daemons_of_one_that_fails() {
        ship 'exit 1' "$daemons exit 1"
        for_each_sandbox 1
}

test_daemons_of_one_that_is_killed() {
        ship 'exit 1' "$daemons kill -KILL \$\$"
        for_each_sandbox 1
}

test_daemons_of_one_that_takes_too_long() {
        ship 'exit 1' "$daemons sleep 30"
        write /usr/lib/deploy-migrate/sample/package.json '{"timeout_sec": 1}'
        for_each_sandbox 1
}

test_daemons_of_a_check() {
        ship "$daemons exit 2" 'exit 1'
        for_each_sandbox 1
}

test_daemons_of_one_that_writes_anywhere() {
        ship 'test -e "$marker"' "$daemons touch \$marker"
        write /usr/lib/deploy-migrate/sample/package.json '{"writes": "*"}'
        for_each_sandbox 0
}

test_one_that_multiplies() {
        ship 'exit 1' '
                multiply() {
                        trap "" TERM
                        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                                (setsid sleep 300 &)
                        done
                }
                for j in 1 2 3 4 5; do multiply & done
                exit 1'
        for_each_sandbox 1
}

# Without a sandbox it can. The process that it leaves keeps its output open.
test_one_that_kills_what_watches_over_it() {
        ship 'exit 1' '(setsid sleep 9 &); kill -KILL $PPID; exit 1'
        execute 1 timeout 8 "$DEPLOY_MIGRATE" --root "$ROOT" run --sandbox=off sample
        assert_history sample '[.[] | select(.event == "failed")] | length' 1
}

test_a_limit_of_none() {
        ship 'exit 1' 'sleep 1.2; exit 1'
        write /usr/lib/deploy-migrate/sample/package.json '{"timeout_sec": 0, "check_timeout_sec": 0}'
        expect 1 run sample
        assert_history sample '[.[] | select(.event == "failed")][0].exit' 1
}

test_the_main_program_may_clean_up_when_it_takes_too_long() {
        ship 'exit 1' 'trap "echo cleaned up; exit 0" TERM; sleep 30 & wait'
        write /usr/lib/deploy-migrate/sample/package.json '{"timeout_sec": 1}'
        expect 1 run sample
        cat "$ERR" >>"$OUT"
        assert_out 'cleaned up'
        assert_history sample '[.[] | select(.event == "failed")][0].timeout' 1
}

run_tests
