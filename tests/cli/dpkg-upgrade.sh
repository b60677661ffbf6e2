#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Packages that the real dpkg builds, installs and upgrades in a tree.

# shellcheck disable=SC2046,SC2086 # versions() prints words

. "${0%/*}/lib.sh"
need_root
command -v dpkg-deb >/dev/null || skip_all 'dpkg is missing'

# build NAME VERSION ID...: builds a package that ships these migrations, which migration() made before.
build() {
        deb=$WORK/deb/$1
        rm -rf "$deb"
        mkdir -p "$deb/DEBIAN"
        cat >"$deb/DEBIAN/control" <<END
Package: $1
Version: $2
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: a sample
END
        name=$1 version=$2
        shift 2
        for id; do
                mkdir -p "$deb/usr/lib/deploy-migrate/$name/v${id%/*}"
                cp "$WORK/$name-${id##*/}" "$deb/usr/lib/deploy-migrate/$name/v$id"
        done
        dpkg-deb --root-owner-group -b "$deb" "$WORK/$name-$version.deb" >/dev/null
}

# Every version of the package ships the same two migrations.
prepare() {
        migration "$1" 0.0.0/001_first 'test -e "$DPKG_ROOT/var/lib/$DEPLOY_MIGRATE_PACKAGE/$DEPLOY_MIGRATE_VERSION.${0##*/}"' \
                'echo done >>"$DPKG_ROOT/var/lib/$DEPLOY_MIGRATE_PACKAGE/$DEPLOY_MIGRATE_VERSION.${0##*/}"'
        sed -i 's|^echo .*|echo "$DEPLOY_MIGRATE_ID:$1" >"'"$CHANNEL"'/calls"|' "$ROOT/usr/lib/deploy-migrate/$1/v0.0.0/001_first"
        for name in 001_first 002_second; do
                cp "$ROOT/usr/lib/deploy-migrate/$1/v0.0.0/001_first" "$WORK/$1-$name"
        done
        rm -r "$ROOT/usr/lib/deploy-migrate"
}

versions() {
        for version; do
                echo "$version/001_first" "$version/002_second"
        done
}

build_all() {
        prepare "$1"
        build "$1" 1.0-1 $(versions 1.0.0)
        build "$1" 1.2-1 $(versions 1.0.0 1.1.0 1.2.0 1.3.0)
        build "$1" 1.3-1 $(versions 1.0.0 1.1.0 1.2.0 1.3.0)
}

on_tree() {
        dpkg --root="$ROOT" --log="$ROOT/var/log/dpkg.log" --force-not-root --force-script-chrootless "$@" >"$WORK/dpkg" 2>&1 ||
                fail "dpkg $*: $(cat "$WORK/dpkg")"
}

install() {
        mkdir -p "$ROOT/var/lib/dpkg/info" "$ROOT/var/lib/dpkg/updates" "$ROOT/var/log"
        [ -e "$ROOT/var/lib/dpkg/status" ] || : >"$ROOT/var/lib/dpkg/status"
        for deb; do
                on_tree -i "$WORK/$deb.deb"
        done
}

test_from_1_0_to_1_2() {
        build_all sample
        install sample-1.0-1
        expect 0 run
        assert_calls
        install sample-1.2-1
        expect 0 run
        assert_ran $(versions 1.1.0 1.2.0)
        expect 0 run
        assert_out 'nothing to do'
        assert_calls
        assert_missing /var/lib/sample/1.3.0.001_first
}

test_from_1_0_to_1_3() {
        build_all sample
        install sample-1.0-1
        expect 0 run
        install sample-1.3-1
        expect 0 run
        assert_ran $(versions 1.1.0 1.2.0 1.3.0)
}

test_a_first_run_after_the_upgrade() {
        build_all sample
        install sample-1.0-1 sample-1.2-1
        expect 0 run --json
        assert_json '.packages[0] | .from + " " + .from_source' '1.0-1 dpkg-log'
        assert_ran $(versions 1.1.0 1.2.0)
}

test_a_first_installation() {
        build_all sample
        install sample-1.2-1
        expect 0 run
        assert_calls
        assert_history sample '.[-1] | .event + " " + .version' 'baseline 1.2-1'
}

test_unpacked_and_not_configured() {
        build_all sample
        install sample-1.0-1
        on_tree --unpack "$WORK/sample-1.2-1.deb"
        expect 0 run --json
        assert_json '.packages[0] | .from + " " + .to' '1.0-1 1.2-1'
        assert_ran $(versions 1.1.0 1.2.0)
        on_tree --configure sample
        expect 0 run
        assert_calls
}

test_two_packages_of_which_one_fails() {
        build_all one
        build_all two
        install one-1.0-1 two-1.0-1
        expect 0 run
        install one-1.2-1 two-1.2-1
        write /usr/lib/deploy-migrate/one/v1.1.0/002_second '#!/bin/sh
echo "$DEPLOY_MIGRATE_ID:$1" >"'"$CHANNEL"'/calls"
exit 1'
        expect 1 run --json
        assert_json '[.packages[] | .package + " " + .result] | join(", ")' 'one failed, two completed'
        assert_calls 1.1.0/001_first:check 1.1.0/001_first:migrate 1.1.0/001_first:check \
                1.1.0/002_second:check 1.1.0/002_second:migrate \
                $(for id in $(versions 1.1.0 1.2.0); do echo $id:check $id:migrate $id:check; done)
        install one-1.3-1
        expect 0 run
        assert_ran 1.1.0/002_second $(versions 1.2.0 1.3.0)
}

test_downgraded_and_upgraded_again() {
        build_all sample
        install sample-1.0-1
        expect 0 run
        install sample-1.2-1
        expect 0 run
        calls >/dev/null
        install sample-1.0-1
        expect 0 run --json
        assert_json '.packages[0].result' downgrade
        install sample-1.3-1
        expect 0 run
        assert_ran $(versions 1.3.0)
}

test_purged_and_installed_again() {
        build_all sample
        install sample-1.0-1
        expect 0 run
        on_tree --purge sample
        expect 0 run
        assert_history sample '.[-1].event' purged
        install sample-1.2-1
        expect 0 run --json
        assert_calls
        assert_json '.packages[0].result' nothing-to-do
        install sample-1.3-1
        expect 0 run
        assert_ran $(versions 1.3.0)
}

test_the_same_as_dpkg_query_says() {
        build_all sample
        install sample-1.0-1 sample-1.2-1
        expect 0 status --json
        assert_json '.packages[0].to' "$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -f '${Version}' -W sample)"
}

run_tests
