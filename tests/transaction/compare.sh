#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The comparer of trees sees each kind of difference, and none where there is none.

. "${0%/*}/lib.sh"
need_root
need_mounts

# Two trees, a and b, that are equal.
make_trees() {
        for tree in a b; do
                mkdir -p "$WORK/$tree/dir/sub"
                (cd "$WORK/$tree" && fill)
        done
        cd "$WORK" || return
}

fill() {
        echo text >file
        seq 60000 >dir/long
        ln file dir/link
        echo text >lone
        ln -s file symbolic
        mkfifo fifo
        mknod null c 1 3
        truncate -s 8M sparse
        printf x | dd of=sparse bs=1M seek=4 conv=notrunc status=none
        touch "$(printf 'odd\n\377')"
        settle .
}

assert_equal() {
        "$COMPARE" "$@" a b >differences || fail "differences: $(cat differences)"
        [ ! -s differences ] || fail 'it prints something, and says that the trees are equal'
}

# assert_differs LINE ARGUMENT...: a line that begins like this is printed.
assert_differs() {
        line=$1
        shift
        ! "$COMPARE" "$@" a b >differences || fail "not seen: $line"
        grep -qF -- "$line" differences || fail "not among the differences: $line: $(cat differences)"
}

# What is said of it, and how it is made in b.
kinds='lone: file only in A;rm lone
new: file only in B;touch new
empty: directory only in B;mkdir empty
lone: type: file in A, directory in B;rm lone; mkdir lone
fifo: type: fifo in A, symbolic link in B;rm fifo; ln -s x fifo
lone: mode: 100644 in A, 100600 in B;chmod 600 lone
dir: mode: 40755 in A, 41777 in B;chmod 1777 dir
lone: owner: 0:0 in A, 1:0 in B;chown 1 lone
symbolic: owner: 0:0 in A, 0:1 in B;chown -h :1 symbolic
lone: size: 5 in A, 6 in B;echo >>lone
lone: content;echo TEXT >lone
dir/long: content;printf x | dd of=dir/long bs=1 seek=200000 conv=notrunc status=none
symbolic: target;rm symbolic; ln -s lone symbolic
null: device number;rm null; mknod null c 1 5
file: link count: 2 in A, 1 in B;rm dir/link; cp -p file dir/link
file: link count: 2 in A, 3 in B;ln file dir/another
file: names: [b'"'dir/link', b'file'] in A, [b'file', b'lone'"'] in B;rm dir/link; cp -p lone dir/link; ln -f file lone
sparse: holes;cp -p --sparse=never sparse x; mv x sparse
sparse: holes;fallocate -p -o 4M -l 1M sparse; printf x | dd of=sparse bs=1M seek=2 conv=notrunc status=none
lone: time of modification;touch -d "2001-02-03 04:05:06.789012346" lone
dir: time of modification;touch dir
symbolic: time of modification;touch -h symbolic
odd\n\xff: size;echo >"$(printf "odd\n\377")"
odd\n\xff: file only in A;rm odd*'

test_each_kind_of_difference() {
        make_trees
        assert_equal
        printf '%s\n' "$kinds" | while IFS=';' read -r line code; do
                rm -rf "$WORK/a" "$WORK/b"
                make_trees
                assert_equal
                (cd b && eval "$code")
                assert_differs "$line"
        done
}

# attribute FILE NAME VALUE
attribute() {
        /usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]),
                follow_symlinks=False)' "$@" 2>/dev/null || skip "the attribute $2 can't be set here"
}

test_extended_attributes() {
        for case in "lone user.x 61" "dir user.x 61" "symbolic trusted.x 61" "fifo trusted.x 61"; do
                rm -rf "$WORK/a" "$WORK/b"
                make_trees
                # shellcheck disable=SC2086 # words
                (cd b && attribute $case)
                assert_differs "${case%% *}: extended attributes: none in A, "
        done
        (cd a && attribute fifo trusted.x 62)
        assert_differs "fifo: extended attributes: trusted.x=b'b' in A, trusted.x=b'a' in B"
}

test_capabilities_and_lists() {
        make_trees
        attribute b/lone security.capability 0100000200040000000000000000000000000000
        assert_differs 'lone: extended attributes: none in A, security.capability='
        acl=02000000 entry=ffffffff
        acl=${acl}01000600${entry}0200060039300000 acl=${acl}04000400${entry}10000600${entry}20000400${entry}
        attribute b/file system.posix_acl_access "$acl"
        assert_differs 'file: extended attributes: none in A, system.posix_acl_access='
        attribute b/dir system.posix_acl_default "$acl"
        assert_differs 'dir: extended attributes: none in A, system.posix_acl_default='
}

test_what_overlayfs_notes_is_not_seen() {
        make_trees
        attribute b/dir trusted.overlay.opaque 79
        assert_equal
}

test_times_of_the_run() {
        make_trees
        begin_run
        touch a/lone
        sleep 0.02
        touch b/lone
        assert_differs 'lone: time of modification'
        assert_equal --since="$since"
        touch -d '2030-01-01' b/lone
        assert_differs 'lone: time of modification' --since="$since"
        touch -d "$OLD" b/lone
        assert_differs 'lone: time of modification' --since="$since"
}

test_times_that_were_left() {
        make_trees
        "$COMPARE" --save=before b
        begin_run
        touch a/lone a/dir
        assert_differs 'lone: time of modification' --since="$since"
        assert_equal --since="$since" --before=before
        echo TEXT | tee a/lone >b/lone
        touch a/dir/new b/dir/new
        touch -d "$OLD" b/lone b/dir
        assert_differs 'lone: time of modification' --since="$since" --before=before
        assert_differs 'dir: time of modification' --since="$since" --before=before
}

test_names_that_are_kept_elsewhere() {
        make_trees
        mkdir kept
        ln b/lone kept
        ln b/dir/link kept
        assert_differs 'lone: link count: 1 in A, 2 in B'
        assert_equal --kept=kept
        rm b/dir/link
        assert_differs "dir/link: file only in A" --kept=kept
        assert_differs 'file: link count: 2 in A, 1 in B' --kept=kept
}

test_what_was_not_touched() {
        make_trees
        "$COMPARE" --save=before b
        (cd b && chmod 600 lone && chmod 644 lone && cp -p file new && mv new fifo && mv fifo new && rm new)
        mv a away && mv before a
        assert_differs 'lone: time of change' --untouched
        assert_differs 'fifo: fifo only in A' --untouched
}

test_holes_that_are_almost_the_same() {
        make_trees
        printf x | dd of=b/sparse bs=4k seek=1023 conv=notrunc status=none
        printf x | dd of=a/sparse bs=4k seek=1023 conv=notrunc status=none
        head -c 4096 /dev/zero | dd of=b/sparse bs=4k seek=1025 conv=notrunc status=none
        settle a b
        assert_equal
        assert_differs 'sparse: holes' --grain=1024
}

test_mount_points() {
        make_trees
        mkdir a/mounted b/mounted
        mount -t tmpfs tmpfs a/mounted
        settle a b
        assert_differs 'mounted: mount point: True in A, False in B'
        mount -t tmpfs tmpfs b/mounted
        settle a b
        assert_equal
        echo x >b/mounted/file
        assert_differs 'mounted/file: file only in B'
}

test_what_is_left_out() {
        make_trees
        echo more >b/dir/sub/new
        assert_equal --exclude=dir
        assert_differs 'dir/sub/new: file only in B' --exclude=fifo
}

test_trouble() {
        make_trees
        execute 2 "$COMPARE" a missing
        assert_err missing
        execute 2 "$COMPARE" a
}

run_tests
