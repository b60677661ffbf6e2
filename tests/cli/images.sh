#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Machines whose system is an image: a read-only root, or a state that is lost at each boot. What has nothing to migrate is no
# error, so that its services start; and no service starts on data that may be old.

. "${0%/*}/lib.sh"
need_root
need_mounts

# Nothing tells from which version sample was upgraded: its data counts as being at the installed one.
ship() {
        migration sample 1.1.0/001_x
        package sample 1.1
}

make_read_only() {
        mount --bind "$ROOT" "$ROOT"
        mount -o remount,bind,ro "$ROOT"
}

# keep_data: what /var/lib/sample has from now on is on a disk.
keep_data() {
        mkdir -p "$ROOT/var/lib/sample" "$WORK/files/deep"
        echo old >"$WORK/files/deep/data"
        truncate -s 1M "$WORK/disk"
        mkfs.ext4 -q -I 256 -O ^has_journal -d "$WORK/files" "$WORK/disk"
        mount -o loop "$WORK/disk" "$ROOT/var/lib/sample" || skip 'loop devices are missing'
}

# assert_refused TEXT...: nothing runs, and the error has these texts.
assert_refused() {
        expect 3 run sample
        for text; do
                assert_err "$text"
        done
        [ "$(wc -l <"$ERR")" -eq 1 ] || fail 'not one line'
        assert_calls
}

test_a_read_only_root_with_nothing_to_migrate() {
        ship
        make_read_only
        expect 0 run sample
        assert_err 'is read-only, so nothing is recorded'
        expect 0 --json run
        assert_json '.packages[] | .result + " " + .to + " " + .from_source' 'nothing-to-do 1.1 installed'
        assert_calls
}

test_a_read_only_state_that_says_more() {
        ship
        upgraded sample 1.1 1.2
        make_read_only
        expect 0 run sample
        assert_err 'is read-only, so nothing is recorded'
        assert_history sample '.[-1].version' 1.1
}

test_a_read_only_state_and_something_to_migrate() {
        ship
        upgraded sample 1.0 1.1
        make_read_only
        assert_refused "$ROOT/var/lib/deploy-migrate" 'Read-only file system' 'make '
}

test_a_read_only_state_and_a_commit_to_finish() {
        ship
        upgraded sample 1.1 1.2
        mkdir "$ROOT/var/lib/deploy-migrate/sample/stage"
        make_read_only
        assert_refused "$ROOT/var/lib/deploy-migrate" 'Read-only file system'
}

test_data_that_outlives_a_read_only_state() {
        ship
        mkdir -p "$ROOT/var/lib/sample"
        make_read_only
        keep_data
        assert_refused "$ROOT/var/lib/sample/deep/data" "$ROOT/var/lib/deploy-migrate is read-only or lost" 'leave a link'
        expect 3 status sample
        umount "$ROOT/var/lib/sample"
        expect 0 run sample
}

test_data_that_outlives_a_volatile_state() {
        ship
        mkdir "$ROOT/var/lib/deploy-migrate"
        mount -t tmpfs tmpfs "$ROOT/var/lib/deploy-migrate"
        keep_data
        assert_refused "$ROOT/var/lib/sample/deep/data"
        expect 0 baseline sample 1.0
        expect 0 run sample
        assert_ran 1.1.0/001_x
}

test_a_volatile_state_beside_volatile_data() {
        ship
        mkdir "$ROOT/var/lib/deploy-migrate" "$ROOT/var/lib/sample"
        mount -t tmpfs tmpfs "$ROOT/var/lib/deploy-migrate"
        mount -t tmpfs tmpfs "$ROOT/var/lib/sample"
        echo new >"$ROOT/var/lib/sample/data"
        expect 0 run sample
        assert_history sample '.[-1].event' baseline
}

run_tests
