#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Turns of a fleet, with apt, unattended-upgrades and systemd: asked for before anything is unpacked, kept until the migrations have run, and
# waited for at boot. The machine has an etcd of one node; the other hosts are keys in it.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

machine_packages=$machine_packages,etcd-client,etcd-server,unattended-upgrades

prepare() {
        publish "$DEPLOY_MIGRATE_DEBS"/*.deb
        apt install deploy-migrate deploy-migrate-fleet
        printf '%s\n' ENDPOINTS=http://127.0.0.1:2379 HOST=me TTL=6 WAIT=0 POLL=1 >"$ROOT/etc/deploy-migrate/fleet.conf"
        # No name can be looked up here.
        cat >"$ROOT/etc/default/etcd" <<'END'
ETCD_NAME=me
ETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=http://127.0.0.1:2379
ETCD_LISTEN_PEER_URLS=http://127.0.0.1:2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=http://127.0.0.1:2380
ETCD_INITIAL_CLUSTER=me=http://127.0.0.1:2380
END
        cat >"$ROOT/etc/apt/apt.conf.d/99test" <<'END'
Unattended-Upgrade::Origins-Pattern { "origin=*"; };
Unattended-Upgrade::SyslogEnable "false";
END
        # What any host starts besides.
        printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
                >"$ROOT/etc/systemd/system/besides.service"
        expect 0 systemctl enable besides.service
}

etcd() {
        machine env ETCDCTL_API=3 etcdctl "$@"
}

key() {
        etcd get --print-value-only "/deploy-migrate/default/$1"
}

put() {
        etcd put "/deploy-migrate/default/$1" "$2"
}

drop() {
        etcd del "/deploy-migrate/default/$1"
}

has_no_slot() {
        [ -z "$(etcd get --prefix --keys-only /deploy-migrate/default/slot/)" ]
}

# sample VERSION [COMMANDS]: a gated service with a migration.
sample() {
        package sample "$1"
        service restart
        [ "${1%%.*}" -lt 2 ] || format_migration 2.0.0/001_format "${2:-:}"
        ship
}

install_sample() {
        sample 1.0
        apt install sample
        assert_unit sample.service active
        sample 2.0 "$@"
        expect 0 apt-get -q update
}

assert_refused() {
        assert_installed sample 1.0
        assert_settled
        assert_unit sample.service active
        assert_never_started sample
        [ ! -e "$(history_of sample)" ] || assert_history sample '[.[] | select(.event != "baseline")] | length' 0
}

assert_passed() {
        assert_installed sample 2.0
        assert_ran_once sample 2.0.0/001_format
        assert_unit sample.service active
        [ -n "$(key passed/sample@2.0/me)" ] || fail 'etcd does not know that it has passed'
        await has_no_slot
        await has_no_hold
}

has_no_hold() {
        [ -z "$(machine systemctl list-units --all --plain --no-legend 'deploy-migrate-fleet-hold-*')" ]
}

# On standard error or output of apt.
assert_said() {
        cat "$OUT" "$ERR" | tr -s ' \n' ' ' | grep -qF -e "$1" || fail "it doesn't say: $1"
}

test_apt_is_refused_and_later_granted() {
        install_sample
        put slot/1 'other 1700000000 x'
        expect 100 apt-get -q -y upgrade
        assert_said "deploy-migrate: sample isn't upgraded: not now: 1 of 1 slots are in use: other; nothing was unpacked"
        assert_refused
        drop slot/1
        put stop '1700000000 other it was a bad night'
        expect 100 apt-get -q -y upgrade
        assert_said 'the fleet is stopped by other: it was a bad night'
        assert_refused
        expect 0 deploy-migrate-fleet resume
        expect 0 apt-get -q -y upgrade
        assert_passed
}

test_apt_waits_for_the_canary() {
        install_sample
        put canary 1
        put role/canary/other 1700000000
        expect 100 apt-get -q -y upgrade
        assert_said '0 of 1 canaries have passed sample@2.0, and this host is none'
        assert_refused
        put passed/sample@2.0/other 1700000000
        expect 0 apt-get -q -y upgrade
        assert_passed
}

# One slot is for all of them, also where some are migrated beside each other.
test_several_packages_at_once() {
        sample 1.0
        package plain 1.0
        ship
        apt install sample plain
        sample 2.0
        package plain 2.0
        format_migration 2.0.0/001_format
        ship
        put canary 1
        apt upgrade
        assert_passed
        assert_ran_once plain 2.0.0/001_format
        [ -n "$(key passed/plain@2.0/me)" ] || fail 'etcd does not know that plain has passed'
        [ -z "$(etcd get --prefix --keys-only /deploy-migrate/default/trial/)" ] || fail 'a canary is still at it'
}

test_unattended_upgrades_are_refused_and_later_granted() {
        install_sample
        put slot/1 'other 1700000000 x'
        machine unattended-upgrade --verbose >"$OUT" 2>"$ERR" || :
        # What apt prints goes to that file, and not always to the terminal, too.
        machine cat /var/log/unattended-upgrades/unattended-upgrades-dpkg.log >>"$OUT"
        assert_said '1 of 1 slots are in use: other; nothing was unpacked'
        assert_refused
        drop slot/1
        expect 0 unattended-upgrade --verbose
        assert_passed
}

# It isn't etcd that a service waits for whose data stays as it is.
test_an_upgrade_without_work_asks_for_nothing() {
        install_sample
        expect 0 apt-get -q -y upgrade
        assert_passed
        expect 0 systemctl stop etcd.service
        package sample 2.1
        service restart
        format_migration 2.0.0/001_format
        ship
        expect 0 apt-get -q update
        expect 0 apt-get -q -y upgrade
        assert_installed sample 2.1
        assert_unit sample.service active
}

test_going_on_without_a_turn() {
        install_sample
        expect 0 systemctl stop etcd.service
        expect 100 apt-get -q -y upgrade
        assert_said 'none of http://127.0.0.1:2379 answers'
        assert_refused
        expect 0 apt-get -q -y -o DeployMigrate::Turn=off upgrade
        assert_installed sample 2.0
        assert_never_started sample
        expect 0 systemctl start etcd.service
        await_for 60 started_again
        assert_passed
}

# By the timer of what was postponed.
started_again() {
        [ "$(machine systemctl is-active sample.service)" = active ]
}

# From before the old service is stopped until the new one runs, and whoever has a turn goes on when the others are stopped.
test_the_turn_is_kept_all_the_time() {
        # shellcheck disable=SC2016 # for the migration
        install_sample 'while [ ! -e /usr/local/go-on ]; do sleep 0.05; done'
        (expect 0 apt-get -q -y upgrade) &
        await has_event sample started
        sleep 8 # longer than TTL
        key slot/1 | grep -q '^me ' || fail "slot 1 is: $(key slot/1)"
        put stop '1700000000 other x'
        : >"$ROOT/usr/local/go-on"
        wait $!
        assert_passed
}

test_a_failed_canary_stops_all() {
        put canary 1
        install_sample 'exit 1'
        expect 0 apt-get -q -y upgrade
        assert_installed sample 2.0
        key stop | grep -q 'me sample 2.0: 2.0.0/001_format' || fail "stop is: $(key stop)"
        key failed/sample@2.0/me | grep -q '^[0-9]* canary ' || fail "failed/ is: $(key failed/sample@2.0/me)"
        await has_no_slot
        await has_no_hold
}

test_apt_that_is_killed_gives_it_back() {
        sample 1.0
        apt install sample
        package sample 2.0
        service restart
        format_migration 2.0.0/001_format
        maintainer_script preinst <<'END'
: >/etc/waiting
sleep 4321
END
        ship
        expect 0 apt-get -q update
        (expect 137 apt-get -q -y upgrade) &
        await test -e "$ROOT/etc/waiting"
        key slot/1 | grep -q '^me ' || fail "slot 1 is: $(key slot/1)"
        machine pkill -KILL -x apt-get
        machine pkill -KILL -x dpkg
        wait $!
        await has_no_slot
        await has_no_hold
}

# As a program that installs packages and lives on, without the lock.
test_a_program_that_lives_on_gives_it_back() {
        install_sample
        cat >"$ROOT/root/install" <<'END'
import time, apt, apt_pkg
cache = apt.Cache()
cache["sample"].mark_upgrade()
apt_pkg.pkgsystem_lock()
manager = apt_pkg.PackageManager(cache._depcache)
fetcher = apt_pkg.Acquire()
manager.get_archives(fetcher, cache._list, apt_pkg.PackageRecords(cache._cache))
fetcher.run()
apt_pkg.pkgsystem_unlock_inner()
manager.do_install()
apt_pkg.pkgsystem_unlock()
open("/root/done", "w")
time.sleep(4321)
END
        (machine python3 /root/install) &
        await test -e "$ROOT/root/done"
        assert_passed
}

# Unpacked while the machine was off, where nothing is asked.
test_a_boot_that_waits() {
        sample 1.0
        apt install sample
        put slot/1 'other 1700000000 x'
        power_off
        sample 2.0
        apt upgrade
        power_on
        await machine systemctl is-active besides.service
        await says_what_it_waits_for
        assert_unit sample.service inactive
        assert_unit deploy-migrate@sample.service activating
        assert_never_started sample
        drop slot/1
        await_for 60 started_again
        assert_passed
}

says_what_it_waits_for() {
        machine systemctl status --no-pager deploy-migrate@sample.service | grep -q 'Status: .*1 of 1 slots are in use: other'
}

test_without_the_package_nothing_is_asked() {
        install_sample
        expect 0 systemctl stop etcd.service
        apt remove deploy-migrate-fleet
        apt upgrade
        assert_installed sample 2.0
        assert_ran_once sample 2.0.0/001_format
        apt purge deploy-migrate-fleet
        assert_missing /etc/deploy-migrate
}

test_metrics_are_written_on_request() {
        mkdir -p "$ROOT/var/lib/prometheus/node-exporter"
        expect 1 systemctl is-enabled deploy-migrate-fleet-metrics.timer
        expect 0 systemctl start deploy-migrate-fleet-metrics.service
        grep -q '^deploy_migrate_fleet_stopped{group="default"} 0$' "$ROOT/var/lib/prometheus/node-exporter/deploy-migrate-fleet.prom" ||
                fail "$(cat "$ROOT/var/lib/prometheus/node-exporter/deploy-migrate-fleet.prom")"
}

run_tests
