#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# If the history can't be written, nothing is executed; if there is no space for a stage, nothing is changed; and no applied
# migration is lost or done twice.

. "${0%/*}/lib.sh"
need_root
need_mounts

# ship COUNT: ships so many migrations; each records how often it was done.
ship() {
        for number in $(seq -w 001 "$1"); do
                migration sample "1.1.0/${number}_x"
        done
        package sample 1.1 'install ok unpacked' 1.0
        mkdir -p "$ROOT/var/lib/deploy-migrate"
}

# Runs with too little space, frees some by the given command, and runs again.
assert_survives_a_full_disk() {
        status=0
        "$DEPLOY_MIGRATE" --root "$ROOT" run sample >"$OUT" 2>&1 </dev/null || status=$?
        case $status in
        1 | 3) assert_out 'No space left on device' ;; # the stage's migration failed, or the history couldn't say so
        *) fail "exit status $status" ;;
        esac
        assert_history sample '[.[] | select(.event == "applied")] | length > 1 and length < 100' true
        "$@"
        expect 0 run sample
        assert_history sample '.[-1].event' completed
        assert_history sample '[.[] | select(.event == "applied" or .event == "satisfied") | .id] | unique | length' 100
        [ "$(cat "$ROOT"/var/lib/sample/* | wc -l)" -eq 100 ] || fail 'a migration was done twice, or not at all'
}

test_a_file_system_that_fills_up() {
        ship 100
        mount -t tmpfs -o size=128k tmpfs "$ROOT/var/lib/deploy-migrate"
        assert_survives_a_full_disk mount -o remount,size=4m "$ROOT/var/lib/deploy-migrate"
}

test_a_disk_that_fills_up() {
        ship 100
        truncate -s 4M "$WORK/disk"
        mkfs.ext4 -q -b 1024 -N 1024 -m 0 -O ^has_journal "$WORK/disk"
        mount -o loop "$WORK/disk" "$ROOT/var/lib/deploy-migrate" || skip 'loop devices are missing'
        free=$(stat -f -c %a "$ROOT/var/lib/deploy-migrate")
        head -c $(((free - 60) * 1024)) /dev/zero >"$ROOT/var/lib/deploy-migrate/.filler"
        assert_survives_a_full_disk rm "$ROOT/var/lib/deploy-migrate/.filler"
}

# As after a boot with a clock that is behind: nobody wrote there in the meantime.
test_a_file_from_the_future() {
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/var/lib/sample/f"' 'echo new >"$DPKG_ROOT/var/lib/sample/f"'
        upgraded sample 1.0 1.1
        mkdir -p "$ROOT/var/lib/sample" "$WORK/files"
        echo old >"$WORK/files/f"
        truncate -s 1M "$WORK/disk"
        mkfs.ext4 -q -I 256 -O ^has_journal -d "$WORK/files" "$WORK/disk"
        for field in ctime mtime; do
                debugfs -w -R "set_inode_field /f $field $(date -u -d '+30 minutes' +%Y%m%d%H%M%S)" "$WORK/disk" 2>/dev/null
        done
        mount -o loop "$WORK/disk" "$ROOT/var/lib/sample" || skip 'loop devices are missing'
        [ "$(stat -c %Z "$ROOT/var/lib/sample/f")" -gt "$(date +%s)" ] || fail 'it has no time in the future'
        expect 0 run sample
        assert_ran 1.1.0/001_x
}

test_a_disk_that_is_full() {
        ship 1
        mount -t tmpfs -o size=64k tmpfs "$ROOT/var/lib/deploy-migrate"
        head -c 64k /dev/zero >"$ROOT/var/lib/deploy-migrate/.filler"
        expect 3 run sample
        assert_err "$(history_of sample)"
        assert_err 'No space left on device'
        assert_calls
        rm "$ROOT/var/lib/deploy-migrate/.filler"
        expect 0 run sample
        assert_ran 1.1.0/001_x
}

# Also if the program doesn't say why it fails.
test_a_disk_that_is_too_small_is_no_reason_to_give_up() {
        ship 1
        migration sample 1.1.0/001_x 'test -e "$marker"' 'head -c 4M /dev/zero >"$marker.big" 2>/dev/null || exit 1; rm "$marker.big"; touch "$marker"'
        mount -t tmpfs -o size=2m tmpfs "$ROOT/var/lib/deploy-migrate"
        for _ in $(seq 30); do # so many that the history doesn't fit its block
                expect 1 run sample
        done
        assert_history sample '[.[] | select(.event == "gave-up" or .attempt > 1)] | length' 0
        mount -o remount,size=16m "$ROOT/var/lib/deploy-migrate"
        expect 0 run sample
}

# The data's own disk isn't filled for a copy that doesn't fit.
test_data_on_a_disk_that_is_too_small() {
        migration sample 1.1.0/001_x 'tail -n 1 "$DPKG_ROOT/var/lib/sample/db" | grep -q new' 'echo new >>"$DPKG_ROOT/var/lib/sample/db"'
        upgraded sample 1.0 1.1
        mkdir -p "$ROOT/var/lib/sample"
        mount -t tmpfs -o size=3m tmpfs "$ROOT/var/lib/sample"
        head -c 2M /dev/zero >"$ROOT/var/lib/sample/db"
        expect 1 preview sample
        assert_out 'needs at least 2052 KiB, and its file system has 1024 KiB free'
        expect 1 run sample
        assert_out 'needs at least 2052 KiB, and its file system has 1024 KiB free'
        assert_history sample '.[-1] | .event + " " + .cause' 'failed no-space'
        [ "$(stat -c %s "$ROOT/var/lib/sample/db")" -eq 2097152 ] || fail 'the file was changed'
        mount -o remount,size=8m "$ROOT/var/lib/sample"
        expect 0 run sample
}

test_a_disk_without_room_for_the_package() {
        ship 1
        mount -t tmpfs -o nr_inodes=1 tmpfs "$ROOT/var/lib/deploy-migrate"
        expect 3 run sample
        assert_err 'No space left on device'
        assert_calls
        mount -o remount,nr_inodes=64 "$ROOT/var/lib/deploy-migrate"
        expect 0 run sample
        assert_ran 1.1.0/001_x
}

test_a_directory_that_can_not_be_written() {
        ship 1
        mount --bind "$ROOT/var/lib/deploy-migrate" "$ROOT/var/lib/deploy-migrate"
        mount -o remount,bind,ro "$ROOT/var/lib/deploy-migrate"
        expect 3 run --json sample
        assert_json '.packages[0] | .result + " " + .package' 'error sample'
        assert_out 'Read-only file system'
        assert_calls
        expect 0 plan sample
        expect 0 status sample
}

test_a_history_that_can_not_be_written() {
        ship 1
        expect 0 baseline sample 1.0
        mount --bind "$ROOT/var/lib/deploy-migrate" "$ROOT/var/lib/deploy-migrate"
        mount -o remount,bind,ro "$ROOT/var/lib/deploy-migrate"
        expect 3 run sample
        assert_err "$(history_of sample)"
        assert_calls
        expect 3 mark sample 1.1.0/001_x applied --reason why
        expect 3 baseline sample 1.1
        expect 3 retry sample
}

test_a_lock_that_can_not_be_made() {
        ship 1
        mkdir -p "$ROOT/run/deploy-migrate"
        mount --bind "$ROOT/run/deploy-migrate" "$ROOT/run/deploy-migrate"
        mount -o remount,bind,ro "$ROOT/run/deploy-migrate"
        expect 3 run sample
        assert_err "$ROOT/run/deploy-migrate"
        assert_calls
}

run_tests
