#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What others do meanwhile: the owner of a directory on the way to what is declared, who is nobody to be trusted, and another
# package's migrations.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
use_own_file_system
use_journal

# ship MIGRATE: it waits in its second check, until the gate is opened.
ship() {
        chmod 711 "$WORK"
        mkdir -p "$ROOT/srv/home/sub" "$ROOT/etc/target" "$ROOT/var/lib/sample"
        echo text >"$ROOT/srv/home/sub/file"
        chown -R nobody "$ROOT/srv/home"
        migration sample 1.1.0/001_x '[ ! -e "$DPKG_ROOT/srv/home/done" ] || { gate; exit 0; }; exit 1' "
                cd \"\$DPKG_ROOT/srv/home\"
                echo done >done
                $1"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json "{\"writes\": [\"/srv/home/sub/file\", \"/srv/home/done\"${2:-}]}"
        upgraded sample 1.0 1.1
}

as_nobody() {
        setpriv --reuid=nobody --clear-groups sh -euc "cd \"$ROOT/srv/home\"; $1"
}

run_to_second_check() {
        start run sample
        for phase in check migrate check; do
                await_call 1.1.0/001_x:$phase
        done
}

assert_nothing_in_target() {
        [ -z "$(find "$ROOT/etc/target" -mindepth 1 ! -name disk)" ] || fail "root wrote there: $(ls -l "$ROOT/etc/target")"
}

test_a_link_in_the_way_of_a_commit() {
        ship 'echo new >sub/file'
        run_to_second_check
        as_nobody 'mv sub away; ln -s ../../etc/target sub'
        open_gate
        finish 1
        assert_out 'srv/home/sub was changed by another process while the migration ran'
        assert_nothing_in_target
        as_nobody 'rm sub; mv away sub'
        start run sample
        open_gate
        finish 0
        assert_content /srv/home/sub/file new
}

# Where a user's link leads isn't declared, be it the declared path or on the way to it; a link of root is followed there, too.
test_a_link_that_was_there_before() {
        ship 'echo new >sub/file'
        as_nobody 'mv sub away; ln -s ../../etc/target sub'
        expect 3 run sample
        assert_err "$ROOT/srv/home/sub on the way belongs to user 65534"
        as_nobody 'rm sub; mv away sub; rm sub/file; ln -s ../../../etc/target sub/file'
        expect 3 run sample
        assert_err "$ROOT/srv/home/sub/file on the way belongs to user 65534"
        assert_nothing_in_target
        [ ! -e "$ROOT/srv/home/done" ] || fail 'it was migrated'
        mkdir "$ROOT/srv/elsewhere"
        echo text >"$ROOT/srv/elsewhere/file"
        as_nobody 'mv sub away'
        ln -s ../elsewhere "$ROOT/srv/home/sub"
        run_to_second_check
        open_gate
        finish 0
        assert_content /srv/elsewhere/file new
}

# As if the run had been killed between "committing" and "applied".
take_back_applied() {
        sed -i '$d' "$(history_of sample)"
        sed -i '$d' "$(history_of sample)"
        assert_history sample '.[-1].event' committing
        mv "$ROOT"/var/lib/deploy-migrate/sample/transactions/* "$ROOT/var/lib/deploy-migrate/sample/stage"
}

test_a_link_in_the_way_of_the_rest_of_a_commit() {
        ship 'echo new >sub/file'
        run_to_second_check
        open_gate
        finish 0
        take_back_applied
        as_nobody 'mv sub away; ln -s ../../etc/target sub'
        expect 0 run sample
        assert_err 'the commit of 1.1.0/001_x was interrupted'
        assert_nothing_in_target
        assert_content /srv/home/away/file new
}

test_a_link_in_the_way_of_an_undo() {
        ship 'rm sub/file'
        run_to_second_check
        open_gate
        finish 0
        as_nobody 'mv sub away; ln -s ../../etc/target sub'
        expect 3 undo sample
        assert_nothing_in_target
        as_nobody 'rm sub; mv away sub'
        expect 0 undo sample
        assert_content /srv/home/sub/file text
}

test_a_link_in_the_way_of_the_sandbox() {
        ship 'gate; echo new >sub/file' ', "/srv/home/sub/disk"'
        mkdir -p "$ROOT/srv/home/sub/disk" "$ROOT/etc/target/disk"
        mount -t tmpfs tmpfs "$ROOT/srv/home/sub/disk"
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        as_nobody 'mv sub away; ln -s ../../etc/target sub'
        open_gate
        await_call 1.1.0/001_x:check
        open_gate
        finish 1
        assert_out 'was changed by another process while the migration ran'
        assert_nothing_in_target
}

test_another_file_of_the_same_name() {
        ship 'chmod 4755 sub/tool' ', "/srv/home/sub/tool"'
        cp /bin/true "$ROOT/srv/home/sub/tool"
        run_to_second_check
        open_gate
        finish 0
        take_back_applied
        as_nobody 'mv sub/tool sub/theirs; cp /bin/cat sub/tool'
        expect 0 run sample
        assert_history sample '.[-2].event' applied
        [ "$(stat -c '%U %a' "$ROOT/srv/home/sub/tool")" = 'nobody 755' ] || fail 'a program of somebody is setuid now'
}

test_another_directory_of_the_same_name() {
        ship 'chown nobody sub/data; chmod 755 sub/data' ', "/srv/home/sub/data"'
        mkdir -m 700 "$ROOT/srv/home/sub/data" "$ROOT/srv/home/sub/secret"
        run_to_second_check
        open_gate
        finish 0
        take_back_applied
        chmod 700 "$ROOT/srv/home/sub/data"
        as_nobody 'cd sub; mv data theirs; mv secret data'
        expect 0 run sample
        assert_history sample '.[-2].event' applied
        [ "$(stat -c '%U %a' "$ROOT/srv/home/sub/data")" = 'root 700' ] || fail 'a directory of root is everybodys now'
}

# Nothing is removed because of a name that its owner chose.
test_a_tree_in_place_of_a_hold() {
        ship 'cp /bin/true sub/tool; chmod 4755 sub/tool' ', "/srv/home/sub/tool"'
        mount -t tmpfs -o uid=65534,mode=755 tmpfs "$ROOT/srv/home/sub"
        echo text >"$ROOT/srv/home/sub/file"
        mkdir -m 700 "$ROOT/srv/home/sub/.deploy-migrate.sample"
        echo precious >"$ROOT/srv/home/sub/.deploy-migrate.sample/of-root"
        run_to_second_check
        open_gate
        finish 0
        [ "$(stat -c '%U %a' "$ROOT/srv/home/sub/tool")" = 'root 4755' ] || fail 'it did not land'
        expect 0 undo sample
        [ ! -e "$ROOT/srv/home/sub/tool" ] || fail 'it was not undone'
        [ "$(ls -A "$ROOT/srv/home/sub")" = "$(printf '.deploy-migrate.sample\nfile')" ] || fail 'a hold is still there'
        assert_content /srv/home/sub/.deploy-migrate.sample/of-root precious
}

# The owner swaps the hold itself while the run is stopped before the commit, as if it had been killed there.
test_a_tree_with_the_name_of_a_hold() {
        need_tools strace strace
        ship 'echo new >sub/file'
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/srv/home/sub/file"' 'echo new >"$DPKG_ROOT/srv/home/sub/file"'
        mount -t tmpfs -o uid=65534,mode=755 tmpfs "$ROOT/srv/home/sub"
        echo text >"$ROOT/srv/home/sub/file"
        mkdir -m 700 "$ROOT/srv/home/sub/secret"
        echo precious >"$ROOT/srv/home/sub/secret/of-root"
        strace -f -o /dev/null -e trace=syncfs -e inject=syncfs:signal=KILL:when=1 \
                "$DEPLOY_MIGRATE" --root "$ROOT" run sample >/dev/null 2>&1 || true
        as_nobody 'cd sub; hold=$(echo .deploy-migrate.sample.*); mv "$hold" old; mv secret "$hold"'
        expect 0 run sample
        assert_content /srv/home/sub/file new
        [ "$(cat "$ROOT"/srv/home/sub/.deploy-migrate.sample.*/of-root)" = precious ] || fail 'a tree of root is gone'
}

# kill_at_rename VERB: as if the power had failed when sub/file is replaced.
kill_at_rename() {
        strace -f -o /dev/null -P file -e trace=renameat2 -e inject=renameat2:signal=KILL \
                "$DEPLOY_MIGRATE" --root "$ROOT" "$@" sample >/dev/null 2>&1 || true
}

# ship_alone MIGRATE CHECK: without a gate, and on another file system if $HOLD.
ship_alone() {
        umount --quiet "$ROOT/srv/home/sub" || true
        rm -rf "${ROOT:?}"/[!cg]*
        ship : ', "/srv/home/sub/tool"'
        migration sample 1.1.0/001_x "$2" "cd \"\$DPKG_ROOT/srv/home\"; $1"
        [ -z "${HOLD:-}" ] || mount --bind "$ROOT/srv/home/sub" "$ROOT/srv/home/sub"
        chown nobody "$ROOT/srv/home/sub/file"
        mkdir -m 700 "$ROOT/srv/home/sub/secret"
        echo precious >"$ROOT/srv/home/sub/secret/of-root"
}

# What is in place of a file when that is replaced is somebody's, also when it isn't a file.
test_a_tree_in_place_of_a_file() {
        need_tools strace strace
        for HOLD in '' yes; do
                ship_alone 'echo new >sub/file' 'grep -q new "$DPKG_ROOT/srv/home/sub/file"'
                kill_at_rename run
                assert_history sample '.[-1].event' committing
                as_nobody 'cd sub; mv file theirs; mv secret file'
                expect 0 run sample
                assert_err "$ROOT/srv/home/sub/file.~1~ was put in place of a file"
                assert_content /srv/home/sub/file new
                assert_content /srv/home/sub/file.~1~/of-root precious
                assert_content /srv/home/sub/theirs text

                rm -r "$ROOT/srv/home/sub/file.~1~"
                expect 0 undo sample
                ship_alone 'echo new >sub/file' 'grep -q new "$DPKG_ROOT/srv/home/sub/file"'
                expect 0 run sample
                kill_at_rename undo
                as_nobody 'cd sub; mv file theirs; mv secret file'
                expect 0 baseline sample 1.0
                assert_err "$ROOT/srv/home/sub/file.~1~ was put in place of a file"
                assert_content /srv/home/sub/file text
                assert_content /srv/home/sub/file.~1~/of-root precious
                assert_content /srv/home/sub/theirs new
        done
}

test_a_hold_that_is_renamed() {
        need_tools strace strace
        HOLD=yes
        ship_alone 'echo new >sub/file' 'grep -q new "$DPKG_ROOT/srv/home/sub/file"'
        kill_at_rename run
        mv "$ROOT"/srv/home/sub/.deploy-migrate.sample.* "$ROOT/srv/home/sub/secret/away"
        expect 3 run sample
        number=$(sed -n "s/.*-inum \([0-9]*\)'.*/\1/p" "$ERR")
        [ "$(find "$ROOT/srv/home/sub" -inum "$number")" = "$ROOT/srv/home/sub/secret/away/deploy-migrate.slots" ] ||
                fail 'it does not say where it is'
        mv "$ROOT/srv/home/sub/secret/away" "$ROOT/srv/home/sub/back"
        as_nobody 'cd sub; mv back theirs'
        expect 0 run sample
        assert_content /srv/home/sub/file new
        [ "$(ls -A "$ROOT/srv/home/sub")" = "$(printf 'file\nsecret')" ] || fail 'a hold is still there'
}

test_another_file_with_the_same_inode_number() {
        HOLD=
        ship_alone 'chmod 4755 sub/tool' '[ -u "$DPKG_ROOT/srv/home/sub/tool" ]'
        cp /bin/true "$ROOT/srv/home/sub/tool"
        expect 0 run sample
        take_back_applied
        number=$(stat -c %i "$ROOT/srv/home/sub/tool")
        as_nobody 'rm sub/tool; cp /bin/cat sub/tool'
        [ "$(stat -c %i "$ROOT/srv/home/sub/tool")" = "$number" ] || fail 'the file system gives no number again'
        expect 0 run sample
        [ "$(stat -c '%U %a' "$ROOT/srv/home/sub/tool")" = 'nobody 755' ] || fail 'a program of somebody is setuid now'
}

# Each of them says that it was applied only where it was.
test_packages_with_the_same_files() {
        mkdir -p "$ROOT/srv/data" "$ROOT/var/lib/one" "$ROOT/var/lib/two" "$ROOT/var/lib/three"
        for number in 1 2 3 4 5 6 7 8 9; do
                echo text >"$ROOT/srv/data/$number"
        done
        for package in one two three; do
                migration $package 1.1.0/001_x "grep -q $package \"\$DPKG_ROOT/srv/data/9\"" "
                        for file in \"\$DPKG_ROOT\"/srv/data/*; do
                                echo $package >>\"\$file\"
                        done"
                write /usr/lib/deploy-migrate/$package/v1.1.0/001_x.json '{"writes": ["/srv/data"]}'
                upgraded $package 1.0 1.1
        done
        pids=
        for package in one two three; do
                OUT=/dev/null ERR=$WORK/err.$package
                start run $package
                pids="$pids $PID"
        done
        for PID in $pids; do
                wait "$PID" || true
        done
        for package in one two three; do
                applied=$(jq -rs '[.[] | select(.event == "applied")] | length' "$(history_of $package)")
                found=$(grep -l "^$package$" "$ROOT"/srv/data/* | wc -l)
                [ "$found" -eq $((applied * 9)) ] || fail "$package: applied $applied times, and found in $found files"
        done
        for _ in 1 2 3; do
                OUT=$WORK/out ERR=$WORK/err
                "$DEPLOY_MIGRATE" --root "$ROOT" run >/dev/null 2>&1 || true
        done
        for package in one two three; do
                [ "$(grep -l "^$package$" "$ROOT"/srv/data/* | wc -l)" -eq 9 ] || fail "$package never landed"
        done
}

run_tests
