#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Subvolumes of btrfs that aren't mounted by themselves, at, above and below what is declared: each is an area of its own.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
need_tools btrfs-progs mkfs.btrfs
grep -qw btrfs /proc/filesystems || modprobe btrfs 2>/dev/null || skip_all 'the kernel has no btrfs'

subvolumes() {
        for directory; do
                mkdir -p "${directory%/*}"
                btrfs subvolume create "$directory" >/dev/null
        done
}

# ship MIGRATE: for a package with its data in /srv/data.
ship() {
        truncate -s 128M "$WORK/image"
        mkfs.btrfs -q -K -m single "$WORK/image" >/dev/null 2>&1
        mount -o loop "$WORK/image" "$ROOT"
        subvolumes "$ROOT/srv" "$ROOT/srv/data" "$ROOT/srv/data/sub" "$ROOT/srv/data/deep/er/sub" "$ROOT/srv/data/deep/er/sub/sub" \
                "$ROOT/srv/beside"
        for directory in . sub deep deep/er/sub deep/er/sub/sub; do
                mkdir "$ROOT/srv/data/$directory/dir"
                echo text >"$ROOT/srv/data/$directory/file"
                echo text >"$ROOT/srv/data/$directory/dir/file"
        done
        btrfs subvolume snapshot -r "$ROOT/srv/data/sub" "$ROOT/srv/data/snapshot" >/dev/null
        mkdir -p "$ROOT/var/lib/sample"
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/srv/data/sub/file"' "cd \"\$DPKG_ROOT/srv/data\" || exit; $1"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/srv/data"]}'
        upgraded sample 1.0 1.1
        save before
}

files() {
        jq -c '[.packages[0].migrations[0].files[] | [.path, .from, .kind]] | sort | .[]' "$OUT"
}

test_round_trip() {
        ship 'for directory in . sub deep/er/sub deep/er/sub/sub; do
                        echo new >$directory/file
                        mv $directory/dir $directory/moved
                        echo made >$directory/made
                done
                rm deep/file; rm -r deep/dir; cp snapshot/file copied'
        expect 0 preview --json sample
        assert_as before --untouched
        files >"$WORK/previewed"
        begin_run
        expect 0 run --json sample
        files | diff "$WORK/previewed" -
        [ "$(wc -l <"$WORK/previewed")" -eq 16 ] || fail "$(cat "$WORK/previewed")"
        assert_content /srv/data/deep/er/sub/sub/moved/file text
        assert_content /srv/data/deep/er/sub/sub/file new
        expect 0 undo sample
        assert_as before
        assert_no_stage
}

# A read-only snapshot stays as it is.
test_read_only() {
        ship 'echo new >sub/file; echo new >snapshot/file'
        expect 1 run sample
        assert_err 'Read-only file system'
        assert_as before --untouched
}

run_tests
