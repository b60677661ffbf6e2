#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The files that a migration may change, and that it can change no others.

. "${0%/*}/lib.sh"
need_root

ship() {
        migration sample 1.1.0/001_x "$@"
        upgraded sample 1.0 1.1
}

# manifest JSON
manifest() {
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json "$1"
}

# Runs; the run must fail and change nothing.
assert_refused() {
        mkdir -p "$ROOT/etc/other" "$ROOT/var/lib/sample"
        fingerprint etc/other usr var/lib/sample >"$WORK/before"
        expect 1 run sample
        fingerprint etc/other usr var/lib/sample >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail 'something was changed'
        cat "$OUT" >>"$ERR"
        assert_err 1.1.0/001_x
        assert_history sample '[.[] | select(.event == "applied")] | length' 0
}

test_a_check_that_writes() {
        write /var/lib/sample/data old
        ship 'echo new >"$DPKG_ROOT/var/lib/sample/data" || exit 3' 'exit 0'
        assert_refused
        assert_err 'Read-only file system'
        assert_calls 1.1.0/001_x:check
}

test_a_check_that_writes_and_does_not_care() {
        write /var/lib/sample/data old
        ship '{ echo new >"$DPKG_ROOT/var/lib/sample/data"; touch "$DPKG_ROOT/etc/x" /tmp/x; rm -r "$DPKG_ROOT/var/lib"; }; exit 1' 'exit 1'
        assert_refused
        assert_content /var/lib/sample/data old
}

test_a_check_that_writes_where_anything_may_be_written() {
        write /var/lib/sample/data old
        ship 'echo new >"$DPKG_ROOT/var/lib/sample/data" || exit 3' 'exit 0'
        manifest '{"writes": "*"}'
        assert_refused
        assert_err 'Read-only file system'
}

# Outside of the tree, in a directory of the system that nothing covers.
test_writing_to_the_system() {
        for phase in check migrate; do
                ship "[ $phase = migrate ] || touch '$CHANNEL/new' || exit 3; exit 1" "touch '$CHANNEL/new'"
                assert_refused
                assert_err 'Read-only file system'
                [ ! -e "$CHANNEL/new" ] || fail "$phase has written to $CHANNEL"
                rm -rf "$ROOT/var/lib/deploy-migrate"
        done
}

# What is to be committed is what migrate has made. In the sandbox of the checks, and in one of its own.
test_a_check_after_migrate_that_writes() {
        write /var/lib/sample/data old
        ship 'cd "$DPKG_ROOT/var/lib/sample"; [ -e new ] || exit 1; ! echo by-check >>data' 'touch "$DPKG_ROOT/var/lib/sample/new"'
        for manifest in '{}' '{"network": true}'; do
                manifest "$manifest"
                expect 0 preview --reach-out sample
                expect 0 run sample
                assert_content /var/lib/sample/data old
                expect 0 undo --force sample
        done
}

# Each changes a file in another way: create, write, append, remove, rename, mode, owner, time, link, attribute, device.
outside='create data/new:touch etc/new
write data:echo new >etc/other/data
append:echo more >>etc/other/data
truncate:truncate -s 0 etc/other/data
remove:rm etc/other/data
remove a directory:rm -r etc/other
rename:mv etc/other/data etc/other/data2
move away:mv etc/other/data var/lib/sample/
move in:touch var/lib/sample/x; mv var/lib/sample/x etc/other/
mode:chmod 777 etc/other/data
owner:chown 1:1 etc/other/data
time:touch etc/other/data
link:ln etc/other/data etc/other/link
link in:ln etc/other/data var/lib/sample/link
symbolic link:ln -s data etc/other/link
attribute:setfattr -n user.x -v y etc/other/data
through a link:ln -s ../../../etc/other/data var/lib/sample/l; echo new >var/lib/sample/l
history:echo >>var/lib/deploy-migrate/sample/history.jsonl
lock:echo >run/deploy-migrate/sample.lock
itself:echo >>usr/lib/deploy-migrate/sample/v1.1.0/001_x
remount:mount -o remount,rw /; mount -o remount,bind,rw /; echo new >etc/other/data
unmount:umount -l /; echo new >etc/other/data
the root of another process:echo new >/proc/1/root$PWD/etc/other/data
another name space:nsenter -t 1 -m -- sh -c "echo new >$PWD/etc/other/data"
a new name space:unshare -m sh -c "mount -o remount,rw /; echo new >etc/other/data"
a user name space:unshare -U -r -m sh -c "mount -o remount,bind,rw /; echo new >etc/other/data"'

test_a_migration_that_writes_elsewhere() {
        write /etc/other/data old
        write /var/lib/sample/own old
        echo "$outside" | while IFS=: read -r name code; do
                rm -rf "$ROOT/var/lib/deploy-migrate"
                ship 'exit 1' "cd \$DPKG_ROOT; $code; exit 1"
                fingerprint etc/other >"$WORK/before"
                expect 1 run sample
                fingerprint etc/other >"$WORK/after"
                diff "$WORK/before" "$WORK/after" || fail "$name: something was changed"
                assert_missing /etc/new
                assert_missing /etc/other/link
                tail -n 1 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x" | grep -qx 'esac' || fail "$name: it changed itself"
                assert_events sample baseline started:1.1.0/001_x failed:1.1.0/001_x
                rm -rf "$ROOT/var/lib/sample"/*
        done
}

test_a_migration_that_does_not_care_where_it_writes() {
        write /etc/other/data old
        ship 'test "$(cat "$DPKG_ROOT/etc/other/data")" = new' 'echo new >"$DPKG_ROOT/etc/other/data"; exit 0'
        assert_refused
        assert_err '["/etc/other/data"]; add them to "writes"'
        assert_content /etc/other/data old
}

test_writing_what_is_declared_by_default() {
        write /etc/sample/data old
        ship 'test -e "$marker"' '
                cd "$DPKG_ROOT"
                for dir in etc var/cache var/log var/lib; do
                        mkdir -p $dir/sample && echo new >$dir/sample/data || exit 1
                done
                touch "$marker"'
        expect 0 run sample
        for dir in etc var/cache var/log var/lib; do
                assert_content /$dir/sample/data new
        done
}

test_no_empty_directories_are_left() {
        ship 'test -e "$marker"' 'touch "$marker"'
        expect 0 run sample
        assert_exists /var/lib/sample
        for dir in /etc/sample /var/cache/sample /var/log/sample; do
                assert_missing $dir
        done
}

test_writing_what_the_manifest_declares() {
        write /srv/file old
        write /srv/other old
        ship 'grep -q new "$DPKG_ROOT/srv/file"' '
                cd "$DPKG_ROOT"
                mkdir -p srv/dir/deep && echo new >srv/dir/deep/data && echo new >srv/file'
        manifest '{"writes": ["/srv/dir/deep", "/srv/file", "/var/lib/sample"]}'
        expect 0 run sample
        assert_content /srv/dir/deep/data new
        assert_content /srv/file new
        assert_content /srv/other old
}

test_writing_anywhere() {
        write /etc/other/data old
        ship 'grep -q new "$DPKG_ROOT/etc/other/data"' 'echo new >"$DPKG_ROOT/etc/other/data"'
        manifest '{"writes": "*"}'
        expect 0 run sample
        assert_content /etc/other/data new
}

test_without_a_sandbox() {
        write /etc/other/data old
        ship 'grep -q new "$DPKG_ROOT/etc/other/data"' 'echo new >"$DPKG_ROOT/etc/other/data"'
        expect 0 run sample --sandbox=off
        assert_err sandbox
        assert_content /etc/other/data new
}

test_a_place_for_temporary_files() {
        stray=/tmp/deploy-migrate-test-$$ private=$(mktemp) shared=$(mktemp -p /var/tmp)
        ship 'test -e "$marker"' "
                test ! -e $private && test ! -e $shared && touch $stray /var$stray && touch \"\$marker\"
                stat -c %a /tmp /var/tmp >\"\$marker\""
        expect 0 run sample
        rm "$private" "$shared"
        [ ! -e $stray ] && [ ! -e /var$stray ] || fail 'it left a file behind'
        assert_content /var/lib/sample/1.1.0-001_x '1777
1777'
}

# ---- The network ----

# Listens on the loopback device, at $PORT, and records connections.
listen() {
        : >"$WORK/connections"
        /usr/bin/python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], file=open(sys.argv[1] + "~", "w"))
__import__("os").rename(sys.argv[1] + "~", sys.argv[1])
while True:
    connection, _ = server.accept()
    print("connected", file=open(sys.argv[2], "a"))
' "$WORK/port" "$WORK/connections" &
        helper $!
        await test -e "$WORK/port"
        PORT=$(cat "$WORK/port")
}

connect() {
        echo "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", $PORT), 2)'"
}

assert_connections() {
        [ "$(wc -l <"$WORK/connections")" -eq "$1" ] || fail "$(wc -l <"$WORK/connections") connections instead of $1"
}

# Of which the sandbox has copies: more than there are descriptors, and almost so many.
test_many_directories_in_run() {
        ship
        for many in 600 110; do
                rm -rf "$ROOT/run" "$ROOT/var/lib/sample" "$(history_of sample)"
                expect 0 baseline sample 1.0
                (mkdir -p "$ROOT/run/many" && cd "$ROOT/run/many" && seq $many | xargs mkdir)
                execute 0 prlimit --nofile=128 "$DEPLOY_MIGRATE" --root "$ROOT" run sample
                calls >/dev/null
                [ -e "$ROOT/var/lib/sample/1.1.0-001_x" ] || fail "not migrated with $many"
        done
}

test_no_network_in_migrate() {
        listen
        ship 'exit 1' "$(connect)"
        assert_refused
        assert_connections 0
}

test_no_network_in_check() {
        listen
        ship "$(connect) || exit 3" 'exit 0'
        manifest '{"network": true}'
        assert_refused
        assert_connections 0
}

test_a_network_where_the_manifest_says_so() {
        listen
        ship 'test -e "$marker"' "$(connect) && touch \"\$marker\""
        manifest '{"network": true}'
        expect 0 run sample
        await test -s "$WORK/connections"
        assert_connections 1
}

test_no_device_but_loopback() {
        ship 'test -e "$marker"' 'tail -n +3 /proc/net/dev >"$marker"'
        expect 0 run sample
        ! grep -v -w lo "$ROOT/var/lib/sample/1.1.0-001_x" || fail 'there is another device'
}

test_processes_of_others_are_out_of_reach() {
        sleep 300 &
        other=$!
        helper $other
        ship 'exit 1' "kill -KILL $other; exit 1"
        expect 1 run sample
        kill -0 $other || fail 'it killed a process outside the sandbox'
}

# check writes to its data: before migrate, after it, and in a preview. Nothing of that may land, nor be seen by the next phase.
test_a_check_with_a_scratch() {
        write /var/lib/sample/data old
        ship 'cd "$DPKG_ROOT/var/lib/sample"; [ ! -e checked ] || exit 3; echo by-check >checked && echo more >>data || exit 3; grep -q new data' \
                'cd "$DPKG_ROOT/var/lib/sample"; [ ! -e checked ] || exit 3; echo new >data'
        manifest '{"check_scratch": true}'
        expect 0 preview sample
        assert_content /var/lib/sample/data old
        assert_missing /var/lib/sample/checked
        expect 0 run sample
        assert_content /var/lib/sample/data new
        assert_missing /var/lib/sample/checked
        assert_events sample baseline started:1.1.0/001_x committing:1.1.0/001_x applied:1.1.0/001_x completed
        assert_missing /var/lib/deploy-migrate/sample/stage
}

# Satisfied at once: what check wrote is thrown away, too.
test_a_scratch_of_a_satisfied_migration() {
        write /var/lib/sample/data new
        ship 'cd "$DPKG_ROOT/var/lib/sample"; echo by-check >checked || exit 3; grep -q new data' 'exit 1'
        manifest '{"check_scratch": true}'
        expect 0 run sample
        assert_missing /var/lib/sample/checked
        assert_missing /var/lib/deploy-migrate/sample/stage
}

run_tests
