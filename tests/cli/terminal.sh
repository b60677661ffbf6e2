#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Output on a terminal: colours, and the progress line of a long migration.

. "${0%/*}/lib.sh"
need_root
command -v script >/dev/null || skip_all 'script(1) is missing'

ESCAPE=$(printf '\033')

ship() {
        migration sample 1.1.0/001_x 'test -e "$marker"' "${1-}"
        upgraded sample 1.0 1.1
}

# on_terminal [NAME=VALUE...] ARGUMENT...: runs it on a terminal, with the output in $OUT.
on_terminal() {
        command="env TERM=xterm"
        while [ "${1%%=*}" != "$1" ] && [ "${1#--}" = "$1" ]; do
                command="$command $1"
                shift
        done
        execute 0 script -qec "$command $DEPLOY_MIGRATE --root $ROOT $*" /dev/null
}

assert_colours() {
        grep -q "$ESCAPE\[[0-9;]*m" "$OUT" || fail 'there are no colours'
}

assert_no_colours() {
        ! grep -q "$ESCAPE\[[0-9;]*m" "$OUT" || fail 'there are colours'
}

test_colours_on_a_terminal_only() {
        ship
        on_terminal status
        assert_colours
        expect 0 status
        assert_no_colours
}

test_colours_on_request() {
        ship
        expect 0 status --color=always
        assert_colours
        on_terminal status --color=never
        assert_no_colours
}

test_no_colours_on_request() {
        ship
        on_terminal NO_COLOR=1 status
        assert_no_colours
        on_terminal NO_COLOR= status
        assert_colours
        on_terminal TERM=dumb status
        assert_no_colours
        on_terminal NO_COLOR=1 status --color=always
        assert_colours
}

test_json_has_no_colours() {
        ship
        on_terminal status --json
        assert_no_colours
        tr -d '\r' <"$OUT" | jq -e '.packages | length == 1' >/dev/null || fail 'it is not JSON'
}

test_a_long_migration_shows_how_far_it_is() {
        ship 'sleep 1.3; touch "$marker"'
        on_terminal run sample
        assert_out '1.1.0/001_x'
        grep -q 'migrate.*of.*15' "$OUT" || fail 'it lacks the phase or the limit'
        grep -q "$ESCAPE\[K" "$OUT" || fail 'the line was not cleared'
}

test_no_progress_line_without_a_terminal() {
        ship 'sleep 1.3; touch "$marker"'
        expect 0 run sample
        assert_no_err
}

# The output may contain the text, but never as bytes that a terminal obeys.
test_a_migration_can_not_write_to_the_terminal() {
        ship 'printf "\033]0;title\007\033[2J\n"; echo new >/dev/tty; touch "$marker"'
        on_terminal run -v sample
        ! grep -q -e "$ESCAPE\]0" -e "$ESCAPE\[2J" "$OUT" || fail 'an escape sequence came through'
        ! grep -q '^new' "$OUT" || fail 'it can write to our terminal'
}

run_tests
