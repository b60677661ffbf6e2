#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The data is on a disk of its own, that is mounted late, when somebody asks for it, or not at all. The upgrade doesn't restart the
# service, so that the next boot migrates. An empty mount point must never look as if there was nothing to do.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# For automounts.
[ ! -e /dev/autofs ] || machine_options=--bind=/dev/autofs

# ship_sample VERSION: to its check a missing file is no error.
ship_sample() {
        package sample "$1"
        service no-restart
        write /usr/lib/deploy-migrate/sample/v2.0.0/001_format <<'END'
#!/bin/sh
case $1 in
check) [ ! -e /var/lib/sample/format ] || grep -qx 2 /var/lib/sample/format ;;
migrate) echo 2 >/var/lib/sample/format ;;
esac
END
        chmod 755 "$TREE/usr/lib/deploy-migrate/sample/v2.0.0/001_format"
        ship
}

# Upgraded, with the old data on the disk, which isn't mounted. As long as nobody makes /run/disk there is no disk.
prepare() {
        publish "$DEPLOY_MIGRATE_DEBS"/*.deb
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        assert_unit sample.service active
        mkdir "$ROOT/srv/disk"
        write_fstab noauto
        mv "$ROOT/var/lib/sample/format" "$ROOT/srv/disk"
        cat >"$ROOT/etc/systemd/system/disk.service" <<'END'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'until test -e /run/disk; do sleep 0.1; done'
END
}

write_fstab() {
        echo "/srv/disk /var/lib/sample none bind,$1 0 0" >"$ROOT/etc/fstab"
}

# reboot_with OPTIONS: the disk in fstab has these.
reboot_with() {
        assert_waits
        write_fstab "$1"
        count_postponed >"$WORK/postponed"
        power_off
        power_on
}

count_postponed() {
        grep -c '"postponed"' "$(history_of sample)" || true
}

assert_not_postponed() {
        [ "$(count_postponed)" = "$(cat "$WORK/postponed")" ] || fail "it was postponed once more"
}

need_automounts() {
        [ -e /dev/autofs ] || {
                echo "there are no automounts here" >"$WORK/skip"
                exit 77
        }
}

has_logged() {
        journal --boot -o cat >"$WORK/journal" && grep -qF "$1" "$WORK/journal"
}

is_active() {
        machine systemctl -q is-active "$1"
}

assert_migrated() {
        await is_active sample.service
        assert_content /srv/disk/format 2
        assert_history sample 'map(select(.event == "satisfied" or .event == "failed")) | length' 0
        assert_history sample '.[-1].event' completed
        assert_history sample 'map(select(.event == "started").attempt) | join(" ")' 1
        [ -z "$(ls "$ROOT/var/lib/sample")" ] || fail "there is something below the mount point"
}

# assert_waits: nothing has been done, and the service doesn't run.
assert_waits() {
        assert_never_started sample
        ! has_event sample satisfied || fail "an empty mount point was taken for data"
        ! is_active sample.service || fail "the service runs without its data"
        assert_content /srv/disk/format 1
}

test_it_is_mounted_late() {
        reboot_with nofail,x-systemd.requires=disk.service
        await has_logged 'waiting for systemd to mount /var/lib/sample'
        assert_waits
        machine touch /run/disk
        assert_migrated
        assert_not_postponed
}

test_it_is_mounted_when_asked_for() {
        need_automounts
        reboot_with nofail,x-systemd.automount
        assert_migrated
        assert_not_postponed
}

test_it_can_not_be_mounted() {
        need_automounts
        sed -i 's|^ExecStart=.*|ExecStart=test -e /run/disk|' "$ROOT/etc/systemd/system/disk.service"
        reboot_with nofail,x-systemd.automount,x-systemd.requires=disk.service
        machine systemctl is-system-running --wait || true
        assert_waits
        [ "$(count_postponed)" -gt "$(cat "$WORK/postponed")" ] || fail "it wasn't postponed"
        assert_history sample '.[-1].reason | startswith("/var/lib/sample is")' true
        expect 0 deploy-migrate status sample
        assert_out "/var/lib/sample isn't mounted"
        machine touch /run/disk
        expect 0 systemctl start sample.service # it triggers the automount
        assert_migrated
}

# It must not wait for what waits for it. The run for all packages may come later, when the service was given up, and find the data.
test_it_is_mounted_after_the_service() {
        reboot_with nofail,x-systemd.after=sample.service
        machine systemctl is-system-running --wait || true
        [ "$(count_postponed)" -gt "$(cat "$WORK/postponed")" ] || fail "it wasn't postponed"
        expect 0 mountpoint -q /var/lib/sample
        await machine systemctl -q is-active sample.service # by itself
        assert_migrated
}

# A unit that isn't in fstab.
test_it_is_not_mounted() {
        cat >"$ROOT/etc/systemd/system/var-lib-sample.mount" <<'END'
[Unit]
ConditionPathExists=/run/disk
[Mount]
What=/srv/disk
Where=/var/lib/sample
Options=bind
[Install]
WantedBy=multi-user.target
END
        : >"$ROOT/etc/fstab"
        machine systemctl enable var-lib-sample.mount
        reboot
        assert_waits
        assert_unit sample.service inactive
        expect 1 deploy-migrate run sample
        assert_history sample '.[-1].reason | startswith("/var/lib/sample is")' true
        expect 1 systemctl start sample.service
        assert_waits
        machine touch /run/disk
        expect 0 systemctl start var-lib-sample.mount
        expect 0 systemctl start sample.service
        assert_migrated
}

run_tests
