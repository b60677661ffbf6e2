#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The examples for authors, migrations/examples: each is tried on its fixtures by deploy-migrate test, with the programs of Debian that it is about,
# and then on a system as it is, without DPKG_ROOT.

. "${0%/*}/lib.sh"

MIGRATIONS=$(cd "${0%/*}/../../migrations" && pwd)

# Those that need no more than sh and Python are tried here.
of_files='json-key ini-to-toml system-user moved-directory unit-override renamed-package'
of_programs='sqlite-schema enabled-sites slapd-reload postgresql-dump'

test_each_example_is_tried() {
        for path in "$MIGRATIONS"/examples/*/; do
                name=$(basename "$path")
                case " $of_files $of_programs " in
                *" $name "*) ;;
                *) fail "$name isn't tried" ;;
                esac
                execute 0 "$DEPLOY_MIGRATE" lint "$path" --package-version 2.0.0
                [ ! -s "$OUT" ] || fail "lint has found something in $name"
        done
}

test_examples_of_files() {
        for name in $of_files; do
                execute 0 env DEPLOY_MIGRATE_DATADIR="$MIGRATIONS" DEPLOY_MIGRATE_LIBEXECDIR="$LIBEXECDIR" \
                        "$DEPLOY_MIGRATE" test "$MIGRATIONS/examples/$name"
                assert_out ', 0 failed'
        done
}

make_machine() {
        make_tree "$ROOT" "$IMAGE"
        mkdir "$ROOT/usr/share/deploy-migrate"
        cp -r "$MIGRATIONS/kits" "$ROOT/usr/share/deploy-migrate/"
        cp -r "$MIGRATIONS/examples" "$ROOT/usr/examples"
}

# assert_example NAME
assert_example() {
        make_machine
        expect 0 test "/usr/examples/$1"
        assert_out ', 0 failed'
        grep -o '([0-9]* ms)' "$OUT" | tr '\n' ' ' >"$WORK/note"
}

test_sqlite_schema() {
        assert_example sqlite-schema
}

test_enabled_sites() {
        assert_example enabled-sites
}

test_slapd_reload() {
        assert_example slapd-reload
}

test_postgresql_dump() {
        assert_example postgresql-dump
}

# Each on the first of its fixtures, and back.
test_on_a_system_as_it_is() {
        make_machine
        for name in $of_programs system-user moved-directory unit-override renamed-package; do
                for fixture in "$MIGRATIONS/examples/$name"/tests/2.0.0/*/*/; do
                        break
                done
                cp -r "$MIGRATIONS/examples/$name" "$ROOT/usr/lib/deploy-migrate/"
                rm -rf "$ROOT/usr/lib/deploy-migrate/$name/tests" "$ROOT"/var/lib/ldap/*.mdb
                [ ! -d "$fixture/before" ] || [ $name = system-user ] || cp -a "$fixture/before/." "$ROOT"
                in_root "mkdir -p /var/lib/system-user; fixture=/usr/examples/${fixture#"$MIGRATIONS"/examples/}
                        [ $name = system-user ] || [ ! -x \$fixture/prepare ] || DPKG_ROOT= TMPDIR=/tmp \$fixture/prepare before"
                expect 0 run "$name" --from 1.0 --to 2.0
                assert_out '  completed'
                assert_history "$name" '[.[].event | select(. == "applied")] | length' 1
                expect 0 undo "$name"
        done
}

run_tests
