#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# preview FILE.deb: what the migrations of a package would do that isn't installed yet.

. "${0%/*}/lib.sh"
need_root
need_mounts

# deb NAME VERSION [ID...]: makes $WORK/NAME.deb with these migrations.
deb() {
        tree=$WORK/deb
        rm -rf "$tree"
        mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/$1"
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n' \
                "$1" "$2" >"$tree/DEBIAN/control"
        name=$1
        shift 2
        for id; do
                migration "$name" "$id"
        done
        if [ $# -gt 0 ]; then
                mkdir -p "$tree/usr/lib/deploy-migrate"
                mv "$ROOT/usr/lib/deploy-migrate/$name" "$tree/usr/lib/deploy-migrate/"
                rmdir "$ROOT/usr/lib/deploy-migrate" 2>/dev/null || :
        fi
        dpkg-deb -Znone --root-owner-group --build "$tree" "$WORK/$name.deb" >/dev/null
}

test_an_upgrade() {
        deb sample 1.2-1 1.1.0/001_a 1.2.0/001_b
        migration sample 1.1.0/001_a
        package sample 1.1-1
        expect 0 baseline sample 1.1-1
        fingerprint "$ROOT/usr" >"$WORK/before"
        expect 0 preview --json "$WORK/sample.deb"
        assert_json '.packages[0] | [.package, .from, .to, .result, .migrations[].id] | join(" ")' \
                'sample 1.1-1 1.2-1 pending 1.2.0/001_b'
        assert_json '.packages[0].migrations[0].files[-1].path' /var/lib/sample/1.2.0-001_b
        fingerprint "$ROOT/usr" >"$WORK/after"
        cmp "$WORK/before" "$WORK/after" || fail "what is installed was changed"
        assert_missing /var/lib/sample
        (cd "$WORK" && expect 0 preview sample.deb sample)
}

# There is no directory of migrations yet, nor is there one afterwards.
test_the_first_migrations_of_a_system() {
        deb sample 1.2-1 1.2.0/001_b
        package sample 1.1-1
        rm -rf "${ROOT:?}/usr"
        expect 0 preview --from 1.1-1 "$WORK/sample.deb"
        assert_missing /usr
        grep -qF '1.2.0-001_b' "$OUT" || fail "the change isn't shown"
}

test_packages_without_work() {
        deb sample 1.2-1
        package sample 1.1-1
        expect 0 preview --json "$WORK/sample.deb"
        assert_json '.packages[0].result' nothing-to-do
}

test_one_that_would_fail() {
        migration sample 1.2.0/001_b 'exit 1' 'echo "no space for it" >&2; exit 1'
        cp -r "$ROOT/usr/lib/deploy-migrate/sample" "$WORK/shipped"
        deb sample 1.2-1 1.3.0/001_not_due
        cp -r "$WORK/shipped/v1.2.0" "$WORK/deb/usr/lib/deploy-migrate/sample/"
        dpkg-deb -Znone --root-owner-group --build "$WORK/deb" "$WORK/sample.deb" >/dev/null
        package sample 1.1-1
        expect 0 baseline sample 1.1-1
        expect 1 preview "$WORK/sample.deb"
        grep -qF 'no space for it' "$OUT" || fail "the reason isn't shown"
}

# The first one is shown, and nothing is said of the third.
test_one_that_needs_the_new_programs() {
        migration sample 1.1.0/001_a
        migration sample 1.1.0/002_b '/usr/bin/no-such-program' 'exit 1'
        migration sample 1.1.0/003_c
        write /usr/lib/deploy-migrate/sample/v1.1.0/002_b.json '{"needs_package": true}'
        cp -r "$ROOT/usr/lib/deploy-migrate/sample" "$WORK/shipped"
        deb sample 1.2-1 1.0.0/001_not_due
        cp -r "$WORK/shipped/v1.1.0" "$WORK/deb/usr/lib/deploy-migrate/sample/"
        dpkg-deb -Znone --root-owner-group --build "$WORK/deb" "$WORK/sample.deb" >/dev/null
        package sample 1.0-1
        expect 0 baseline sample 1.0-1
        expect 0 preview "$WORK/sample.deb"
        grep -qF 'sample/1.1.0-001_a' "$OUT" || fail "the change before it isn't shown"
        tr -s ' \n' ' ' <"$OUT" | grep -qF '1.1.0/002_b needs programs of the new version' || fail "the reason isn't shown"
        package sample 1.2-1
        mkdir -p "$ROOT/usr/lib/deploy-migrate"
        cp -r "$WORK/shipped" "$ROOT/usr/lib/deploy-migrate/sample"
        expect 1 preview sample
        grep -qF 'no-such-program: not found' "$OUT" || fail "after the package is unpacked it isn't tried"
}

test_files_that_are_wrong() {
        echo 'not a package' >"$WORK/broken.deb"
        expect 3 preview "$WORK/broken.deb"
        assert_err "$WORK/broken.deb: can't be read as a Debian package"
        expect 3 preview "$WORK/none.deb"
        assert_err "can't find $WORK/none.deb"
}

run_tests
