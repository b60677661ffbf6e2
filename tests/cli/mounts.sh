#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Data on a file system that isn't mounted isn't migrated, and nobody takes an empty mount point for data that needs nothing.

. "${0%/*}/lib.sh"
need_root
need_mounts

# As deploy-migrate-migration(7) says: a missing file is no error.
format='! test -e "$DPKG_ROOT/srv/nas/data" || grep -q new "$DPKG_ROOT/srv/nas/data"'

# ship [MANIFEST]
ship() {
        migration sample 1.1.0/001_format "$format" 'echo new >"$DPKG_ROOT/srv/nas/data"'
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_format.json "${1:-{\"writes\": [\"/srv/nas\"]\}}"
        upgraded sample 1.0 1.1
        mkdir -p "$ROOT/srv/nas"
        write /etc/fstab 'nas:/x /srv/nas nfs _netdev,nofail 0 0'
}

mount_data() {
        mount -t tmpfs test "$ROOT/srv/nas"
        echo old >"$ROOT/srv/nas/data"
}

# assert_postponed ID MOUNT...
assert_postponed() {
        expect 1 run --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].state + " " + .migrations[0].id' "postponed postponed $1"
        assert_calls
        assert_history sample '.[-1] | .event + " " + .id' "postponed $1"
        shift
        for missing; do
                assert_history sample ".[-1].reason | contains(\"$ROOT$missing\")" true
        done
        assert_history sample 'map(select(.event == "started" or .event == "satisfied")) | length' 0
}

test_it_is_migrated_once_it_is_there() {
        ship
        assert_postponed 1.1.0/001_format /srv/nas
        assert_postponed 1.1.0/001_format /srv/nas
        assert_postponed 1.1.0/001_format /srv/nas
        expect 0 status sample
        assert_out "$ROOT/srv/nas isn't mounted"
        mount_data
        expect 0 run sample
        assert_content /srv/nas/data new
        assert_history sample '.[-1].event' completed
        assert_history sample 'map(select(.event == "started").attempt) | join(" ")' 1
}

# They say what a run says, and change nothing.
test_plan_and_preview() {
        ship
        expect 0 plan --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].state' 'pending pending'
        cp "$ROOT/var/lib/deploy-migrate/sample/history.jsonl" "$WORK/before"
        expect 1 preview --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].state' 'postponed postponed'
        assert_json ".packages[0].error | contains(\"$ROOT/srv/nas isn't mounted\")" true
        assert_calls
        cmp "$WORK/before" "$ROOT/var/lib/deploy-migrate/sample/history.jsonl"
        mount_data
        expect 0 preview sample
        assert_out /srv/nas/data
}

# An upgrade isn't begun if its end has to wait.
test_one_of_several() {
        ship
        migration sample 1.1.0/000_first
        migration sample 1.1.0/002_last
        assert_postponed 1.1.0/000_first /srv/nas
        mount_data
        expect 0 run sample
        assert_ran 1.1.0/000_first 1.1.0/001_format 1.1.0/002_last
}

test_the_default_paths() {
        for mount in /var /var/lib /var/lib/sample /var/lib/sample/data /etc/sample /var/cache /var/log/sample; do
                rm -rf "${ROOT:?}"/*
                ship '{}'
                write /etc/fstab "UUID=1234 $mount ext4 noauto 0 0"
                assert_postponed 1.1.0/001_format "$mount"
        done
        write /etc/fstab 'UUID=1 / ext4 defaults 0 1
UUID=2 /boot ext4 defaults 0 2
UUID=3 none swap sw 0 0
UUID=4 /var/lib/sampler ext4 nofail 0 2'
        expect 0 run sample
        assert_history sample '.[-1].event' completed
}

# Nothing is declared, but the package's own directories are most likely what it writes to.
test_a_direct_migration() {
        ship '{"writes": "*"}'
        write /etc/fstab 'UUID=1234 /var/lib/sample ext4 nofail 0 0'
        assert_postponed 1.1.0/001_format /var/lib/sample
        write /etc/fstab 'UUID=1234 /srv/other ext4 nofail 0 0'
        expect 0 run sample
        assert_history sample '.[-1].event' completed
}

test_without_the_sandbox() {
        ship
        expect 1 run --sandbox=off sample
        assert_calls
        assert_history sample '.[-1].event' postponed
}

# It stays given up.
test_one_that_was_given_up() {
        migration sample 1.1.0/001_format 'exit 1' 'exit 1'
        upgraded sample 1.0 1.1
        expect 1 run sample
        expect 1 run sample
        expect 1 run sample
        write /etc/fstab 'UUID=1234 /var/lib/sample ext4 nofail 0 0'
        expect 1 run --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].state' 'failed gave-up'
        assert_history sample '.[-1].event' gave-up
        expect 1 retry sample
        assert_history sample '.[-1].event' postponed
}

# What can't be read isn't an answer.
test_fstab_can_not_be_read() {
        ship
        cp "$ROOT/var/lib/deploy-migrate/sample/history.jsonl" "$WORK/before"
        rm "$ROOT/etc/fstab"
        for make in 'mkdir fstab' 'ln -s fstab fstab' 'ln -s /etc/fstab fstab' 'echo nas:/x >fstab' 'truncate -s 100 fstab'; do
                (cd "$ROOT/etc" && eval "$make")
                for verb in run preview; do
                        expect 3 "$verb" sample
                        cat "$OUT" >>"$ERR"
                        assert_err "$ROOT/etc/fstab"
                        assert_calls
                done
                rm -r "$ROOT/etc/fstab"
        done
        jq -r .event "$ROOT/var/lib/deploy-migrate/sample/history.jsonl" >"$WORK/events"
        ! grep -qvx baseline "$WORK/events" || fail 'something was recorded'
        expect 0 run sample
}

# Nothing is asked for if there is nothing to do.
test_nothing_is_due() {
        ship
        mount_data
        expect 0 run sample
        umount "$ROOT/srv/nas"
        rm "$ROOT/etc/fstab"
        mkdir "$ROOT/etc/fstab"
        expect 0 run sample
        assert_out 'nothing to do'
}

# A directory that is mounted on itself says that the data is there: for an image whose fstab is for its first boot.
test_a_directory_on_itself() {
        ship
        echo old >"$ROOT/srv/nas/data"
        mount --bind "$ROOT/srv/nas" "$ROOT/srv/nas"
        expect 0 run sample
        umount "$ROOT/srv/nas"
        assert_content /srv/nas/data new
}

run_tests
