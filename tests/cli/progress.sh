#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How far a migration is, by its own account: what it writes to descriptor 3, and where that is shown.

. "${0%/*}/lib.sh"
need_root

# ship CODE: a migration that runs it, and stays in it until open_gate if it calls gate.
ship() {
        migration sample 1.1.0/001_x '' "$1; touch \"\$marker\""
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0 1.1
}

# Runs in the background up to the gate in migrate.
start_run() {
        start run "$@" sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
}

finish_run() {
        open_gate
        finish 0
        assert_missing /run/deploy-migrate/sample.progress
}

# The last progress that status --json shows, in words.
look_at_progress() {
        look status --json sample
        jq -r '.packages[0].progress | [.percent, .done, .total, .text] | map(tostring) | join(" ")' "$WORK/out2"
}

is_progress() {
        [ "$(look_at_progress)" = "$1" ]
}

# The files of the other process are $OUT and $ERR.
look() {
        "$DEPLOY_MIGRATE" --root "$ROOT" "$@" >"$WORK/out2" 2>&1 || fail "status failed: $*"
}

# Whether it says so, over the ends of lines.
says() {
        tr -s ' \n' ' ' <"$WORK/out2" | grep -qF -e "$1"
}

assert_look() {
        says "$1" || fail "not there: $1; but: $(cat "$WORK/out2")"
}

test_status_while_it_runs() {
        ship gate
        start_run
        look status sample
        assert_look "running since $(date +%Y-)"
        assert_look ': 1.1.0/001_x, migrate for '
        look status --json sample
        [ "$(jq -r '.packages[0] | .result, .error, (.migrations[0] | .id, .state, .error), (.progress | .command, .id, .phase, has("percent"))' \
                "$WORK/out2" | tr '\n' ' ')" = 'running null 1.1.0/001_x running null run 1.1.0/001_x migrate false ' ] ||
                fail "wrong JSON: $(cat "$WORK/out2")"
        since=$(date +%s -d "$(jq -r '.packages[0].progress.since' "$WORK/out2")")
        [ $(($(date +%s) - since)) -le 60 ] || fail 'it did not begin then'
        await has_run_for 1000
        look status --prometheus
        assert_look 'deploy_migrate_running_seconds{package="sample"}'
        ! grep -q '^deploy_migrate_running_percent{' "$WORK/out2" || fail 'it told no progress'
        [ "$(stat -c %a "$ROOT/run/deploy-migrate/sample.progress")" = 640 ] || fail 'others can read it'
        finish_run
        look status --json sample
        [ "$(jq -c '.packages[0] | [.result, has("progress")]' "$WORK/out2")" = '["nothing-to-do",false]' ] || fail 'it still runs'
}

# has_run_for MS: whether it says so, with each look at it more than with the last.
has_run_for() {
        look status --json sample
        [ "$(jq '.packages[0].progress.elapsed_ms' "$WORK/out2")" -ge "$1" ]
}

# What follows waits, other packages aren't concerned, and what an earlier run said is past.
test_the_state_of_each() {
        ship 'test -e "$DPKG_ROOT/failed" || exit 1; gate'
        migration sample 1.1.0/002_y
        migration other 1.1.0/001_x
        upgraded other 1.0 1.1
        expect 1 run sample
        calls >/dev/null
        touch "$ROOT/failed"
        start_run
        look status --json
        [ "$(jq -r '.packages[] | .package, .result, (.migrations[] | .id + "=" + .state)' "$WORK/out2" | tr '\n' ' ')" = \
                'sample running 1.1.0/001_x=running 1.1.0/002_y=pending other pending 1.1.0/001_x=pending ' ] || # worst first
                fail "wrong states: $(cat "$WORK/out2")"
        look plan --json sample
        [ "$(jq -r '.packages[0].result' "$WORK/out2")" = pending ] || fail 'a plan is about what is to be done'
        finish_run
}

test_what_it_tells() {
        ship 'echo "30/100 the first third" >&"$DEPLOY_MIGRATE_PROGRESS_FD"; gate; echo "45% nearly half" >&3; gate'
        start_run
        await is_progress '30 30 100 the first third'
        look status sample
        assert_look ', 30/100 the first third'
        look status --prometheus
        assert_look 'deploy_migrate_running_percent{package="sample"} 30'
        open_gate
        await is_progress '45 null null nearly half'
        look status sample
        assert_look ', 45% nearly half'
        finish_run
        assert_err '1.1.0/001_x: '
}

test_what_is_no_progress() {
        ship 'echo nothing >&3; echo "120%" >&3; printf "\\033[2J50%%\\n" >&3; head -c 100000 /dev/zero >&3; gate'
        start_run -v
        look status --json sample
        [ "$(jq '.packages[0].progress | has("percent")' "$WORK/out2")" = false ] || fail 'it is taken for progress'
        finish_run
        [ "$(grep -c 'is no progress' "$ERR")" -eq 1 ] || fail 'it should be said once'
}

tells_half() {
        look status sample
        says '50% \x1b[2Jhalf'
}

test_control_characters() {
        ship 'printf "50%% \\033[2Jhalf\\n" >&3; gate'
        start_run -v
        await tells_half
        ! grep -q "$(printf '\033')" "$WORK/out2" || fail 'it reaches the terminal'
        finish_run
        ! grep -q "$(printf '\033')" "$ERR" || fail 'it reaches the terminal'
}

test_events() {
        ship 'echo "1/4" >&3; sleep 1.2; echo "2/4 half" >&3; sleep 1.2'
        expect 0 run -v sample
        assert_err '1.1.0/001_x: 1/4'
        assert_err '1.1.0/001_x: 2/4 half'
}

test_the_line_on_a_terminal() {
        command -v script >/dev/null || skip 'script(1) is missing'
        ship 'echo "2/4 half" >&3; sleep 2.2'
        execute 0 script -qec "env TERM=xterm $DEPLOY_MIGRATE --root $ROOT run sample" /dev/null
        assert_out 'migrate 1s of 15min, 2/4 half'
}

# systemd shows it in the status of the unit.
test_the_status_of_the_unit() {
        command -v python3 >/dev/null || skip 'python3 is missing'
        ship 'echo "2/4 half" >&3; sleep 1.5'
        python3 -c 'import socket, sys
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1])
while True:
    print(notify.recv(4096).decode(), flush=True)' "$WORK/notify" >"$WORK/notified" &
        helper $!
        await test -S "$WORK/notify"
        execute 0 env NOTIFY_SOCKET="$WORK/notify" "$DEPLOY_MIGRATE" --root "$ROOT" run sample
        await grep -q '^STATUS=sample: 1.1.0/001_x, migrate for [0-9.]* s, 2/4 half$' "$WORK/notified"
        migration bad 1.1.0/001_x '' 'exit 1'
        upgraded bad 1.0 1.1
        execute 1 env NOTIFY_SOCKET="$WORK/notify" "$DEPLOY_MIGRATE" --root "$ROOT" run
        await grep -q '^STATUS=1 of 2 packages not migrated' "$WORK/notified"
}

test_also_directly_on_the_system() {
        ship 'echo "2/4 half" >&3; gate'
        write /usr/lib/deploy-migrate/sample/package.json '{"writes": "*"}'
        start_run
        await is_progress '50 2 4 half'
        finish_run
}

test_a_short_one_leaves_no_file() {
        ship :
        expect 0 run sample
        [ "$(ls "$ROOT/run/deploy-migrate")" = sample.lock ] || fail "there is more: $(ls "$ROOT/run/deploy-migrate")"
}

# The package is as it was, and yet it isn't idle.
test_a_preview() {
        ship 'echo 30% >&3; gate'
        start preview sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        await is_progress '30 null null '
        look status sample
        assert_look "preview running since $(date +%Y-)"
        assert_look 'migrate for '
        look status --json sample
        [ "$(jq -r '.packages[0] | [.result, .migrations[0].state, .progress.command] | join(" ")' "$WORK/out2")" = \
                'pending pending preview' ] || fail "wrong JSON: $(cat "$WORK/out2")"
        look status --prometheus
        assert_look 'deploy_migrate_running_percent{package="sample",command="preview"} 30'
        finish_run
}

# It waits until no other commit is going on.
test_an_undo() {
        ship :
        expect 0 run sample
        exec 9>>"$ROOT/run/deploy-migrate/.commit.lock"
        flock 9
        start undo sample 9>&-
        await is_running
        look status sample
        assert_look "undo running since $(date +%Y-)"
        look status --json sample
        [ "$(jq -r '.packages[0] | [.migrations[0].state, .progress.command, .progress.id, .progress.phase] | join(" ")' "$WORK/out2")" = \
                'running undo 1.1.0/001_x check' ] || fail "wrong JSON: $(cat "$WORK/out2")"
        exec 9>&-
        finish 0
        assert_missing /run/deploy-migrate/sample.progress
}

is_running() {
        look status --json sample
        [ "$(jq -r '.packages[0].result' "$WORK/out2")" = running ]
}

# Nothing else runs after a kill, whatever its file says.
test_a_run_that_was_killed() {
        ship gate
        start_run
        kill -KILL "$PID"
        finish 137
        await_silence
        assert_exists /run/deploy-migrate/sample.progress
        expect 0 status --json sample
        assert_json '.packages[0] | [.result, .migrations[0].state, has("progress")] | map(tostring) | join(" ")' 'pending pending false'
        migration sample 1.1.0/001_x
        expect 0 run sample
}

# hold FILE: locks it as a run does.
hold() {
        (exec 7<"$1" && flock 7 && exec sleep 60) &
        helper $!
        await is_held "$1"
}

is_held() {
        ! flock --nonblock --shared "$1" true
}

test_a_file_that_says_nothing() {
        ship :
        for text in '' '[]' '{}' '{"id": 1}' nonsense '{"id": "x"} '; do
                rm -f "$ROOT/run/deploy-migrate/sample.progress"
                write /run/deploy-migrate/sample.progress "$text"
                case $text in
                *' ') ;; # nothing is wrong with it, but nobody holds it
                *) hold "$ROOT/run/deploy-migrate/sample.progress" ;;
                esac
                expect 0 status --json sample
                assert_json '.packages[0] | has("progress")' false
        done
        rm "$ROOT/run/deploy-migrate/sample.progress"
        ln -s /etc/passwd "$ROOT/run/deploy-migrate/sample.progress"
        expect 0 status sample
        rm "$ROOT/run/deploy-migrate/sample.progress"
        mkfifo "$ROOT/run/deploy-migrate/sample.progress"
        expect 0 status sample
}

run_tests
