#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Upgrades that nobody migrated while the machine was on, and what comes of them at the next boot.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# ship_both VERSION: a package with a gated service, and one without.
ship_both() {
        package sample "$1"
        service restart
        [ "$1" = 1.0 ] || format_migration 2.0.0/001_format
        ship
        package plain "$1"
        [ "$1" = 1.0 ] || format_migration 2.0.0/001_format
        ship
}

install_both() {
        ship_both 1.0
        apt install sample plain
        assert_unit sample.service active
}

assert_migrated() {
        assert_unit sample.service active
        for package in sample plain; do
                assert_ran_once "$package" 2.0.0/001_format
                assert_history "$package" '.[-1] | .event + " " + .from + " " + .to' 'completed 1.0 2.0'
        done
}

# The last start of the service came after its migration.
assert_gated() {
        migrated=$(when DEPLOY_MIGRATE_ID=2.0.0/001_format DEPLOY_MIGRATE_PACKAGE=sample --boot)
        [ "$migrated" -lt "$(when_started sample.service --boot)" ] || fail "the service started before its migration"
}

test_an_upgrade_in_a_chroot_is_migrated_at_boot() {
        install_both
        power_off
        ship_both 2.0
        apt upgrade
        assert_settled
        assert_never_started sample
        assert_never_started plain
        boot
        assert_migrated
        assert_gated
}

test_an_upgrade_in_a_container_without_systemd_is_migrated_at_boot() {
        install_both
        power_off
        ship_both 2.0
        IN=contained
        apt upgrade
        assert_settled
        assert_never_started sample
        assert_never_started plain
        IN=
        boot
        assert_migrated
        assert_gated
}

test_a_container_without_systemd_migrates_by_command() {
        install_both
        power_off
        ship_both 2.0
        IN=contained
        apt upgrade
        expect 0 deploy-migrate run
        for package in sample plain; do
                assert_ran_once "$package" 2.0.0/001_format
        done
}

# The best of some boots, and what /bin/true takes at its best, since the machine that this runs on may have other things to do.
test_a_boot_with_nothing_to_do_costs_next_to_nothing() {
        install_both
        ship_both 2.0
        apt upgrade
        enable_reference
        best=1000000 reference=1000000
        for _ in 1 2 3 4 5 6; do
                reboot
                best=$(least "$best" "$(activation_time deploy-migrate.service)")
                best=$(least "$best" "$(activation_time deploy-migrate@sample.service)")
                reference=$(least "$reference" "$(activation_time reference.service)")
        done
        note "$best microseconds, $reference for /bin/true"
        [ $((best - reference)) -lt 20000 ] || fail "it takes $best microseconds, and /bin/true $reference"
}

least() {
        [ "$1" -lt "$2" ] && echo "$1" || echo "$2"
}

enable_reference() {
        cat >"$ROOT/etc/systemd/system/reference.service" <<END
[Service]
Type=oneshot
ExecStart=/bin/true

[Install]
WantedBy=multi-user.target
END
        expect 0 systemctl enable reference.service
}

# activation_time UNIT: of a oneshot, from its start to its end, in microseconds.
activation_time() {
        begin=$(machine systemctl show --value -p InactiveExitTimestampMonotonic "$1")
        end=$(machine systemctl show --value -p InactiveEnterTimestampMonotonic "$1")
        [ "$begin" -gt 0 ] || fail "$1 didn't run"
        echo $((end - begin))
}

# Kills dpkg while the given maintainer script of sample 2.0 runs, and then the machine.
kill_dpkg_in() {
        install_both
        ship_both 2.0
        package sample 2.0
        maintainer_script "$1" <<END
case \$1 in
configure | upgrade)
        if [ ! -e /etc/go-on ]; then
                : >/etc/waiting
                sleep 4321
        fi
        ;;
esac
END
        service restart
        format_migration 2.0.0/001_format
        ship
        (apt upgrade) &
        await test -e "$ROOT/etc/waiting"
        machine pkill -KILL -x dpkg
        cut_power
        : >"$ROOT/etc/go-on"
        boot
}

test_dpkg_killed_in_a_postinst() {
        kill_dpkg_in postinst
        assert_migrated
        expect 0 dpkg --configure -a
        assert_settled
        assert_installed sample 2.0
        assert_migrated
}

test_dpkg_killed_in_a_preinst() {
        kill_dpkg_in preinst
        assert_never_started sample
        expect 0 dpkg --configure -a
        apt install --reinstall sample
        assert_settled
        assert_installed sample 2.0
        assert_migrated
}

test_nothing_is_done_during_an_offline_update() {
        install_both
        printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
        chmod 755 "$ROOT/usr/sbin/policy-rc.d"
        ship_both 2.0
        apt upgrade
        ln -s /var/cache "$ROOT/system-update"
        expect 0 systemctl start deploy-migrate.service
        assert_never_started plain
        rm "$ROOT/system-update"
        machine systemctl start deploy-migrate.service || true # the service of sample still runs
        assert_ran_once plain 2.0.0/001_format
}

run_tests
