#!/bin/sh
# Renames the keys user:* of Redis to account:*, with a temporary server on the data of the system's.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

data=$root/var/lib/redis

cli() {
        redis-cli -s /tmp/redis.sock "$@"
}

start() {
        setpriv --reuid redis --regid redis --init-groups redis-server --port 0 --unixsocket /tmp/redis.sock \
                --dir "$data" --dbfilename dump.rdb --save '' --logfile /tmp/log &
        server=$!
        until [ "$(cli ping 2>/dev/null)" = PONG ]; do
                kill -0 $server 2>/dev/null || fail "$(cat /tmp/log)"
                sleep 0.1
        done
}

stop() {
        cli shutdown "$1"
        wait $server || fail "$(cat /tmp/log)"
}

check() {
        exists "$data/dump.rdb" || there
        start
        left=$(cli --scan --pattern 'user:*')
        stop nosave
        [ -z "$left" ] || not_there
        there
}

migrate() {
        start
        cli --scan --pattern 'user:*' >/tmp/keys
        while read -r key; do
                answer=$(cli renamenx "$key" "account:${key#user:}" </dev/null)
                [ "$answer" = 1 ] || fail "$key: account:${key#user:} is there already"
        done </tmp/keys
        stop save
}

migration "$@"
