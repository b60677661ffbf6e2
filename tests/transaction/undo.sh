#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What an undo refuses, what it overrides, and what it needs; what a migration may not leave behind, and what isn't counted.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
use_own_file_system
need_attributes

# ---- What isn't declared ----

# trespass TEXT SCRIPT: the migration fails, and TEXT is said; nothing lands.
trespass() {
        ship "$2"
        save before
        expect 1 run sample
        assert_history sample '.[-1].event' failed
        jq -rs '.[-1].reason' "$(history_of sample)" >"$OUT"
        assert_out "$1"
        assert_as before --untouched
        assert_no_stage
        rm -rf "${ROOT:?}"/[!cg]* "$DIRECT"
}

test_a_new_file_beside_what_is_declared() {
        WRITES='["/srv/data/file", "/srv/data/dir"]'
        trespass '["/srv/data/new"]' 'echo new >data/new; echo new >data/file; rm -r data/dir'
        trespass '["/srv/data/new"]' 'mkdir data/new; echo new >data/file'
        trespass '["/srv/data/new"]' 'mv data/file data/new'
        trespass '["/srv/data/new"]' 'mv data/dir data/new'
        trespass '["/srv/data/new"]' 'ln data/file data/new; ln -s file data/dir/new'
}

test_the_directory_that_it_lies_in() {
        WRITES='["/srv/data/file"]'
        trespass '["/srv/data"]' 'chmod 700 data; echo new >data/file'
        trespass '["/srv/data"]' 'chown 5 data; echo new >data/file'
        trespass '["/srv/data"]' 'setfattr -n user.x -v y data; echo new >data/file'
}

test_what_is_beside_it() {
        WRITES='["/srv/data/file"]'
        trespass '["/srv/data/list"]' 'echo new >data/file; echo new >data/list'
        trespass '["/srv/data/dir/file"]' 'rm data/dir/file'
        trespass '["/srv/data/list"]' 'rm data/list'
        trespass '["/srv/data/list"]' 'mv data/list data/file'
        trespass '["/srv/data/dir","/srv/data/list","/srv/outside/file"]' 'echo new >outside/file; rm -r data/dir; rm data/list'
        trespass '["/srv/outside/new"]' 'touch outside/new'
}

test_a_temporary_file_beside_it() {
        WRITES='["/srv/data/file"]'
        round_trip 'echo new >data/t; mkdir data/d; mv data/t data/d/t; mv data/d/t data/file; rmdir data/d'
}

# ---- What is counted ----

# count NUMBER SCRIPT: so many changes are reported and recorded.
count() {
        ship "$2"
        save before
        expect 0 run --json sample
        assert_json '.packages[0].migrations[0] | "\(.state) \(.changes)"' "applied $1"
        assert_history sample '.[-2] | "\(.event) \(.changes)"' "applied $1"
        assert_undone
        rm -rf "${ROOT:?}"/[!cg]* "$DIRECT"
}

test_what_was_only_opened_is_no_change() {
        count 1 'echo new >data/new; : >>data/file; true <>data/dir/file'
        count 1 'echo new >data/new; echo text >data/file; echo text >data/t; mv data/t data/dir/file'
        count 1 'echo new >data/new; chmod 600 data/file; chmod 644 data/file; touch data/list data/dir'
        count 1 'echo new >data/new; echo new >data/t; rm data/t; mkdir data/dir/t; rmdir data/dir/t'
        count 1 'echo new >data/new; mv data/dir data/t; mv data/t data/dir; sed -i s/nothing/else/ data/file'
}

test_what_is_a_change() {
        count 1 'echo more >>data/file'
        count 1 'mv data/file data/new'
        count 1 'mv data/dir data/new'
        count 1 'chmod 600 data/list'
        count 1 'touch -d @7 data/list'
        count 1 'ln data/list data/new'
        count 1 'rm data/fifo'
        count 3 'rm data/file; echo more >>data/list; chmod 700 data/dir'
        count 3 'mkdir data/new; echo new >data/new/a; mv data/file data/other/new'
        count 6 'rm -r data/dir'
}

# ---- What was changed since ----

# commit SCRIPT: it was done.
commit() {
        ship "$1"
        save before
        list_tree >"$WORK/listed"
        expect 0 run sample
}

# What there is, without times, which were changed since as well.
list_tree() {
        (cd "$ROOT/srv" && find . -type d -printf '%p %m\n' -o -printf '%p %y %m %s %l\n' | sort)
        (cd "$ROOT/srv" && find . -type f -exec cksum {} + | sort)
}

assert_restored() {
        list_tree | diff "$WORK/listed" - || fail 'that is how the tree differs from before'
}

# refuses PATH SCRIPT: what is done after the migration is a reason not to undo it, and the reason is told.
refuses() {
        commit 'echo more >>data/file; mkdir data/new; echo new >data/new/file; mv data/dir data/moved; rm data/list; chmod 600 data/attributes'
        (cd "$ROOT/srv" && eval "$2")
        save changed
        for option in '' --dry-run; do
                # shellcheck disable=SC2086 # none, or one
                expect 1 undo $option sample
                assert_err "$ROOT/srv/$1"
                assert_as changed --untouched
        done
        expect 1 undo --json sample
        assert_json '.packages[0].result' failed
        assert_history sample '.[-1].event' completed
        expect 0 undo --force sample
        assert_history sample '.[-1].event' undone
        assert_no_stage
        shift 2
        "$@"
        rm -rf "${ROOT:?}"/[!cg]* "$DIRECT"
}

test_what_was_changed_since() {
        refuses data/file 'echo changed >>data/file' assert_restored
        refuses data/file 'rm data/file' assert_restored
        refuses data/file 'rm data/file; mkdir data/file' assert_restored
        refuses data/file 'chmod 600 data/file' assert_restored
        refuses data/new/file 'echo changed >data/new/file' assert_restored
        refuses data/list 'echo changed >data/list' assert_restored
        refuses data/attributes 'chmod 644 data/attributes' assert_restored
        refuses data/moved 'mv data/moved data/away' assert_exists /srv/data/away/file
        refuses data/new 'echo changed >data/new/more' assert_missing /srv/data/new/file
}

test_data_that_was_changed_as_a_whole() {
        refuses data/file-wal 'echo log >data/file-wal' assert_content /srv/data/file-wal log
        refuses data/log 'echo log >data/log' assert_content /srv/data/log log
        refuses data/other/log 'echo log >data/other/log' assert_content /srv/data/other/log log
        refuses data/other/file 'touch data/other/file' assert_restored
        refuses data/other/file 'mv data/other/own data/other/file' assert_missing /srv/data/other/own
        refuses data/other/nothing 'rm data/other/nothing' assert_missing /srv/data/other/nothing
        refuses data/moved/sub/deep/file 'echo changed >data/moved/sub/deep/file' assert_content /srv/data/dir/sub/deep/file changed
        refuses data/moved/sub/log 'echo log >data/moved/sub/log; touch -d @7 data/moved/sub/log' assert_content /srv/data/dir/sub/log log
}

# Further down than that many files, directories are compared by the time alone.
test_data_of_more_files_than_are_listed() {
        BEFORE='
                mkdir data/many data/zz; echo text >data/zz/file
                (cd data/many; seq 20100 | xargs touch)
                mkdir -p data/zz/1/2'
        commit 'echo more >>data/file'
        echo changed >"$ROOT/srv/data/zz/1/2/made"
        expect 1 undo sample
        assert_err "$ROOT/srv/data/zz"
        rm "$ROOT/srv/data/zz/1/2/made"
        settle "$ROOT/srv/data/zz"
        expect 0 undo sample
        assert_content /srv/data/file text
}

test_a_forced_undo_on_another_file_system() {
        BEFORE='mount -t tmpfs tmpfs data/empty; mkdir data/empty/dir; echo old >data/empty/file; echo old >data/empty/dir/file'
        commit 'cd data/empty; echo new >file; rm -r dir; mkdir dir; echo new >dir/file; echo new >made'
        echo since >"$ROOT/srv/data/empty/file"
        echo since >"$ROOT/srv/data/empty/dir/more"
        echo since >"$ROOT/srv/data/empty/made"
        expect 1 undo sample
        expect 0 undo --force sample
        kept=/var/lib/deploy-migrate/sample/transactions/overwritten/1/srv/data/empty
        for file in file dir/more made; do
                assert_content "$kept/$file" since
        done
        assert_content /srv/data/empty/file old
        assert_content /srv/data/empty/dir/file old
        assert_missing /srv/data/empty/dir/more
        assert_missing /srv/data/empty/made
        expect 0 forget sample
        assert_missing "$kept"
}

test_what_belongs_to_a_single_file() {
        WRITES='["/srv/outside/file"]'
        commit 'echo more >>outside/file'
        for file in file-journal file.lock; do
                touch "$ROOT/srv/outside/$file"
                expect 1 undo sample
                assert_err "$ROOT/srv/outside/$file was made"
                rm "$ROOT/srv/outside/$file"
        done
        expect 0 undo sample
}

test_own_configuration_that_was_changed() {
        WRITES='' BEFORE='mkdir -p ../etc/sample; touch ../etc/sample/file ../etc/sample/more'
        commit 'echo more >>../etc/sample/file'
        echo changed >"$ROOT/etc/sample/more"
        expect 1 undo sample
        assert_err "$ROOT/etc/sample/more was changed"
        expect 0 undo --force sample
        assert_content /etc/sample/more changed
}

# What a migration has put there is gone after a reboot.
test_places_that_vanish() {
        WRITES='["/srv/data", "/run/sample"]' BEFORE='mount -t tmpfs tmpfs data/empty; echo old >data/empty/old; mkdir -p ../run/sample'
        commit 'echo more >>data/file; echo new >data/empty/new; echo new >data/empty/old; echo new >../run/sample/new'
        rm -r "$ROOT/run/sample"
        umount "$ROOT/srv/data/empty"
        mount -t tmpfs tmpfs "$ROOT/srv/data/empty"
        expect 0 undo sample
        assert_content /srv/data/file text
        assert_missing /srv/data/empty/old
}

test_what_was_made_since_where_something_comes_back() {
        refuses data/dir 'mkdir data/dir' assert_exists /srv/data/dir/sub/file
        refuses data/dir 'mkdir data/dir; echo changed >data/dir/new' assert_exists /srv/data/dir/sub/file
        refuses data/dir 'echo changed >data/dir' assert_exists /srv/data/dir/sub/file
}

test_what_has_nothing_to_do_with_it() {
        WRITES='["/srv/data", "/etc/sample", "/etc/other", "/srv/outside/file"]'
        BEFORE='mkdir -p ../etc/sample/sub ../etc/other; touch ../etc/sample/file ../etc/other/file'
        commit 'echo more >>data/file; mkdir data/new; mv data/dir data/moved; for i in sample other; do echo more >>../etc/$i/file; done
                echo more >>outside/file'
        chmod 600 "$ROOT/srv/data/list" # nor does a backup that links files or reads them
        ln "$ROOT/srv/data/list" "$WORK/list"
        mkfifo "$ROOT/srv/data/moved/fifo2"
        mkdir "$ROOT/srv/outside/file-s"
        touch "$ROOT/srv/outside/new" "$ROOT/srv/outside/filed" "$ROOT/srv/new" "$ROOT/etc/sample/sub/new" "$ROOT/etc/other/new" \
                "$ROOT/etc/sample"
        touch -d @7 "$ROOT/etc/sample/file.dpkg-dist" "$ROOT/etc/sample/new"
        expect 0 undo sample
        assert_content /srv/outside/file outside
        assert_content /srv/data/file text
        assert_missing /srv/data/new
}

# ---- What undo needs, and what it does ----

test_a_dry_run() {
        commit 'echo more >>data/file; mkdir data/new; mv data/dir data/moved'
        save after
        fingerprint var/lib/deploy-migrate >"$WORK/kept"
        expect 0 undo --dry-run sample
        assert_as after --untouched
        fingerprint var/lib/deploy-migrate | diff "$WORK/kept" - || fail 'something of what is kept was changed'
        for path in file new dir; do
                assert_out "/srv/data/$path"
        done
        assert_undone
}

test_without_the_package() {
        commit 'echo more >>data/file; mkdir data/new; mv data/dir data/moved'
        rm -r "$ROOT/usr/lib/deploy-migrate"
        assert_undone
}

test_after_a_downgrade() {
        commit 'echo more >>data/file'
        package sample 1.0
        rm -r "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0"
        assert_undone
        expect 0 run sample
        assert_as before
}

test_again_and_again() {
        ship 'mv data/dir data/moved; echo more >>data/moved/file; rm data/list; ln data/file data/new; rm -r data/other; mkdir data/other'
        save before
        for _ in 1 2 3; do
                touch "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x" # for its check
                expect 0 run sample
                assert_exists /srv/data/moved/file
                assert_undone
                expect 0 undo sample
                assert_as before
        done
        assert_history sample '[.[] | select(.event == "applied")] | length' 3
}

test_several_newest_first() {
        ship 'echo 1 >>data/file; mv data/dir data/one'
        for number in 2 3; do
                file=$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/00${number}_x
                cat >"$file" <<END
#!/bin/sh
cd "\$DPKG_ROOT/srv"
case \$1 in
check) grep -qx $number data/file ;;
migrate) echo $number >>data/file && mv data/one data/t && mkdir data/one && mv data/t data/one/$number ;;
esac
END
                chmod 755 "$file"
                cp "${file%00*}001_x.json" "$file.json"
        done
        save before
        expect 0 run sample
        assert_exists /srv/data/one/3/2/file
        expect 0 undo sample
        assert_history sample '[.[-3:][] | .event + ":" + .id] | join(" ")' \
                'undone:1.1.0/003_x undone:1.1.0/002_x undone:1.1.0/001_x'
        assert_as before
        assert_no_stage
}

test_many_files_that_were_changed_twice() {
        BEFORE='mkdir data/many && cd data/many && seq 1000 | xargs touch'
        ship 'cd data/many && for i in *; do echo 1 >"$i"; done'
        file=$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/002_x
        sed '/^check/,/;;/d; s/^case .*/& check) [ "$(cat data\/many\/1)" = 2 ]; exit ;;/; s/echo 1/echo 2/' "${file%2_x}1_x" >"$file"
        chmod 755 "$file"
        cp "${file%2_x}1_x.json" "$file.json"
        save before
        expect 0 run sample
        assert_content /srv/data/many/1000 2
        expect 0 undo sample
        assert_as before
}

test_only_the_last_upgrade() {
        commit 'echo more >>data/file'
        save after
        package sample 1.2
        write /usr/lib/deploy-migrate/sample/v1.2.0/001_y <<'END'
#!/bin/sh
case $1 in
check) [ -e "$DPKG_ROOT/srv/data/new" ] ;;
migrate) echo new >"$DPKG_ROOT/srv/data/new" ;;
esac
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.2.0/001_y"
        write /usr/lib/deploy-migrate/sample/v1.2.0/001_y.json '{"writes": ["/srv/data"]}'
        expect 0 run sample
        expect 0 undo sample
        assert_history sample '.[-1] | .event + " " + .id' 'undone 1.2.0/001_y'
        assert_as after
        expect 0 undo sample
        assert_as after
}

test_a_directory_that_became_something_else() {
        for other in 'echo changed >data/other' 'ln -s ../away data/other'; do
                commit 'echo new >data/other/new; chmod 600 data/other/own; echo more >>data/file'
                (cd "$ROOT/srv" && mv data/other away && eval "$other")
                expect 1 undo sample
                expect 0 undo --force sample
                assert_content /srv/data/file text
                assert_content /srv/away/new new
                assert_no_stage
                rm -rf "${ROOT:?}"/[!cg]* "$DIRECT"
        done
}

test_something_else_where_a_directory_was() {
        commit 'rm data/other/own; echo more >>data/file'
        mv "$ROOT/srv/data/other" "$ROOT/srv/away"
        ln -s ../away "$ROOT/srv/data/other"
        save changed
        for option in '' --force; do
                # shellcheck disable=SC2086 # none, or one
                expect 3 undo $option sample
                assert_err "can't put back $ROOT/srv/data/other/own: "
                assert_err "; move away the file that replaces its directory"
                assert_as changed --untouched
        done
        rm "$ROOT/srv/data/other"
        expect 0 undo sample
        assert_content /srv/data/other/own own
        assert_content /srv/data/file text
        assert_no_stage
}

# Of the one only attributes would be put back.
test_what_is_immutable_now() {
        for file in data/file data/list; do
                commit 'chmod 600 data/file; echo 1 >data/list'
                chattr +i "$ROOT/srv/$file" 2>/dev/null || skip 'chattr(1) does nothing here'
                save changed
                expect 3 undo sample
                assert_err "$ROOT/srv/$file"
                assert_err "run 'chattr -ia' on it first"
                assert_as changed --untouched
                chattr -i "$ROOT/srv/$file"
                assert_undone
                rm -rf "${ROOT:?}"/[!cg]* "$DIRECT"
        done
}

# assert_refuses OPTION TEXT: it is said, and nothing is changed.
assert_refuses() {
        save changed
        # shellcheck disable=SC2086 # none, or one
        expect 1 undo $1 sample
        assert_err "$2"
        assert_as changed --untouched
        kept=$(find "$ROOT/var/lib/deploy-migrate" -name '*.jsonl' ! -name history.jsonl ! -name redo.jsonl)
        [ -z "$kept" ] || fail "it was begun: $kept"
}

test_a_file_system_that_is_not_mounted() {
        BEFORE='mount -t tmpfs tmpfs data/empty; echo text >data/empty/file'
        WRITES='["/srv/data/empty"]'
        commit 'rm data/empty/file'
        mkdir "$WORK/away"
        mount --move "$ROOT/srv/data/empty" "$WORK/away"
        assert_refuses '' "the file system that was mounted on $ROOT/srv/data/empty when"
        assert_refuses --dry-run "the file system that was mounted on $ROOT/srv/data/empty when"
        mount --move "$WORK/away" "$ROOT/srv/data/empty"
        assert_undone
}

test_a_file_system_that_was_mounted_since() {
        commit 'rm data/file'
        mount -t tmpfs tmpfs "$ROOT/srv/data"
        assert_refuses '' "$ROOT/srv/data/file is on a file system that was mounted after"
        umount "$ROOT/srv/data"
        assert_undone
}

test_a_mount_over_all_of_it() {
        WRITES='["/srv/data/file"]'
        commit 'rm data/file'
        mkdir "$WORK/lib"
        mount --bind "$ROOT/var/lib" "$WORK/lib"
        mount -t tmpfs tmpfs "$ROOT"
        mkdir -p "$ROOT/run" "$ROOT/var/lib"
        mount --move "$WORK/lib" "$ROOT/var/lib"
        for option in '' --dry-run --force; do
                assert_refuses "$option" "$ROOT is on another mount than $ROOT/var/lib/deploy-migrate"
        done
        umount "$ROOT/var/lib" "$ROOT"
        assert_undone
}

test_status_tells_what_can_be_undone() {
        commit 'head -c 3M /dev/urandom >data/new; rm data/list'
        expect 0 status --json sample
        assert_json '.packages[0].undo.migrations' 1
        assert_json '.packages[0].undo.bytes | . > 0 and . < 1000000' true
        assert_undone
        expect 0 status --json sample
        assert_json '.packages[0].undo | .migrations // 0' 0
}

test_forget() {
        BEFORE='yes | head -c 3M >data/large'
        commit 'rm data/large; echo more >>data/file'
        expect 0 status --json sample
        assert_json '.packages[0].undo.bytes | . >= 3000000' true
        save after
        used=$(du -s "$ROOT/var/lib/deploy-migrate" | cut -f 1)
        expect 0 forget sample
        [ "$(du -s "$ROOT/var/lib/deploy-migrate" | cut -f 1)" -lt $((used - 2900)) ] || fail 'nothing was freed'
        assert_as after
        expect 0 status --json sample
        assert_json '.packages[0].undo | .migrations // 0' 0
        expect 0 undo sample
        assert_as after
        assert_history sample '.[-1].event' completed
}

run_tests
