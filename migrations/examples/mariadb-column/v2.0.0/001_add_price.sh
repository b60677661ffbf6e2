#!/bin/sh
# Gives each item a price, in the database "app" of MariaDB, with a temporary server on the data of the system's.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

data=$root/var/lib/mysql
socket=/tmp/mariadb.sock

start() {
        mariadbd --user=mysql --datadir="$data" --skip-networking --socket=$socket --pid-file=/tmp/mariadb.pid --log-error=/tmp/log &
        server=$!
        until mariadb-admin --socket=$socket ping >/dev/null 2>&1; do
                kill -0 $server 2>/dev/null || fail "$(cat /tmp/log)"
                sleep 0.1
        done
}

stop() {
        mariadb-admin --socket=$socket shutdown && wait $server || fail "$(cat /tmp/log)"
}

sql() {
        mariadb --socket=$socket -BNe "$1" app || fail "the database app can't be used"
}

check() {
        exists "$data/app" || there
        start
        n=$(sql "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'app' AND table_name = 'item' AND column_name = 'price'")
        stop
        [ "$n" -eq 1 ] || not_there
        there
}

migrate() {
        start
        sql 'ALTER TABLE item ADD COLUMN price INTEGER NOT NULL DEFAULT 0'
        stop
}

migration "$@"
