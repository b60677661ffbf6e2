# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shared by the tests of the command line. A script sources this file, defines functions named test_*, and ends with run_tests.
# Each function is one line of TAP: it runs in a subshell with set -e on an empty tree $ROOT, and no process that uses the tree may
# be left after it.
#
# Environment: DEPLOY_MIGRATE, the program to test; DEPLOY_MIGRATE_LIBEXECDIR, the directory of run-python-migration.

. "${0%/*}/../tap.sh"

: "${DEPLOY_MIGRATE:?must be the program to test}"
unwrap_program
unset DPKG_ROOT DPKG_ADMINDIR NO_COLOR
unset ROOT PREFIX # what is in the environment already would be exported
export LC_ALL=C TERM=dumb
umask 022

# ---- The runner ----

run_tests() {
        WORK=$(mktemp -d) || exit 1
        ROOT=$WORK/root OUT=$WORK/out ERR=$WORK/err
        trap 'clean_up; rmdir "$WORK"' EXIT
        trap 'exit 1' HUP INT TERM
        run_all
}

run_test() {
        set_up
        (
                set -e
                "test_$1"
                await_silence
        ) >"$WORK/log" 2>&1
        report $? "$1"
        clean_up
}

# Migrations write their calls to the fifo "calls", and wait for a line from the fifo "gate". These are where the sandbox neither covers
# a directory nor makes it private.
set_up() {
        mkdir "$ROOT" "$WORK/stanzas"
        CHANNEL=$(mktemp -d /usr/local/deploy-migrate-test.XXXXXX 2>/dev/null) || CHANNEL=$(mktemp -d) || exit 1
        mkfifo "$CHANNEL/calls" "$CHANNEL/gate"
        exec 9<>"$CHANNEL/calls" 8<>"$CHANNEL/gate"
        echo "$ROOT" >"$WORK/pattern"
}

clean_up() {
        exec 9>&- 8>&-
        for pid in $(cat "$WORK/helpers") $(processes); do
                kill -KILL "$pid"
        done
        cut -d ' ' -f 5 /proc/self/mountinfo | grep "^$WORK/" | sort -r |
                while read -r mounted; do
                        umount --lazy "$mounted"
                done
        rm -rf "${WORK:?}"/* "${CHANNEL:-$WORK/none}"
} 2>/dev/null

need_root() {
        [ "$(id -u)" -eq 0 ] || skip_all "must run as root"
}

# Restarts the script in a mount name space of its own.
need_mounts() {
        [ -z "${DEPLOY_MIGRATE_TEST_MOUNTS:-}" ] || return 0
        unshare --mount true 2>/dev/null || skip_all "can't make a mount name space"
        export DEPLOY_MIGRATE_TEST_MOUNTS=1
        exec unshare --mount "$0"
}

# ---- In a test ----

skip() {
        echo "$*" >"$WORK/skip"
        exit 77
}

skip_unless_root() {
        [ "$(id -u)" -eq 0 ] || skip "must run as root"
}

# Prints the processes whose environment or arguments contain our tree.
processes() {
        grep -lsaF -f "$WORK/pattern" /proc/[0-9]*/environ /proc/[0-9]*/cmdline | cut -d / -f 3 | sort -u
}

# helper PID: kills this process of the test's own when the test ends.
helper() {
        echo "$1" >>"$WORK/helpers"
}

is_silent() {
        [ -z "$(processes)" ]
}

await_silence() {
        await is_silent
}

# ---- The tree ----

# package NAME VERSION [STATUS [CONFIG-VERSION]]: adds it to the package database.
package() {
        mkdir -p "$ROOT/var/lib/dpkg/updates"
        cat >"$WORK/stanzas/$1" <<END
Package: $1
Status: ${3:-install ok installed}
Architecture: all
Version: $2
${4:+Config-Version: $4
}Description: a sample

END
        cat "$WORK/stanzas"/* >"$ROOT/var/lib/dpkg/status"
}

# upgraded NAME FROM TO: TO is installed, and FROM is in the history.
upgraded() {
        package "$1" "$3"
        expect 0 baseline "$1" "$2"
}

# migration PACKAGE ID [CHECK [MIGRATE]]: makes a shell script with this code for its phases. By default migrate creates the file
# $marker, and check tests for it. It records each call.
migration() {
        file=$ROOT/usr/lib/deploy-migrate/$1/v$2
        mkdir -p "${file%/*}"
        cat >"$file" <<END
#!/bin/sh
marker=\$DPKG_ROOT/var/lib/$1/$(echo "$2" | tr / -)
echo "$2:\$1" >"$CHANNEL/calls"
gate() {
        read -r line <"$CHANNEL/gate"
}
case \$1 in
check)
        ${3:-test -e "\$marker"}
        ;;
migrate)
        mkdir -p "\${marker%/*}" 2>/dev/null || : # the package would ship it
        ${4:-echo done >>"\$marker"}
        ;;
esac
END
        chmod 755 "$file"
}

# write PATH [TEXT]: writes a file in the tree, and makes its directories; without TEXT from standard input.
write() {
        mkdir -p "$(dirname "$ROOT$1")"
        if [ $# -gt 1 ]; then
                printf '%s\n' "$2" >"$ROOT$1"
        else
                cat >"$ROOT$1"
        fi
}

# ---- A source tree ----

# set_up_source [VERSION]: that of a Debian package, in $source. Its migrations would be in $migrations.
set_up_source() {
        source=$ROOT/source
        migrations=$source/migrations
        mkdir -p "$source/debian"
        echo "sample (${1:-1:1.2-3}) unstable; urgency=medium" >"$source/debian/changelog"
}

# in_source STATUS ARGUMENT...: as expect, in there.
in_source() (
        cd "$source" || return
        expect "$@"
)

# ---- The program ----

# expect STATUS ARGUMENT...: runs the program on the tree, with its output in $OUT and $ERR.
expect() {
        wanted=$1
        shift
        execute "$wanted" "$DEPLOY_MIGRATE" --root "$ROOT" "$@"
}

# execute STATUS COMMAND...: the same for any command.
execute() {
        wanted=$1
        shift
        status=0
        "$@" >"$OUT" 2>"$ERR" </dev/null || status=$?
        [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: $*"
}

# start ARGUMENT...: runs it in the background, as $PID, until finish STATUS.
start() {
        env --default-signal "$DEPLOY_MIGRATE" --root "$ROOT" "$@" >"$OUT" 2>"$ERR" </dev/null &
        PID=$!
}

finish() {
        status=0
        wait "$PID" || status=$?
        [ "$status" -eq "$1" ] || fail "exit status $status instead of $1 in the background"
}

# Lets a migration that waits at its gate continue.
open_gate() {
        echo go >&8
}

# await_call ID:PHASE: waits for the next call of a migration, which must be this one.
await_call() {
        call=$(timeout 60 sh -c 'read -r call && echo "$call"' <&9) || fail "timed out waiting for $1"
        [ "$call" = "$1" ] || fail "$call was called instead of $1"
}

# ---- Results ----

# Prints the calls of migrations since the last time, in one line.
calls() {
        echo end >&9
        while read -r call <&9 && [ "$call" != end ]; do
                printf '%s ' "$call"
        done
}

# assert_calls ID:PHASE...: exactly these calls were made, in this order.
assert_calls() {
        called=$(calls)
        [ "$called" = "$*${*:+ }" ] || fail "called: $called, instead of: $*"
}

# assert_ran ID...: exactly these migrations were called, each with all its phases.
assert_ran() {
        expected=
        for id; do
                expected="$expected$id:check $id:migrate $id:check "
        done
        called=$(calls)
        [ "$called" = "$expected" ] || fail "called: $called, instead of: $expected"
}

assert_err() {
        grep -qF -e "$1" "$ERR" || fail "not on standard error: $1"
}

assert_no_err() {
        [ ! -s "$ERR" ] || fail "something on standard error"
}

assert_exists() {
        [ -e "$ROOT$1" ] || fail "$1 doesn't exist"
}

# assert_json FILTER TEXT: the jq filter prints the text for standard output.
assert_json() {
        got=$(jq -r "$1" "$OUT") || fail "no JSON on standard output"
        [ "$got" = "$2" ] || fail "$1 gives: $got, instead of: $2"
}

# fingerprint [DIRECTORY...]: prints the state of all files in them, by default of the tree, to detect changes.
fingerprint() (
        cd "$ROOT" || exit
        [ $# -gt 0 ] || set -- .
        find "$@" -printf '%p %y %m %U %G %s %T@ %l\n' | sort
        find "$@" -type f -exec sha256sum {} + | sort
)

# assert_unchanged COMMAND...: runs it; nothing in the tree may change.
assert_unchanged() {
        fingerprint >"$WORK/before"
        "$@"
        fingerprint >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail "the tree was changed by: $*"
}
