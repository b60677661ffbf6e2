#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# deploy-migrate itself and a package with migrations are installed, upgraded, removed, purged and installed again.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

prepare() {
        publish "$DEPLOY_MIGRATE_DEBS"/*.deb
}

# ship_sample VERSION: with a gated service.
ship_sample() {
        package sample "$1"
        service restart
        [ "${1%%.*}" -lt 2 ] || format_migration 2.0.0/001_format
        [ "${1%%.*}" -lt 3 ] || format_migration 3.0.0/001_format
        ship
}

# All files but those of apt, dpkg and systemd itself, and those that the test puts there.
list_files() {
        machine find / /usr -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd -o -path /var/cache \
                -o -path /var/log -o -path /srv -o -path /root \) -prune -o ! -type d -printf '%p %y %m %u %g %l\n' \
                -o -printf '%p %y %m %u %g\n' | sort
}

test_all_of_it_can_go_without_a_trace() {
        list_files >"$WORK/before"
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        assert_ran_once sample 2.0.0/001_format
        apt purge sample deploy-migrate libdeploymigrate0
        list_files >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail "something is left, or gone"
        expect 0 systemctl --failed --plain --no-legend
        assert_no_out .service

        apt install sample
        assert_unit sample.service active
        assert_never_started sample
        expect 0 systemctl is-enabled deploy-migrate.service
}

test_a_reinstallation_changes_nothing() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        before=$(cat "$(history_of sample)")
        apt install --reinstall sample deploy-migrate
        assert_settled
        assert_unit sample.service active
        [ "$(cat "$(history_of sample)")" = "$before" ] || fail "the history was changed"
}

test_a_removed_package_goes_on_where_its_data_is() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        apt remove sample
        expect 0 deploy-migrate run
        ship_sample 3.0
        apt install sample
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_format 3.0.0/001_format
        assert_history sample '[.[] | select(.event == "completed") | .from + " " + .to] | join(", ")' '1.0 2.0, 2.0 3.0'
}

test_a_purged_package_starts_afresh() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        apt purge sample
        ship_sample 3.0
        apt install sample
        assert_unit sample.service active
        assert_never_started sample
}

test_a_downgrade_and_the_way_back() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        printf 'Package: sample\nPin: version 1.0\nPin-Priority: 1001\n' >"$ROOT/etc/apt/preferences.d/sample"
        apt upgrade --allow-downgrades
        assert_installed sample 1.0
        rm "$ROOT/etc/apt/preferences.d/sample"
        assert_settled
        assert_journal 'the data is newer than the program' -u sample.service
        assert_journal "'deploy-migrate undo sample'" -u sample.service
        assert_ran_once sample 2.0.0/001_format
        apt upgrade
        assert_settled
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_format
        assert_history sample '[.[] | select(.event == "started")] | length' 1
}

# publish_next: our own packages once more, with a higher version.
publish_next() {
        for deb in "$DEPLOY_MIGRATE_DEBS"/*.deb; do
                version=$(dpkg-deb -f "$deb" Version)
                rm -rf "$WORK/tree"
                dpkg-deb -R "$deb" "$WORK/tree"
                sed -i "s/^Version: .*/&+next/; s/= $version)/= $version+next)/" "$WORK/tree/DEBIAN/control"
                dpkg-deb --root-owner-group -Znone -b "$WORK/tree" "$WORK/debs/next-${deb##*/}" >/dev/null
        done
        publish "$WORK/debs"/next-*
}

invocation_of() {
        machine systemctl show --value -p InvocationID "$1"
}

# The data's version is known from what dpkg says while it upgrades; without that, nothing tells it.
test_a_machine_without_a_log_of_dpkg() {
        ship_sample 1.0
        apt install sample
        rm "$ROOT/var/log/dpkg.log"
        ln -s /dev/null "$ROOT/var/log/dpkg.log"
        ship_sample 2.0
        apt upgrade
        assert_unit sample.service active
        assert_history sample '.[0] | .event + " " + .version + " " + .source' 'baseline 1.0 config-version'

        expect 0 systemctl stop sample.service
        rm -r "$ROOT/var/lib/deploy-migrate/sample" "$ROOT/var/lib/sample/2.0.0-001_format"
        echo 1 >"$ROOT/var/lib/sample/format"
        expect 0 deploy-migrate run sample
        grep -qF "cannot tell which version sample was upgraded from; assuming its data is at 2.0" "$ERR" || fail "it isn't said"
        expect 0 deploy-migrate baseline sample 1.0
        expect 0 systemctl start sample.service
        assert_ran_once sample 2.0.0/001_format
}

test_its_own_upgrade_does_not_restart_gated_services() {
        ship_sample 1.0
        apt install sample
        ship_sample 2.0
        apt upgrade
        before=$(invocation_of sample.service)
        history=$(cat "$(history_of sample)")
        publish_next
        apt upgrade
        assert_settled
        case $(chroot "$ROOT" dpkg-query -W deploy-migrate) in
        *+next) ;;
        *) fail "it was not upgraded" ;;
        esac
        assert_unit sample.service active
        [ "$(invocation_of sample.service)" = "$before" ] || fail "the service was restarted"
        [ "$(cat "$(history_of sample)")" = "$history" ] || fail "the history was changed"
}

test_an_upgrade_together_with_its_own() {
        ship_sample 1.0
        apt install sample
        publish_next
        ship_sample 2.0
        apt upgrade
        assert_settled
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_format
}

run_tests
