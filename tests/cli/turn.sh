#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The turn among other hosts: what the program of the administrator says and does, and what a run makes of it. The turns here are scripts
# of some lines; tests/fleet has real ones.

. "${0%/*}/lib.sh"
need_root

# turn: makes the program, from standard input. It writes its arguments to $WORK/asked, and what it is told at its end to $WORK/told.
turn() {
        write /etc/deploy-migrate/turn <<END
#!/bin/sh
echo "\$*" >>"$WORK/asked"
$(cat)
END
        chmod 755 "$ROOT/etc/deploy-migrate/turn"
}

# The turn of a run that waits for nothing.
turn_granted() {
        turn <<END
echo granted t-1
cat >>"$WORK/told"
END
}

set_up_one() {
        migration sample 1.1.0/001_x "$@"
        upgraded sample 1.0 1.1
}

assert_file() {
        [ "$(cat "$WORK/$1")" = "$2" ] || fail "$1 has: $(cat "$WORK/$1"), instead of: $2"
}

# assert_denied STATE REASON: nothing was run, for this reason.
assert_denied() {
        assert_json '.packages[0] | .result + " " + .migrations[0].state + " " + .migrations[0].turn' "postponed postponed $1"
        assert_json '.packages[0].migrations[0].error' "$2"
        assert_missing /var/lib/sample/1.1.0-001_x
        expect 0 status --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].turn' "postponed $1"
        assert_json '.packages[0].migrations[0].error' "$2"
}

# ---- Granted ----

test_granted() {
        turn_granted
        migration sample 1.1.0/001_x 'test -e "$marker"' 'echo "$DEPLOY_MIGRATE_TOKEN" >"$marker"'
        migration sample 1.1.0/002_y
        upgraded sample 1.0 1.1
        expect 0 run sample
        assert_content /var/lib/sample/1.1.0-001_x t-1
        assert_file asked 'sample 1.0 1.1'
        assert_file told completed
        assert_events sample baseline started:1.1.0/001_x committing:1.1.0/001_x applied:1.1.0/001_x \
                started:1.1.0/002_y committing:1.1.0/002_y applied:1.1.0/002_y completed
}

test_nothing_to_do_asks_for_nothing() {
        turn_granted
        set_up_one
        expect 0 run sample
        expect 0 run sample
        expect 0 plan sample
        expect 0 preview sample
        assert_file asked 'sample 1.0 1.1'
}

test_environment() {
        turn <<END
env | cut -d = -f 1 | LC_ALL=C sort | tr '\n' ' ' >"$WORK/env"
{ pwd; ls /proc/self/fd | tr '\n' ' '; } >"$WORK/world"
echo granted
cat >/dev/null
END
        set_up_one
        FOO=bar expect 0 run sample
        assert_file env 'DPKG_ROOT HOME LANG PATH PWD '
        assert_file world "/
0 1 2 3 "
}

test_a_failure_is_told() {
        turn_granted
        set_up_one false 'echo "no such table" >&2; exit 1'
        expect 1 run sample
        assert_file told 'failed 1.1.0/001_x failed: migrate exited with status 1: no such table'
        expect 1 run sample
        expect 1 run sample
        expect 1 run sample # it is given up, so there is nothing to ask for
        [ "$(wc -l <"$WORK/asked")" = 3 ] || fail "asked: $(cat "$WORK/asked")"
}

# Nothing is done, and nothing has failed: the turn is given back.
test_a_postponement_is_not_told() {
        turn_granted
        set_up_one false 'exit 75'
        expect 1 run sample
        assert_file told ''
        assert_json_turn_absent
}

assert_json_turn_absent() {
        expect 0 status --json sample
        assert_json '.packages[0].migrations[0] | .state + " " + (.turn // "none")' 'postponed none'
}

# ---- Not granted ----

test_not_now() {
        turn <<'END'
echo "not now: 5 of 5 slots are in use" >&2
exit 75
END
        set_up_one
        expect 1 run --json sample
        assert_denied not-now 'not now: 5 of 5 slots are in use'
        assert_calls
        assert_events sample baseline postponed:1.1.0/001_x
        for _ in 1 2 3 4; do
                expect 1 run sample
        done
        assert_err 'turn: not now: 5 of 5 slots are in use'
        turn_granted
        expect 0 run sample
        assert_exists /var/lib/sample/1.1.0-001_x
        expect 0 status --json sample
        assert_json '.packages[0].migrations[0].turn // "none"' none
}

test_stopped() {
        turn <<'END'
echo "the fleet is stopped by web1: 001_x failed" >&2
exit 1
END
        set_up_one
        expect 1 run --json sample
        assert_denied stopped 'the fleet is stopped by web1: 001_x failed'
        expect 0 status --prometheus
        grep -qxF 'deploy_migrate_turn_denied{package="sample",state="stopped"} 1' "$OUT" || fail 'no metric'
}

test_refusals_without_a_reason() {
        set_up_one
        turn <<'END'
exit 75
END
        expect 1 run --json sample
        assert_denied not-now "it isn't the turn of this host"
        turn <<'END'
exit 1
END
        expect 1 run --json sample
        assert_denied stopped 'the fleet is stopped'
}

test_errors() {
        set_up_one
        turn <<'END'
echo "no etcd" >&2
exit 3
END
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn exited with status 3: no etcd; repair it, or run with --no-turn"
        turn <<'END'
exit 0
END
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn exited with status 0; repair it, or run with --no-turn"
        turn <<'END'
kill -SEGV $$
END
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn was killed by SIGSEGV; repair it, or run with --no-turn"
        assert_events sample baseline postponed:1.1.0/001_x postponed:1.1.0/001_x postponed:1.1.0/001_x
}

test_garbage() {
        set_up_one
        turn <<'END'
echo grant
sleep 1000
END
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn printed 'grant' instead of 'granted TOKEN'; repair it, or run with --no-turn"
        turn <<'END'
head -c 1000000 /dev/zero | tr '\0' x
sleep 1000
END
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn printed 'a line that is too long' instead of 'granted TOKEN'; repair it, or run with --no-turn"
}

# Both of its streams are read, also while it holds the turn.
test_a_megabyte() {
        turn <<END
head -c 1000000 /dev/urandom | tr '\n' ' ' >&2
seq 10000 >&2
echo granted
seq 100000
seq 100000 >&2
echo 5 >"$WORK/printed"
cat >>"$WORK/told"
END
        set_up_one 'test -e "$marker"' "gate; echo >\"\$marker\""
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        await test -e "$WORK/printed"
        open_gate
        await_call 1.1.0/001_x:check
        finish 0
        assert_file told completed
        [ "$(grep -c 'turn: ' "$ERR")" -le 100 ] || fail 'all of it was logged'
}

test_not_executable() {
        set_up_one
        migration sample 1.1.0/002_y
        turn_granted
        chmod 644 "$ROOT/etc/deploy-migrate/turn"
        expect 0 run sample
        assert_err "$ROOT/etc/deploy-migrate/turn isn't executable, so no turn is asked for"
        [ "$(grep -c "isn't executable" "$ERR")" -eq 1 ] || fail 'it is said more than once'
        assert_missing_file asked
}

assert_missing_file() {
        [ ! -e "$WORK/$1" ] || fail "$1 is there"
}

test_not_roots() {
        set_up_one
        turn_granted
        chown 33 "$ROOT/etc/deploy-migrate/turn"
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn: it isn't owned by root; repair it, or run with --no-turn"
        chown 0 "$ROOT/etc/deploy-migrate/turn"
        chmod 777 "$ROOT/etc/deploy-migrate/turn"
        expect 1 run --json sample
        assert_denied error "$ROOT/etc/deploy-migrate/turn: it is writable by everyone; repair it, or run with --no-turn"
        assert_missing_file asked
}

test_no_interpreter() {
        set_up_one
        write /etc/deploy-migrate/turn '#!/none'
        chmod 755 "$ROOT/etc/deploy-migrate/turn"
        expect 1 run --json sample
        assert_denied error "can't execute $ROOT/etc/deploy-migrate/turn: No such file or directory"
        rm "$ROOT/etc/deploy-migrate/turn"
        ln -s nowhere "$ROOT/etc/deploy-migrate/turn"
        expect 1 run --json sample
        assert_json '.packages[0].migrations[0] | .state + " " + .turn' 'postponed error'
}

test_no_turn() {
        set_up_one
        turn <<'END'
exit 1
END
        expect 0 run --no-turn sample
        assert_missing_file asked
        assert_exists /var/lib/sample/1.1.0-001_x
}

# ---- Waiting ----

test_waiting_is_shown_and_can_be_stopped() {
        turn <<END
echo "not now: 5 of 5 slots are in use" >&2
sleep 1000
END
        set_up_one
        start run sample
        await shows_waiting
        expect 0 status sample
        tr -s ' \n' ' ' <"$OUT" | grep -q 'running since .*: 1.1.0/001_x, waiting for its turn for [0-9.]* s, not now: 5 of 5 slots are in use' ||
                fail "status shows: $(cat "$OUT")"
        expect 0 status --json sample
        assert_json '.packages[0].result' running
        expect 0 status --prometheus
        grep -q '^deploy_migrate_turn_wait_seconds{package="sample"} [1-9]' "$OUT" || fail 'no metric'
        ! grep -q '^deploy_migrate_running_seconds{' "$OUT" || fail 'it is said to run'
        kill "$PID"
        finish 5
        assert_events sample baseline
        assert_calls
}

shows_waiting() {
        "$DEPLOY_MIGRATE" --root "$ROOT" status --prometheus 2>/dev/null | grep -q '^deploy_migrate_turn_wait_seconds{package="sample"} [1-9]'
}

# What was planned before the wait may be wrong after it.
test_an_upgrade_while_it_waits() {
        turn <<END
[ -e "$WORK/open" ] || sleep 2
: >"$WORK/open"
echo granted
cat >>"$WORK/told"
END
        set_up_one
        migration sample 1.2.0/001_y
        start run --json sample
        await test -e "$WORK/asked"
        package sample 1.2
        finish 0
        assert_json '.packages[0] | .result + " " + .to' 'completed 1.2'
        assert_ran 1.1.0/001_x 1.2.0/001_y
        assert_file asked 'sample 1.0 1.1
sample 1.0 1.2'
        assert_file told completed
}

# ---- Lost ----

# assert_lost REASON
assert_lost() {
        finish 1
        assert_json '.packages[0].migrations[0] | .state + " " + .turn + " " + .error' "postponed lost the turn was lost: $1"
        assert_missing /var/lib/sample/1.1.0-001_x
        [ ! -e "$ROOT/var/lib/deploy-migrate/sample/stage" ] || fail 'the stage is still there'
        assert_history sample '[.[] | select(.event == "failed" or .event == "interrupted")] | length' 0
        turn_granted
        migration sample 1.1.0/001_x
        calls >/dev/null
        expect 0 run sample
        assert_exists /var/lib/sample/1.1.0-001_x
        assert_history sample '[.[] | select(.event == "started") | .attempt] | unique | map(tostring) | join(" ")' 1
}

test_lost_in_migrate() {
        turn <<END
echo granted
read -r line <"$WORK/end"
echo "etcd is gone" >&2
END
        mkfifo "$WORK/end"
        set_up_one 'test -e "$marker"' "echo >\"\$marker\"; exec sleep 1000"
        start run --json sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        echo end >"$WORK/end"
        assert_lost 'etcd is gone'
}

test_lost_in_check() {
        turn <<END
echo granted
read -r line <"$WORK/end"
END
        mkfifo "$WORK/end"
        set_up_one 'exec sleep 1000'
        start run --json sample
        await_call 1.1.0/001_x:check
        echo end >"$WORK/end"
        assert_lost 'its program ended'
}

test_lost_at_once() {
        turn <<'END'
echo granted
END
        set_up_one
        start run --json sample
        assert_lost 'its program ended'
}

# The last look is right before the commit: migrate and the check after it have succeeded.
test_stopped_by_a_signal() {
        turn <<END
echo granted
echo \$\$ >"$WORK/pid"
cat >/dev/null
END
        set_up_one 'test -e "$marker"' 'echo >"$marker"; gate'
        start run --json sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        kill -STOP "$(cat "$WORK/pid")"
        open_gate
        await_call 1.1.0/001_x:check
        assert_lost "its program is stopped, and can't renew it"
}

# A turn that can't be renewed isn't held, whether its program can be asked or not.
test_no_longer_valid() {
        turn <<'END'
echo granted
read -r now rest </proc/uptime
echo "valid $((${now%.*} + 2))"
cat >/dev/null
END
        set_up_one 'test -e "$marker"' 'echo >"$marker"; sleep 3'
        start run --json sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        await_call 1.1.0/001_x:check
        assert_lost "it wasn't renewed in time"
}

test_renewed() {
        turn <<END
read -r now rest </proc/uptime
printf 'granted\nvalid 1\nvalid %s.5\nvalid for ever\n' "\$((\${now%.*} + 1000))"
cat >>"$WORK/told"
END
        set_up_one
        expect 0 run sample
        assert_file told completed
        assert_err "turn printed 'valid for ever', which is ignored"
}

# It dies with us, and with it whatever it holds.
test_the_runner_is_killed() {
        turn <<END
echo granted
cat >"$WORK/told"
echo given back >>"$WORK/told"
END
        set_up_one 'test -e "$marker"' 'exec sleep 1000'
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        kill -KILL "$PID"
        finish 137
        await grep -q 'given back' "$WORK/told"
        assert_file told 'given back'
}

test_one_that_does_not_end() {
        turn <<END
trap '' TERM
echo granted
cat >"$WORK/told"
sleep 1000 &
echo \$! >"$WORK/child"
wait
wait
END
        set_up_one
        expect 0 run sample
        assert_file told completed
        await is_gone "$(cat "$WORK/child")"
}

is_gone() {
        ! kill -0 "$1" 2>/dev/null
}

# ---- Once ----

once() {
        migration sample "$1"
        write "/usr/lib/deploy-migrate/sample/v$1.json" '{"once": true}'
}

# A turn of its own, for that one migration: the others of the package share what is before and after it.
test_once() {
        turn_granted
        migration sample 1.1.0/001_a
        migration sample 1.1.0/002_b
        once 1.1.0/003_c
        once 1.1.0/004_d
        migration sample 1.1.0/005_e
        upgraded sample 1.0 1.1
        expect 0 run sample
        assert_file asked 'sample 1.0 1.1
sample 1.0 1.1 1.1.0/003_c
sample 1.0 1.1 1.1.0/004_d
sample 1.0 1.1'
        assert_file told completed
}

# What such a check looks at can be on another host; that of any other migration has no network.
test_check_of_once_has_the_network() {
        migration sample 1.1.0/001_x "[ \"\$(readlink /proc/self/ns/net)\" = '$(readlink /proc/self/ns/net)' ]"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"network": true}'
        upgraded sample 1.0 1.1
        expect 1 run sample
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"network": true, "once": true}'
        expect 0 run --json sample
        assert_json '.packages[0].migrations[0].state' satisfied
}

test_once_without_a_turn() {
        once 1.1.0/001_x
        upgraded sample 1.0 1.1
        expect 0 run sample
        assert_exists /var/lib/sample/1.1.0-001_x
}

# What was applied before it is durable and archived before the next turn is asked for.
test_once_is_refused() {
        turn <<'END'
[ $# -eq 3 ] || exit 75
echo granted
cat >/dev/null
END
        migration sample 1.1.0/001_a
        once 1.1.0/002_b
        upgraded sample 1.0 1.1
        expect 1 run --json sample
        assert_json '.packages[0].migrations | map(.state) | join(" ")' 'applied postponed'
        assert_events sample baseline started:1.1.0/001_a committing:1.1.0/001_a applied:1.1.0/001_a postponed:1.1.0/002_b
        expect 0 undo sample
        assert_missing /var/lib/sample/1.1.0-001_a
}

run_tests
