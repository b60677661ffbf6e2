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

# Runs in the background up to the gate in migrate, for more than a second.
start_run() {
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        await_file=$ROOT/run/deploy-migrate/sample.progress
        await test -e "$await_file"
}

finish_run() {
        open_gate
        finish 0
        assert_missing /run/deploy-migrate/sample.progress
}

# The files of the other process are $OUT and $ERR.
look() {
        "$DEPLOY_MIGRATE" --root "$ROOT" "$@" >"$WORK/out2" 2>&1 || fail "status failed: $*"
}

assert_look() {
        grep -qF -e "$1" "$WORK/out2" || fail "not there: $1; but: $(cat "$WORK/out2")"
}

test_status_while_it_runs() {
        ship gate
        start_run
        look status sample
        assert_look 'running: 1.1.0/001_x migrate for '
        look status --json sample
        [ "$(jq -r '.packages[0].progress | [.id, .phase, (.elapsed_ms >= 900), has("percent")] | map(tostring) | join(" ")' "$WORK/out2")" = \
                '1.1.0/001_x migrate true false' ] || fail 'wrong JSON'
        look status --prometheus
        assert_look 'deploy_migrate_running_seconds{package="sample"}'
        ! grep -q '^deploy_migrate_running_percent{' "$WORK/out2" || fail 'it told no progress'
        [ "$(stat -c %a "$ROOT/run/deploy-migrate/sample.progress")" = 640 ] || fail 'others can read it'
        finish_run
        look status --json sample
        [ "$(jq '.packages[0] | has("progress")' "$WORK/out2")" = false ] || fail 'it still runs'
}

test_a_short_one_leaves_no_file() {
        ship :
        expect 0 run sample
        [ "$(ls "$ROOT/run/deploy-migrate")" = sample.lock ] || fail "there is more: $(ls "$ROOT/run/deploy-migrate")"
}

test_a_preview_is_no_run() {
        ship 'sleep 1.5'
        expect 0 preview sample
        [ "$(ls "$ROOT/run/deploy-migrate")" = sample.lock ] || fail "there is more: $(ls "$ROOT/run/deploy-migrate")"
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
        assert_json '.packages[0] | has("progress")' false
        migration sample 1.1.0/001_x
        expect 0 run sample
}

test_a_file_that_says_nothing() {
        ship :
        for text in '' '[]' '{}' '{"id": "x"}' '{"id": "x", "pid": 1, "start": 99999999999}' '{"id": 1, "pid": "x", "start": -1}'; do
                write /run/deploy-migrate/sample.progress "$text"
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
