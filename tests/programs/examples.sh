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
# These have no fixtures, since their servers take long to start.
of_servers='mariadb-column redis-rename postfix-table nginx-setting'

test_each_example_is_tried() {
        for path in "$MIGRATIONS"/examples/*/; do
                name=$(basename "$path")
                case " $of_files $of_programs $of_servers " in
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

# assert_applied NAME
assert_applied() {
        cp -r "$MIGRATIONS/examples/$1" "$ROOT/usr/lib/deploy-migrate/"
        rm -rf "$ROOT/usr/lib/deploy-migrate/$1/tests"
        expect 0 run "$1" --from 1.0 --to 2.0
        assert_history "$1" '[.[].event] | .[-2:] | join(" ")' 'applied completed'
}

# Each on the first of its fixtures, and back.
test_on_a_system_as_it_is() {
        make_machine
        for name in $of_programs system-user moved-directory unit-override renamed-package; do
                for fixture in "$MIGRATIONS/examples/$name"/tests/2.0.0/*/*/; do
                        break
                done
                rm -rf "$ROOT"/var/lib/ldap/*.mdb
                [ ! -d "$fixture/before" ] || [ $name = system-user ] || cp -a "$fixture/before/." "$ROOT"
                in_root "mkdir -p /var/lib/system-user; fixture=/usr/examples/${fixture#"$MIGRATIONS"/examples/}
                        [ $name = system-user ] || [ ! -x \$fixture/prepare ] || DPKG_ROOT= TMPDIR=/tmp \$fixture/prepare before"
                assert_applied "$name"
                expect 0 undo "$name"
        done
}

test_with_servers() {
        make_machine
        in_root '
                mariadbd --user=mysql --skip-networking >/dev/null 2>&1 &
                until mariadb-admin ping >/dev/null 2>&1; do sleep 0.1; done
                mariadb -e "CREATE DATABASE app; USE app; CREATE TABLE item (id INT PRIMARY KEY)"
                mariadb-admin shutdown
                redis-server --dir /var/lib/redis --save "" --daemonize yes --port 6379 --logfile /dev/null >/dev/null
                until [ "$(redis-cli ping 2>/dev/null)" = PONG ]; do sleep 0.1; done
                redis-cli set user:1 one >/dev/null; redis-cli set user:2 two >/dev/null
                redis-cli save >/dev/null; redis-cli shutdown nosave; chown redis:redis /var/lib/redis/dump.rdb
                echo "a@example.org root" >/etc/postfix/virtual; postmap hash:/etc/postfix/virtual
                printf "# ours\nserver_tokens on;\n" >/etc/nginx/conf.d/app.conf'
        sed -i '/server_tokens/d' "$ROOT/etc/nginx/nginx.conf"
        for name in $of_servers; do
                assert_applied "$name"
        done
        grep -qx 'server_tokens off;' "$ROOT/etc/nginx/conf.d/app.conf" || fail "nginx is as it was"
        in_root '[ "$(postmap -q old@example.org hash:/etc/postfix/virtual)" = new@example.org ]' || fail "there is no alias"
}

run_tests
