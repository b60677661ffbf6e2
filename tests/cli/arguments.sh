#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line: valid and invalid arguments, help, standard streams.

. "${0%/*}/lib.sh"

# Each is rejected with one line that gives the reason.
bad='frobnicate
run --frobnicate
run -x
run --root
run --lock-timeout
run --lock-timeout x sample
run --lock-timeout -1 sample
run --lock-timeout= sample
run --lock-timeout 1s sample
run --lock-timeout 99999999999999999999 sample
run --sandbox sample
run --sandbox=maybe sample
run --color=blue sample
run --json=yes sample
run --from 1.0
run --to 1.0
run --from 1.0 --to 1.1 one two
run --from x_y --to 1.1 sample
run --from 1.0 --to "" sample
run --to v1_x sample
run --from v1.a.3 --to 1.1 sample
run --unit sample other
run --unit \x2 other
run --unit \xzz
run --unit=
run _sample
run ../sample
run /etc
run sample/../sample
run --exit-code
run --reason why
run --fro
status --from 1.0 sample
status --sandbox=off
history --lock-timeout 3
plan --dry-run
plan --to 1.0
preview --dry-run sample
preview --sandbox=off sample
preview --from 1.0
preview --force sample
preview ../sample
history --dry-run
status --files
undo
undo one two
undo ../sample
undo --from 1.0 sample
undo --sandbox=on sample
undo --files sample
forget
forget one two
forget --force sample
forget ../sample
retry
retry one two
mark
mark sample
mark sample 1.1.0/001_x
mark sample 1.1.0/001_x applied
mark sample 1.1.0/001_x undone --reason why
mark sample 1.1.0/001_x applied extra --reason why
mark sample 1.9.0/001_x applied --reason why
mark sample ../001_x applied --reason why
baseline
baseline sample
baseline sample 1.0 1.1
baseline sample not/a/version
baseline sample v1.a.3
baseline ../sample 1.0'

test_bad_command_lines() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        fingerprint >"$WORK/before"
        echo "$bad" | while read -r line; do
                eval "set -- $(echo "$line" | sed 's/\\/\\\\/g')"
                expect 2 "$@"
                [ "$(wc -l <"$ERR")" -eq 1 ] || fail "not one line on standard error: $line"
                [ ! -s "$OUT" ] || fail "something on standard output: $line"
        done
        fingerprint >"$WORK/after"
        diff "$WORK/before" "$WORK/after"
        assert_calls
}

test_bad_command_lines_as_json() {
        mkdir -p "$ROOT/var/lib/dpkg"
        : >"$ROOT/var/lib/dpkg/status"
        echo "$bad" | while read -r line; do
                eval "set -- $(echo "$line" | sed 's/\\/\\\\/g')"
                [ "$line" = 'run --root' ] || expect 2 --json "$@"
                assert_json '.packages | type' array
        done
}

test_no_verb_at_all() {
        execute 2 "$DEPLOY_MIGRATE"
        assert_err Usage
        assert_err 'no verb given'
        [ ! -s "$OUT" ] || fail 'something on standard output'
}

test_help() {
        execute 0 "$DEPLOY_MIGRATE" --help
        assert_no_err
        for verb in run plan preview status history retry accept mark baseline undo forget lint; do
                grep -q "^  $verb " "$OUT" || fail "$verb isn't in the help"
        done
        [ "$(wc -L <"$OUT")" -le 80 ] || fail 'a line is too long'
}

test_help_of_each_verb() {
        for verb in run plan preview status history retry accept mark baseline undo forget lint; do
                execute 0 "$DEPLOY_MIGRATE" $verb --help
                assert_no_err
                [ "$(wc -L <"$OUT")" -le 80 ] || fail "a line of the help of $verb is too long"
                head -n 1 "$OUT" | grep -q "^Usage: deploy-migrate $verb " || fail "the help of $verb has no usage line"
                for option in --root --json --color -q -v --help --version; do
                        assert_out " $option"
                done
        done
        for verb in run plan preview; do
                execute 0 "$DEPLOY_MIGRATE" $verb --help
                for option in --from --to --sandbox --lock-timeout --unit; do
                        assert_out " $option"
                done
        done
}

test_help_as_a_verb() {
        execute 0 "$DEPLOY_MIGRATE" --help
        cp "$OUT" "$WORK/help"
        execute 0 "$DEPLOY_MIGRATE" help
        diff "$WORK/help" "$OUT" || fail 'it differs from --help'
        execute 0 "$DEPLOY_MIGRATE" help undo
        head -n 1 "$OUT" | grep -q '^Usage: deploy-migrate undo ' || fail 'it is about something else'
        execute 2 "$DEPLOY_MIGRATE" help undo sample
        assert_err 'usage: deploy-migrate help [VERB]'
}

test_what_was_mistyped() {
        expect 2 stauts
        assert_err "unknown verb 'stauts'; did you mean 'status'?"
        expect 2 help udno
        assert_err "did you mean 'undo'?"
        expect 2 run --dryrun sample
        assert_err "unknown option '--dryrun'; did you mean '--dry-run'?"
        expect 2 frobnicate
        assert_err "unknown verb 'frobnicate'; try 'deploy-migrate --help'"
}

test_version() {
        execute 0 "$DEPLOY_MIGRATE" --version
        assert_no_err
        grep -qE '^deploy-migrate [0-9]+\.[0-9]+' "$OUT" || fail 'it prints no version'
}

test_options_go_anywhere() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        execute 0 "$DEPLOY_MIGRATE" plan sample --root "$ROOT" --json
        assert_json '.packages[0].result' pending
        execute 0 "$DEPLOY_MIGRATE" --json plan --root="$ROOT" -- sample
        assert_json '.packages[0].result' pending
}

test_versions_in_the_forms_that_people_write() {
        migration sample 1.1.0/001_x
        for to in 1.1 1.1-1 1.1.0 v1.1.0 ' 1.1.0 '; do
                expect 0 plan --json sample --from 1.0 --to "$to"
                assert_json '.packages[0].migrations | length' 1
        done
        expect 0 plan --json sample --from v1.0.0 --to v1.1.0-rc.1
        assert_json '.packages[0].migrations | length' 0
}

test_quiet_and_verbose() {
        skip_unless_root
        migration sample 1.1.0/001_x 'echo looking; test -e "$marker"'
        upgraded sample 1.0 1.1
        expect 0 run -v sample
        assert_err looking
        rm -r "$ROOT/var/lib"
        upgraded sample 1.0 1.1
        expect 0 run -q sample
        assert_no_err
        [ ! -s "$OUT" ] || fail '-q printed something'
}

test_a_reader_that_closed_the_pipe() {
        skip_unless_root
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        { "$DEPLOY_MIGRATE" --root "$ROOT" run sample 2>"$ERR" || echo $? >"$WORK/status"; } | :
        assert_history sample '.[-1].event' completed
        assert_no_err
}

test_a_standard_output_that_is_full() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        status=0
        "$DEPLOY_MIGRATE" --root "$ROOT" status --json >/dev/full 2>"$ERR" || status=$?
        [ $status -eq 3 ] || fail "exit status $status"
        assert_err 'No space left on device'
}

test_standard_streams_that_are_closed() {
        skip_unless_root
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        "$DEPLOY_MIGRATE" --root "$ROOT" run sample <&- >&- 2>&- || :
        assert_history sample '.[-1].event' completed
        assert_ran 1.1.0/001_x
}

run_tests
