#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The debhelper addon: packages are built with it from source trees, in a chroot.

. "${0%/*}/lib.sh"


# source_file PATH [TEXT]: of the source tree; from standard input without TEXT.
source_file() {
        mkdir -p "$(dirname "$ROOT/src/$1")"
        if [ $# -gt 1 ]; then
                printf '%s\n' "$2" >"$ROOT/src/$1"
        else
                cat >"$ROOT/src/$1"
        fi
}

source_migration() {
        source_file "$1" "${2:-#!/bin/sh}"
        chmod 755 "$ROOT/src/$1"
}

# source_tree NAME...: a source tree with these binary packages, the migrations of version 1.1.0 of the first, and all that its
# packaging needs for them.
source_tree() {
        apt install dh-sequence-deploy-migrate
        source_file debian/changelog <<END
sample (1.1-1) unstable; urgency=medium

  * A release.

 -- Sample <sample@example.org>  Mon, 01 Jan 2024 00:00:00 +0000
END
        {
                echo 'Source: sample'
                echo 'Maintainer: Sample <sample@example.org>'
                echo 'Build-Depends: debhelper-compat (= 13), dh-sequence-deploy-migrate'
                for name; do
                        # shellcheck disable=SC2016 # for debhelper
                        printf '\nPackage: %s\nArchitecture: all\nDepends: ${misc:Depends}\nDescription: a sample\n' "$name"
                done
        } | source_file debian/control
        source_file debian/rules <<'END'
#!/usr/bin/make -f
%:
	dh $@
END
        chmod 755 "$ROOT/src/debian/rules"
        echo migrations | source_file debian/migrations
        source_migration migrations/v1.1.0/001_first
        source_file migrations/v1.1.0/001_first.json '{"description": "the first"}'
}

service_file() {
        source_file "$1" <<END
[Service]
ExecStart=/bin/true
${2:-}
[Install]
WantedBy=multi-user.target
END
}

in_source() {
        chrooted sh -c 'cd /src && exec "$@"' sh "$@"
}

# build STATUS [VARIABLE=VALUE...]
build() {
        wanted=$1
        shift
        IN=in_source expect "$wanted" env "$@" dpkg-buildpackage -d -us -uc -b
        for deb in "$ROOT"/*.deb; do
                [ ! -e "$deb" ] || dpkg-deb -x "$deb" "$ROOT/built"
        done
}

# staged STATUS ARGUMENT...: the addon's program alone, without a build around it.
staged() {
        wanted=$1
        shift
        IN=in_source expect "$wanted" sh -c 'dh_prep && dh_installsystemd && dh_deploymigrate "$@" || exit 1' sh "$@"
}

# assert_gated PACKAGE UNIT INSTANCE
assert_gated() {
        dropin=$ROOT/src/debian/$1/usr/lib/systemd/system/$2.d/50-deploy-migrate.conf
        for word in Requires After; do
                grep -qxF "$word=deploy-migrate@$3.service" "$dropin" || fail "$2 isn't gated by $3"
        done
}

# assert_gates N: there are so many.
assert_gates() {
        n=$(find "$ROOT/src/debian" -name 50-deploy-migrate.conf | wc -l)
        [ "$n" -eq "$1" ] || fail "$n units are gated"
}

test_a_package_with_a_service() {
        source_tree sample
        service_file debian/service
        build 0
        for file in v1.1.0/001_first v1.1.0/001_first.json; do
                [ -e "$ROOT/built/usr/lib/deploy-migrate/sample/$file" ] || fail "$file isn't in the package"
        done
        [ -x "$ROOT/built/usr/lib/deploy-migrate/sample/v1.1.0/001_first" ] || fail "it can't be executed"
        assert_gated sample sample.service sample
        assert_gates 1
        grep -qxF 'RequiresMountsFor="/etc/sample" "/var/cache/sample" "/var/lib/sample" "/var/log/sample"' \
                "$ROOT/built/usr/lib/systemd/system/deploy-migrate@sample.service.d/50-mounts.conf" ||
                fail "the migrations aren't ordered after mounts"
        [ "$(dpkg-deb -f "$ROOT"/sample_*.deb Depends)" = deploy-migrate ] || fail "it doesn't depend on deploy-migrate"

        dpkg-deb -I "$ROOT"/sample_*.deb postinst >"$OUT"
        assert_out 'deploy-migrate baseline -q --if-unknown "sample" "$2" || :'
        publish "$ROOT"/sample_*.deb
        apt install sample
        mkdir -p "$ROOT/var/lib/deploy-migrate/sample" "$ROOT/var/lib/deploy-migrate/sample2"
        apt remove sample
        [ -d "$ROOT/var/lib/deploy-migrate/sample" ] || fail "a removal takes the history"
        apt purge sample
        assert_missing /var/lib/deploy-migrate/sample
        [ -d "$ROOT/var/lib/deploy-migrate/sample2" ] || fail "the history of another package is gone"
}

test_what_lint_refuses_ends_the_build() {
        source_tree sample
        chmod 644 "$ROOT/src/migrations/v1.1.0/001_first"
        source_migration migrations/v1.2.0/001_second
        source_file migrations/v1.2.0/001_second.json '{"wrties": []}'
        build 2
        cat "$ERR" >>"$OUT"
        assert_out "./v1.1.0/001_first: error: isn't executable; chmod 755 it"
        assert_out './v1.2.0/001_second.json: error: unknown key "wrties"'
        assert_out "./v1.2.0/001_second: error: is for version 1.2.0, above the package's own version 1.1-1"
        assert_out "dh_deploymigrate: error: the migrations of sample can't be shipped: deploy-migrate lint found errors"
        ! ls "$ROOT"/*.deb 2>/dev/null || fail "a package was built"
}

test_a_package_without_migrations_is_left_alone() {
        source_tree sample other
        service_file debian/other.service
        build 0
        assert_gates 0
        [ "$(dpkg-deb -f "$ROOT"/sample_*.deb Depends)" = deploy-migrate ] || fail "sample doesn't depend on it"
        [ -z "$(dpkg-deb -f "$ROOT"/other_*.deb Depends)" ] || fail "other depends on something"
        rm "$ROOT/src/debian/migrations" "$ROOT"/*.deb
        build 0
        [ -z "$(dpkg-deb -f "$ROOT"/sample_*.deb Depends)" ] || fail "sample depends on something"
}

test_all_units_are_gated_wherever_they_come_from() {
        source_tree g++x
        service_file debian/service
        service_file debian/g++x@.service
        printf '[Timer]\nOnBootSec=1\n' | source_file debian/g++x.timer
        printf '[Socket]\nListenStream=/run/x\nAccept=yes\n' | source_file debian/g++x.socket
        printf '[Path]\nPathExists=/run/y\nUnit=g++x@y.service\n' | source_file debian/g++x.path
        printf '[Socket]\nListenStream=/run/z\nService=of-others.service\n' | source_file more/other.socket
        printf '#!/bin/sh\n' | source_file debian/g++x.old.init
        printf '#!/bin/sh\n' | source_file debian/g++x.init
        service_file more/another.service
        echo 'more/* usr/lib/systemd/system' | source_file debian/install
        IN=in_source expect 0 sh -c 'dh_prep && dh_install && dh_installinit && dh_installinit --name=old &&
                dh_installsystemd && dh_deploymigrate'
        for unit in g++x.service g++x@.service g++x.timer other.socket another.service old.service; do
                assert_gated g++x $unit 'g\x2b\x2bx'
        done
        assert_gates 6
        # Not what starts one of these: its clients wait. What basic.target waits for can't wait for what waits for basic.target.
        grep -qx DefaultDependencies=no "$ROOT/src/debian/g++x/usr/lib/systemd/system/other.socket.d/50-deploy-migrate.conf" ||
                fail "the socket is part of sockets.target"
}

test_named_services_or_none() {
        source_tree sample other
        service_file debian/sample.service
        service_file debian/sample@.service
        service_file debian/other.service
        staged 0 sample@.service
        assert_gated sample sample@.service sample
        assert_gates 1
        staged 0 other.service
        assert_gated sample other.service sample
        assert_gates 1
        staged 0 --no-gate
        assert_gates 0
        staged 1 nothing.service
        cat "$ERR" >"$OUT"
        assert_out 'error: nothing.service: no binary package installs this unit'
        staged 1 --no-gate sample.service
}

test_a_service_that_cannot_wait() {
        source_tree sample
        service_file debian/service '[Unit]
DefaultDependencies=no'
        staged 1
        cat "$ERR" >"$OUT"
        assert_out "error: sample.service can't be gated: DefaultDependencies=no starts it before migrations can run"
        staged 0 --no-gate
}

test_mounts_of_what_is_declared() {
        source_tree g++x
        source_file migrations/package.json '{"writes": ["/srv/x", "/srv"]}'
        source_migration migrations/v1.1.0/002_second.sh '#!/usr/bin/env python3'
        source_file migrations/v1.1.0/002_second.json '{"writes": ["/data/50% \"x\"//y/"]}'
        staged 0
        grep -qxF 'RequiresMountsFor="/data/50%% \"x\"/y" "/srv"' \
                "$ROOT/src/debian/g++x/usr/lib/systemd/system/deploy-migrate@g\\x2b\\x2bx.service.d/50-mounts.conf" ||
                fail "the migrations aren't ordered after mounts"
        grep -qx 'misc:Depends=deploy-migrate, python3:any' "$ROOT/src/debian/g++x.substvars" || fail "it doesn't depend on python3"
}

# As dh_auto_test does, the build stops where a migration fails on its fixture.
test_fixtures_are_tried_in_the_build() {
        source_tree sample
        source_migration migrations/v1.1.0/001_first '#!/bin/sh
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"
check() {
        key_is_set "$root/etc/sample/config" new && there
        not_there
}
migrate() {
        key_rename "$root/etc/sample/config" old new
}
migration "$@"'
        source_file migrations/tests/1.1.0/001_first/plain/before/etc/sample/config old=1
        source_file migrations/tests/1.1.0/001_first/plain/after/etc/sample/config new=1
        build 0
        assert_out 'passed  1.1.0/001_first plain'
        source_file migrations/tests/1.1.0/001_first/plain/after/etc/sample/config new=2
        build 2
        assert_out 'FAILED  1.1.0/001_first plain'
        build 0 DEB_BUILD_OPTIONS=nocheck
}

test_several_source_directories() {
        source_tree sample
        printf '# programs\nmigrations\nbuilt\n' | source_file debian/migrations
        source_migration built/v1.1.0/002_second
        source_file migrations/v1.1.0/002_second.json '{}'
        source_file migrations/shared.py 'pass'
        source_file migrations/v1.1.0/003_third.py 'def check(): return True'
        source_file migrations/__pycache__/shared.pyc 'x'
        source_file migrations/.hidden 'x'
        source_file migrations/tests/1.1.0/001_first/plain/before/etc/x 'a fixture'
        source_file migrations/src/v1.1.0/001_first.txt 'for authors'
        source_file migrations/Makefile 'all:'
        source_file migrations/v1.1.0/001_first.c 'int main;'
        staged 0 -X.c
        [ "$(cd "$ROOT/src/debian/sample/usr/lib/deploy-migrate/sample" && find . -type f | sort | tr '\n' ' ')" = \
                './shared.py ./v1.1.0/001_first ./v1.1.0/001_first.json ./v1.1.0/002_second ./v1.1.0/002_second.json ./v1.1.0/003_third.py ' ] ||
                fail "other files than those are installed: $(find "$ROOT/src/debian/sample")"
        grep -qx 'misc:Depends=deploy-migrate, python3:any' "$ROOT/src/debian/sample.substvars" || fail "it doesn't depend on python3"
        staged 1

        source_migration built/v1.1.0/001_first
        staged 1 -X.c
        cat "$ERR" >"$OUT"
        assert_out 'error: built/v1.1.0/001_first: another directory of migrations has this file, too'
        echo nowhere | source_file debian/migrations
        staged 1
        cat "$ERR" >"$OUT"
        assert_out 'error: debian/migrations: there is no directory nowhere'
}

run_tests
