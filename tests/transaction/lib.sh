# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of transactions share, on top of that of the command line. A migration is run on two trees that are equal: in
# a transaction on $ROOT, directly on $DIRECT. What is compared is all of them but the program's own files and /usr, /run.
#
# Migrations and what comes before them are shell scripts that start in /srv of the tree. Variables that a test may set:
#   WRITES  what is declared, a JSON array: /srv/data, if it isn't set; the default of all manifests, if it is empty
#   BEFORE  what is done in both trees before the migration is there
#   AFTER   what is done in them when it is, and all files have their times

. "${0%/*}/../cli/lib.sh"

COMPARE=$(cd "${0%/*}" && pwd)/compare
OLD='2001-02-03 04:05:06.789012345'
COPIED_UP=1100000 # bytes of a hole that can get lost when overlayfs copies a file up
own='--exclude=calls --exclude=gate --exclude=run --exclude=usr --exclude=var/lib/dpkg --exclude=var/lib/deploy-migrate'

# need_tools PACKAGE COMMAND...: that come with it.
need_tools() {
        from=$1
        shift
        for tool; do
                command -v "$tool" >/dev/null || skip_all "$tool is missing: install $from"
        done
}

# Starts the script again with an ext4 in memory for its trees, if that can be had.
use_own_file_system() {
        [ -n "${DEPLOY_MIGRATE_TEST_DISK:-}" ] || exec "${0%/*}/../in-memory" "$0"
}

# Trees on an ext4 with a journal: only that gives a new file the inode number of one that was just removed.
use_journal() {
        TMPDIR=$(mktemp -d) && truncate -s 512M "$TMPDIR.image" && mkfs.ext4 -q "$TMPDIR.image" &&
                mount -o loop "$TMPDIR.image" "$TMPDIR" && rm "$TMPDIR.image" && export TMPDIR && return
        echo 'Bail out! No file system with a journal can be mounted'
        exit 1
}

need_attributes() {
        need_tools attr setfattr
        need_tools acl setfacl
        need_tools libcap2-bin setcap
        probe=$(mktemp) || exit 1
        setfattr -n user.x -v y "$probe" 2>/dev/null || {
                rm "$probe"
                skip_all "the file system of ${TMPDIR:-/tmp} has no extended attributes"
        }
        rm "$probe"
}

need_overlays() {
        grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || skip_all 'the kernel has no overlayfs'
}

# settle FILE...: all in them has a time that is long past.
settle() {
        find "$@" -exec touch -h -d "$OLD" {} +
}

# ---- The two trees ----

# ship SCRIPT: makes them, with a migration whose effect is there when any file was changed since.
ship() {
        DIRECT=$WORK/direct
        for tree in "$ROOT" "$DIRECT"; do
                (
                        ROOT=$tree
                        mkdir -p "$ROOT/srv"
                        (cd "$ROOT/srv" && populate && eval "${BEFORE:-}")
                        upgraded sample 1.0 1.1
                        ship_migration "$1"
                        settle "$ROOT"
                        (cd "$ROOT/srv" && eval "${AFTER:-}")
                        touch "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
                )
        done
        "$COMPARE" $own "$ROOT" "$DIRECT" || fail 'the trees are not equal before anything is done'
}

ship_migration() {
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x <<END
#!/bin/sh
cd "\$DPKG_ROOT/srv" || exit 3
case \$1 in
check)
        find "\$DPKG_ROOT" \\( -path "\$DPKG_ROOT/run" -o -path "\$DPKG_ROOT/usr" -o -name deploy-migrate \\) -prune -o \\
                -mindepth 1 -cnewer "\$0" -print | grep -q .
        exit
        ;;
esac
set -e
$1
[ ! -e "\$DPKG_ROOT/usr/fail" ]
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
        writes=${WRITES-[\"/srv/data\"]}
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json "{${writes:+\"writes\": $writes}}"
}

# A bit of everything, in data; and what isn't declared, beside it.
populate() {
        mkdir -p data/dir/sub/deep data/other data/empty data/private outside/dir
        echo text >data/file
        echo text >data/dir/file
        echo more >data/dir/sub/file
        echo deep >data/dir/sub/deep/file
        echo other >data/other/file
        echo own >data/other/own
        : >data/other/nothing
        chmod 700 data/private
        chmod 2770 data/other
        chown 12:34 data/other data/other/own
        echo linked >data/first
        ln data/first data/other/second
        echo shared >outside/shared
        ln outside/shared data/shared
        ln -s dir/sub data/symbolic
        ln -s ../nowhere data/dangling
        mkfifo data/fifo
        mknod data/null c 1 3
        truncate -s 24M data/sparse
        printf x | dd of=data/sparse bs=1M seek=8 conv=notrunc status=none
        echo attributes >data/attributes
        setfattr -n user.one -v 1 data/attributes
        setfattr -n user.two -v 2 data/attributes
        setfattr -n user.one -v 1 data/dir
        setfattr -n trusted.one -v 1 data/empty
        setfattr -h -n trusted.one -v 1 data/symbolic
        setfattr -n trusted.one -v 1 data/fifo
        echo list >data/list
        setfacl -m u:1234:rw,g:56:r data/list
        setfattr -n trusted.one -v 1 data/list
        setfacl -m u:1234:rwx,d:u:1234:rwx data/private
        cp /bin/true data/program
        setcap cap_net_raw+ep data/program
        echo odd >"data/$(printf 'odd \n\\\303\244\377')"
        echo outside >outside/file
}

# ---- What a transaction has to do ----

# save NAME: notes how the tree is.
save() {
        "$COMPARE" $own --save="$WORK/$1" "$ROOT"
}

# assert_as NAME OPTION...: the tree is as noted.
assert_as() {
        saved=$1
        shift
        "$COMPARE" $own "$@" "$WORK/$saved" "$ROOT" || fail "that is how the tree differs from $saved"
}

# Nothing is left of a transaction but what an undo needs.
assert_no_stage() {
        left=$(find "$ROOT/var/lib/deploy-migrate" -mindepth 2 -maxdepth 2 ! -name history.jsonl ! -name transactions)
        [ -z "$left" ] || fail "left behind: $left"
}

# A failure at the very end leaves the tree untouched.
assert_fails_whole() {
        save before
        touch "$ROOT/usr/fail"
        expect 1 run sample
        assert_history sample '.[-1].event' failed
        assert_history sample '.[-1].reason' 'migrate exited with status 1'
        assert_as before --untouched
        assert_no_stage
        [ ! -e "$ROOT/var/lib/deploy-migrate/sample/transactions" ] || fail 'something is kept for an undo'
        rm "$ROOT/usr/fail"
}

# The times of files lag behind the clock.
begin_run() {
        since=$(date +%s.%N)
        sleep 0.02
}

# It lands, and the tree is the one that the same script makes directly.
assert_lands() {
        begin_run
        expect 0 run sample
        assert_history sample '[.[-3:][].event] | join(" ")' 'committing applied completed'
        assert_no_stage
        execute 0 "$DEPLOY_MIGRATE" --root "$DIRECT" run --sandbox=off sample
        "$COMPARE" $own --since="$since" --before="$WORK/before" --kept="$ROOT/var/lib/deploy-migrate" --grain=$COPIED_UP \
                "$DIRECT" "$ROOT" ||
                fail 'that is how the tree differs from one that was changed directly'
}

assert_undone() {
        expect 0 undo sample
        assert_history sample '.[-1] | .event + " " + .id' 'undone 1.1.0/001_x'
        assert_as before
        assert_no_stage
        kept=$(find "$ROOT/var/lib/deploy-migrate/sample/transactions" -mindepth 2 ! -name redo.jsonl)
        [ -z "$kept" ] || fail "kept: $kept"
}

# round_trip SCRIPT: all of these.
round_trip() {
        ship "$1"
        assert_fails_whole
        assert_lands
        assert_undone
}
