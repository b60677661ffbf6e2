#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whatever is declared - directories and files, there or not, behind links, with mounts on the way and in them - is changed as
# it is directly, and comes back.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
use_own_file_system
need_attributes

# ---- By default ----

test_the_default_directories() {
        WRITES=''
        BEFORE='mkdir -p ../etc/sample ../var/lib/sample; echo old >../etc/sample/old; echo old >../var/lib/sample/old'
        round_trip '
                echo new >../etc/sample/new; mv ../etc/sample/old ../var/lib/sample/moved; rm ../var/lib/sample/old
                mkdir -p ../var/log/sample; echo new >../var/log/sample/new'
}

test_default_directories_that_are_not_used_are_not_left() {
        WRITES=''
        BEFORE='mkdir -p ../etc ../var/lib/sample ../var/cache ../var/log'
        round_trip 'echo new >../var/lib/sample/new'
        assert_missing /etc/sample
        assert_missing /var/cache/sample
}

# ---- Files ----

test_a_file() {
        WRITES='["/srv/data/dir/file"]'
        round_trip 'echo more >>data/dir/file; chmod 600 data/dir/file'
}

test_a_file_that_is_replaced() {
        WRITES='["/srv/data/dir/file"]'
        round_trip 'sed -i s/text/new/ data/dir/file; cp -p data/dir/file data/dir/t; echo more >>data/dir/t; mv data/dir/t data/dir/file'
}

test_a_file_that_is_removed() {
        WRITES='["/srv/data/dir/file"]'
        round_trip 'rm data/dir/file'
}

test_a_file_that_is_replaced_by_a_directory() {
        WRITES='["/srv/data/dir/file"]'
        round_trip 'rm data/dir/file; mkdir data/dir/file; echo new >data/dir/file/new'
}

test_a_file_that_has_several_names() {
        WRITES='["/srv/data/first", "/srv/data/shared"]'
        round_trip 'rm data/first; echo new >data/t; mv data/t data/shared'
}

test_a_missing_file() {
        WRITES='["/srv/data/dir/new"]'
        round_trip 'echo new >data/dir/new'
}

test_a_missing_file_that_stays_so() {
        WRITES='["/srv/data/dir/new", "/srv/data/file"]'
        round_trip 'echo new >data/dir/new; rm data/dir/new; echo >>data/file'
}

test_a_file_that_is_renamed() {
        WRITES='["/srv/data/file", "/srv/data/new", "/srv/outside/new"]'
        round_trip 'mv data/file data/new; cp -p data/new outside/new'
}

test_files_beside_each_other() {
        WRITES='["/srv/data/file", "/srv/data/list", "/srv/data/symbolic", "/srv/data/fifo", "/srv/data/null"]'
        round_trip 'mv data/file data/t; mv data/list data/file; mv data/t data/list; ln -sfn x data/symbolic; rm data/fifo; chmod 600 data/null'
}

# ---- Directories ----

test_a_missing_directory() {
        WRITES='["/srv/data/new"]'
        round_trip 'mkdir data/new; echo new >data/new/file'
}

test_missing_directories_on_the_way() {
        WRITES='["/srv/data/new/deep/deeper"]'
        round_trip 'mkdir -p data/new/deep/deeper; echo new >data/new/deep/deeper/file'
}

test_a_directory_that_is_renamed() {
        WRITES='["/srv/data", "/srv/renamed"]'
        round_trip 'mv data renamed; echo new >renamed/dir/new'
}

test_a_directory_that_is_moved_into_another() {
        WRITES='["/srv/data/private", "/srv/data/dir/sub"]'
        round_trip 'mv data/private data/dir/sub/; mv data/dir/sub/deep data/private'
}

test_a_directory_that_is_removed() {
        round_trip 'rm -r data'
}

test_a_directory_that_is_made_anew() {
        round_trip 'rm -r data; mkdir -m 711 data; echo new >data/file'
}

test_a_directory_that_becomes_a_link() {
        WRITES='["/srv/data", "/srv/moved"]'
        round_trip 'mv data moved; ln -s moved data; echo new >data/new'
}

test_a_directory_that_becomes_a_file() {
        WRITES='["/srv/data/dir"]'
        round_trip 'rm -r data/dir; echo new >data/dir'
}

test_files_of_the_root() {
        WRITES='["/file", "/new"]'
        BEFORE='echo text >../file'
        round_trip 'echo more >>../file; echo new >../new'
}

test_a_directory_of_the_root() {
        WRITES='["/srv"]'
        round_trip 'mv data moved; echo new >new; mkdir dir; mv outside/file dir; chmod 711 .'
}

test_several() {
        WRITES='["/srv/data/dir", "/srv/outside", "/etc/one", "/var/lib/two/three"]'
        BEFORE='mkdir -p ../etc/one ../var/lib/two; echo one >../etc/one/one'
        round_trip '
                mv outside/file data/dir/moved; mv data/dir/sub outside/; mkdir ../var/lib/two/three
                mv ../etc/one ../var/lib/two/three/; cp data/dir/moved ../var/lib/two/three/copy'
}

test_nested() {
        WRITES='["/srv/data", "/srv/data/dir", "/srv/data/dir/sub/file", "/srv/data/dir/sub/new", "/srv/data/other/own"]'
        round_trip 'mv data/dir/sub/file data/dir/sub/new; mv data/dir data/renamed; rm -r data/other; echo new >data/file'
}

test_many() {
        # shellcheck disable=SC2046 # words
        WRITES=$(printf '"/srv/data/many/%s", ' $(seq 60))
        WRITES="[${WRITES%, }]"
        BEFORE='mkdir data/many; for n in $(seq 30); do echo $n >data/many/$n; done'
        round_trip 'for n in $(seq 31 60); do echo $n >data/many/$n; done; rm data/many/7; mv data/many/8 data/many/9'
}

# ---- Links ----

test_a_link() {
        WRITES='["/srv/data/symbolic"]'
        round_trip 'echo new >data/symbolic/new; rm -r data/dir/sub/deep; echo more >>data/symbolic/file'
}

test_a_link_that_is_replaced() {
        WRITES='["/srv/data/symbolic"]'
        round_trip 'echo more >>data/symbolic/file; rm data/symbolic; mkdir data/symbolic'
}

test_a_link_to_a_file() {
        WRITES='["/srv/data/name"]'
        BEFORE='ln -s dir/file data/name'
        round_trip 'echo more >>data/name; chmod 600 data/name'
}

test_a_link_to_nothing() {
        WRITES='["/srv/data/dangling"]'
        round_trip 'ln -sfn elsewhere data/dangling'
}

test_links_on_the_way() {
        WRITES='["/srv/way/file", "/srv/way/new", "/srv/other/way/dir"]'
        BEFORE='ln -s data/symbolic way; mkdir other; ln -s ../data other/way'
        round_trip 'echo more >>way/file; echo new >way/new; rm data/dir/file'
}

# ---- Mounts ----

# Before Linux 6.6 it holds no user.* attributes, of which the sample has some.
tmpfs_holds_attributes() {
        mkdir "$WORK/probe"
        mount -t tmpfs tmpfs "$WORK/probe"
        held=0
        setfattr -n user.x -v y "$WORK/probe" 2>/dev/null || held=1
        umount "$WORK/probe"
        rmdir "$WORK/probe"
        return $held
}

# on_file_systems MOUNT-POINT CONTENT SCRIPT: a round trip with each kind of file system mounted there; CONTENT fills it.
on_file_systems() {
        content=$2
        for type in tmpfs ext4; do
                [ $type = ext4 ] || tmpfs_holds_attributes || continue
                case $type in
                tmpfs) BEFORE="mount -t tmpfs tmpfs '$1'" ;;
                ext4)
                        BEFORE="truncate -s 32M ../usr/disk; mkfs.ext4 -q ../usr/disk; mount -o loop ../usr/disk '$1'; rmdir '$1/lost+found'"
                        ;;
                esac
                BEFORE="mkdir -p ../usr $1; $BEFORE; $content"
                (
                        work=$WORK
                        WORK=$work/$type ROOT=$work/$type/root
                        mkdir "$WORK" "$WORK/stanzas" "$ROOT"
                        round_trip "$3"
                ) || fail "with $type"
        done
}

content='cd data; mkdir -p dir/sub/deep empty; echo text >dir/file; echo more >dir/sub/file; ln dir/file dir/link; echo text >file
        truncate -s 24M sparse; printf x | dd of=sparse bs=1M seek=8 conv=notrunc status=none; mkfifo fifo; ln -s dir symbolic'
changes='
        echo more >>data/dir/sub/file; mv data/dir data/moved; mkdir data/dir; echo new >data/dir/file; rm data/fifo; mv data/sparse data/empty
        ln data/file data/other; chmod 600 data/file; chown -h 5:6 data/symbolic'

test_a_mount_point() {
        on_file_systems data "$content" "$changes; chmod 711 data; touch -d @7 data"
}

test_a_directory_on_another_file_system() {
        WRITES='["/srv/data/data"]'
        on_file_systems data "mkdir data/data; cd data; $content" "cd data; $changes; mv data/empty data/e; rm -r data/moved; touch -d @7 data"
}

# It would be found out behind the commit otherwise, and hold up the package for ever.
test_attributes_that_do_not_fit_there() {
        BEFORE="mkdir ../usr; truncate -s 32M ../usr/disk; mkfs.ext4 -q -b 1024 ../usr/disk; rm -r data; mkdir data; mount -o loop ../usr/disk data
                rmdir data/lost+found; echo text >data/file; echo text >data/other"
        ship 'setfattr -n user.x -v "$(head -c 3000 /dev/zero | tr "\\0" x)" data/file; echo new >data/other'
        save before
        expect 1 run sample
        assert_history sample '.[-1].event' failed
        assert_history sample '.[-1].reason | contains("the attributes of") and contains("data/file")' true
        assert_as before
        assert_no_stage
}

test_a_file_on_another_file_system() {
        WRITES='["/srv/data/file", "/srv/data/new"]'
        on_file_systems data "$content" 'sed -i s/text/TEXT/ data/file; mkdir data/new; echo new >data/new/file; chmod 700 data/new'
}

test_names_of_a_file_on_another_file_system() {
        on_file_systems data 'echo text >data/one; ln data/one data/two; ln data/one data/three' 'ln data/two data/four; chmod 600 data/one'
}

test_a_mount_below_a_directory() {
        on_file_systems data/empty 'echo text >data/empty/file; mkdir -p data/empty/a/b; echo more >data/empty/a/file' '
                echo more >>data/empty/file; mv data/empty/a data/empty/c; cp -a data/dir data/empty/; rm -r data/dir
                mv data/empty/c/file data/; chmod 700 data/empty'
}

test_mounts_in_each_other() {
        content='mount -t tmpfs tmpfs data/empty; mkdir data/empty/inner data/empty/dir; mount -t tmpfs tmpfs data/empty/inner
                echo text >data/empty/inner/file; echo text >data/empty/file'
        BEFORE=$content
        round_trip '
                echo more >>data/empty/inner/file; mv data/empty/file data/empty/inner/moved; echo new >data/empty/new
                mv data/file data/empty/dir/; echo more >>data/list'
}

test_a_mount_that_is_declared_beside_another() {
        WRITES='["/srv/data/empty", "/srv/data/other"]'
        BEFORE='mount -t tmpfs tmpfs data/empty; mount -t tmpfs tmpfs data/dir; echo text >data/empty/file'
        round_trip 'mv data/empty/file data/other/; rm data/other/own; echo new >data/empty/new; ! touch data/dir/new 2>/dev/null || rm data/dir/new'
}

test_a_bind_mount() {
        BEFORE='mount --bind outside/dir data/empty; echo text >outside/dir/file'
        round_trip 'echo more >>data/empty/file; echo new >data/empty/new; mv data/file data/empty/'
}

test_a_mount_that_is_read_only() {
        BEFORE='mount -t tmpfs tmpfs data/empty; echo text >data/empty/file'
        AFTER='mount -o remount,ro data/empty'
        round_trip '! touch data/empty/new 2>/dev/null; echo new >data/new'
}

test_the_state_on_another_file_system() {
        on_file_systems ../var/lib/deploy-migrate : '
                mv data/dir data/moved; echo more >>data/moved/file; rm data/list; ln data/file data/new; rm -r data/private
                cp -a data/sparse data/empty/; chmod 711 data'
}

# ---- What can't be declared ----

# refuse PATH TEXT: that is declared, the migration fails, and this is said.
refuse() {
        WRITES="[\"$1\"]"
        ship 'exit 1'
        save before
        status=0
        "$DEPLOY_MIGRATE" --root "$ROOT" run sample >"$OUT" 2>&1 || status=$?
        [ "$status" -ne 0 ] || fail 'it ran'
        assert_out "$2"
        assert_as before --untouched
        assert_no_stage
        [ "$(jq -rs '[.[] | select(.event == "committing")] | length' "$(history_of sample)")" -eq 0 ]
        umount "$ROOT/srv/data/file" "$DIRECT/srv/data/file" 2>/dev/null || :
        rm -rf "${ROOT:?}"/[!cg]* "$DIRECT"
}

test_what_contains_the_state() {
        refuse / deploy-migrate
        refuse /var deploy-migrate
        refuse /var/lib deploy-migrate
        refuse /var/lib/deploy-migrate/sample deploy-migrate
        BEFORE='ln -s ../var/lib way'
        refuse /srv/way deploy-migrate
        refuse /srv/way/deploy-migrate deploy-migrate
}

test_what_leads_out_of_the_root() {
        BEFORE='ln -s /srv/data way'
        refuse /srv/way 'leads out of the root by a symbolic link'
        refuse /srv/way/dir 'leads out of the root by a symbolic link'
}

test_a_directory_with_a_mount_of_a_file() {
        BEFORE='mount --bind outside/file data/file'
        refuse /srv/data 'a single file is mounted'
}

run_tests
