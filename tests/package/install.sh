#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Our own packages are installed, upgraded, removed and purged, in a chroot: nothing is started, nothing is left behind, and no
# maintainer script ever fails.

. "${0%/*}/lib.sh"

all="deploy-migrate deploy-migrate-fleet libdeploymigrate0 libdeploymigrate-dev dh-deploy-migrate"

# rebuild VERSION: the packages once more, with another version.
rebuild() {
        for name in $all; do
                for deb in "$DEPLOY_MIGRATE_DEBS/$name"_*.deb; do
                        old=$(dpkg-deb -f "$deb" Version)
                        rm -rf "$WORK/tree"
                        dpkg-deb -R "$deb" "$WORK/tree"
                        sed -i "s/^Version: .*/Version: $1/; s/= $old)/= $1)/" "$WORK/tree/DEBIAN/control"
                        dpkg-deb --root-owner-group -Znone -b "$WORK/tree" "$WORK/debs/${name}_$1.deb" >/dev/null
                done
        done
        publish "$WORK/debs"/*_"$1".deb
}

# A systemctl that notes what it is asked for, says that all is enabled and fails otherwise.
pretend_systemd() {
        mkdir -p "$ROOT/run/systemd/system"
        cat >"$ROOT/usr/bin/systemctl" <<'END'
#!/bin/sh
echo "$*" >>/tmp/systemctl
case "$*" in
*is-enabled*) echo enabled ;;
*) exit 4 ;;
esac
END
        chmod 755 "$ROOT/usr/bin/systemctl"
}

# asked ACTION: systemctl was, for one of our units, since the last time.
asked() {
        grep -q -E "(^| )$1 .*deploy-migrate" "$ROOT/tmp/systemctl"
}

install_and_purge() {
        # shellcheck disable=SC2086 # a list of words
        apt install $all
        assert_settled
        expect 0 deploy-migrate --version
        expect 0 dpkg --verify deploy-migrate libdeploymigrate0
        # shellcheck disable=SC2086
        apt purge $all
}

assert_settled() {
        expect 0 dpkg --audit
        [ ! -s "$OUT" ] || fail "dpkg --audit isn't silent"
}

test_install_and_purge() {
        assert_leaves_nothing install_and_purge
}

install_upgrade_and_purge() {
        # shellcheck disable=SC2086
        apt install $all
        rebuild 9.9-1
        apt upgrade
        assert_installed deploy-migrate 9.9-1
        # shellcheck disable=SC2046,SC2086
        apt install --allow-downgrades $(for name in $all; do echo "$name=$(dpkg-deb -f "$DEPLOY_MIGRATE_DEBS/$name"_*.deb Version)"; done)
        assert_settled
        # shellcheck disable=SC2086
        apt remove $all
        apt install deploy-migrate
        # shellcheck disable=SC2086
        apt purge $all
}

assert_installed() {
        # shellcheck disable=SC2016 # dpkg-query's own
        expect 0 dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1"
        assert_out "installed $2"
}

test_upgrade_downgrade_remove_install_and_purge() {
        assert_leaves_nothing install_upgrade_and_purge
}

with_a_history() {
        apt install deploy-migrate
        package sample 1.0
        ship
        apt install sample
        package sample 2.0
        migration 2.0.0/001_first
        ship
        apt upgrade
        assert_settled
        assert_missing /var/lib/deploy-migrate/sample
        expect 0 deploy-migrate run --sandbox=off
        assert_history sample '.[-1].event' completed

        apt remove sample deploy-migrate
        assert_history sample '.[-1].event' completed
        apt install deploy-migrate sample
        expect 0 deploy-migrate run
        assert_out 'nothing to do'
        "$@"
}

test_a_history_outlives_a_removal_and_goes_with_the_package() {
        with_a_history apt purge sample
        assert_missing /var/lib/deploy-migrate/sample
}

test_purging_it_takes_all_of_its_state() {
        with_a_history dpkg_purge deploy-migrate
        assert_missing /var/lib/deploy-migrate
        assert_missing /run/deploy-migrate
}

test_purging_it_takes_the_state_behind_a_link() {
        with_a_history move_state_and_purge
        assert_missing /var/lib/deploy-migrate
        [ -z "$(ls -A "$ROOT/data/state")" ] || fail "something is left behind the link"
}

move_state_and_purge() {
        mkdir "$ROOT/data"
        mv "$ROOT/var/lib/deploy-migrate" "$ROOT/data/state"
        ln -s /data/state "$ROOT/var/lib/deploy-migrate"
        dpkg_purge deploy-migrate
}

# Both maintainer scripts, as dpkg --root runs those that know DPKG_ROOT.
test_purging_in_another_root_follows_no_link_out_of_it() {
        apt install deploy-migrate dh-deploy-migrate
        mkdir -p "$ROOT/other/var/lib" "$ROOT/data/state/sample"
        ln -s /data/state "$ROOT/other/var/lib/deploy-migrate"
        expect 0 env DPKG_ROOT=/other sh /var/lib/dpkg/info/deploy-migrate.postrm purge
        assert_missing /other/var/lib/deploy-migrate
        sed 's/#PACKAGE#/sample/' "$ROOT/usr/share/debhelper/autoscripts/postrm-deploy-migrate" >"$ROOT/postrm"
        ln -s /data/state "$ROOT/other/var/lib/deploy-migrate"
        expect 0 env DPKG_ROOT=/other sh /postrm purge
        [ -d "$ROOT/data/state/sample" ] || fail "a purge reaches out of its root"
        ln -s /data/state "$ROOT/var/lib/deploy-migrate"
        expect 0 env sh /postrm purge
        assert_missing /data/state/sample
}

dpkg_purge() {
        expect 0 dpkg --force-depends --purge "$@"
}

test_it_starts_its_unit_and_nothing_that_comes_of_it_is_a_failure() {
        pretend_systemd
        apt install deploy-migrate
        assert_settled
        asked start || fail "installing it doesn't start it"

        : >"$ROOT/tmp/systemctl"
        package sample 1.0
        migration 1.0.0/001_first
        ship
        apt install sample
        assert_settled
        asked start || fail "migrations don't start it"
        [ "$(grep -c ' start ' "$ROOT/tmp/systemctl")" -eq 1 ] || fail "it isn't started once"
}

test_its_upgrade_neither_stops_nor_restarts_it() {
        pretend_systemd
        apt install deploy-migrate
        rebuild 9.9-1
        : >"$ROOT/tmp/systemctl"
        apt upgrade
        assert_settled
        asked start || fail "it isn't started"
        for action in stop restart try-restart; do
                ! asked $action || fail "there is a $action in: $(cat "$ROOT/tmp/systemctl")"
        done
        apt remove deploy-migrate
        asked stop || fail "a run isn't stopped before the program is removed"
}

test_policy_that_forbids_starting_is_obeyed() {
        pretend_systemd
        printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
        chmod 755 "$ROOT/usr/sbin/policy-rc.d"
        apt install deploy-migrate
        assert_settled
        ! asked start || fail "it is started all the same"
}

run_tests
