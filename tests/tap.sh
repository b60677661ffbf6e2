# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What all tests in shell share: TAP, and what they ask of a tree and of the program's output. The libraries beside the tests source
# this file, and define a run_test and run_tests of their own.

set -u # what a test sources is not followed when scripts are checked, so this finds a misspelled name

# ---- The runner of scripts that need no more than a directory, $WORK ----

run_tests() {
        WORK=$(mktemp -d) || exit 1
        trap 'rm -rf "$WORK"' EXIT
        run_all
}

# Runs one test and reports on it.
run_test() {
        (
                set -e
                "test_$1"
        ) >"$WORK/log" 2>&1 </dev/null
        report $? "$1"
}

# ---- TAP ----

# Each function test_* of the script is one line of TAP. ONLY, from the environment, is which of them are to run, without test_.
run_all() {
        number=0 failures=0
        # shellcheck disable=SC2013 # words
        for name in ${ONLY:-$(sed -n 's/^test_\([a-z0-9_]*\)() {$/\1/p' "$0")}; do
                number=$((number + 1))
                run_test "$name"
        done
        echo "1..$number"
        [ "$failures" -eq 0 ]
}

# report STATUS NAME: how that test ended; it may have a note to add.
report() {
        title=$(echo "$2" | tr _ ' ')
        case $1 in
        0) echo "ok $number - $title$(cat "$WORK/note" 2>/dev/null)" ;;
        77) echo "ok $number - $title # SKIP $(cat "$WORK/skip")" ;;
        *)
                failures=$((failures + 1))
                echo "not ok $number - $title"
                print_diagnostics | cut -c -600 | sed 's/^/# /'
                ;;
        esac
}

# Of a test that failed; a library may have more to tell.
print_diagnostics() {
        print_output
}

print_output() {
        cat "$WORK/log"
        for file in "${OUT-}" "${ERR-}"; do
                [ ! -s "$file" ] || tail -n 200 "$file" | sed "s|^|${file##*/}: |"
        done
} 2>&1

skip_all() {
        echo "1..0 # SKIP $*"
        exit 0
}

# ---- The program ----

# BUILD is where $DEPLOY_MIGRATE was built, if it was. It is used without libtool's wrapper around it, which takes ten times as long as the program.
unwrap_program() {
        BUILD=${DEPLOY_MIGRATE%/*}
        BUILD=${BUILD%/.libs}
        if [ -x "$BUILD/.libs/deploy-migrate" ]; then
                DEPLOY_MIGRATE=$BUILD/.libs/deploy-migrate
                export LD_LIBRARY_PATH="$BUILD/.libs"
        fi
}

# ---- In a test ----

fail() {
        echo "$*"
        exit 1
}

# note TEXT: something measured, for the line of TAP.
note() {
        printf ' (%s)' "$*" >"$WORK/note"
}

# await COMMAND...: waits until it succeeds, a minute at most.
await() {
        await_for 60 "$@"
}

# await_for SECONDS COMMAND...: longer on a machine that hardly gets to it.
await_for() {
        tries=$(($1 * 20))
        shift
        until "$@"; do
                tries=$((tries - 1))
                [ "$tries" -gt 0 ] || fail "waited in vain for: $*"
                sleep 0.05
        done
}

# The text may be wrapped.
assert_out() {
        grep -qF -e "$1" "$OUT" || tr -s ' \n' ' ' <"$OUT" | grep -qF -e "$1" || fail "not on standard output: $1"
}

# assert_content PATH TEXT
assert_content() {
        content=$(cat "$ROOT$1")
        [ "$content" = "$2" ] || fail "$1 has: $content, instead of: $2"
}

assert_missing() {
        if [ -e "$ROOT$1" ] || [ -L "$ROOT$1" ]; then
                fail "$1 exists"
        fi
}

# ---- JSON ----

# gojq starts in a tenth of the time of jq, which is most of what many tests take; but it sorts the keys of objects.
if command -v gojq >/dev/null; then
        jq() {
                case $* in
                *keys_unsorted*) command jq "$@" ;;
                *) gojq "$@" ;;
                esac
        }
fi

# ---- Histories ----

history_of() {
        echo "$ROOT/var/lib/deploy-migrate/$1/history.jsonl"
}

# assert_history PACKAGE FILTER TEXT: the filter of jq, on the array of all events.
assert_history() {
        got=$(jq -rs "$2" "$(history_of "$1")") || fail "the history of $1 can't be read"
        [ "$got" = "$3" ] || fail "$2 gives: $got, instead of: $3"
}

# assert_events PACKAGE EVENT...: all of its history, in this order, each as "event" or "event:id".
assert_events() {
        package=$1
        shift
        assert_history "$package" '[.[] | .event + (if .id then ":" + .id else "" end)] | join(" ")' "$*"
}
