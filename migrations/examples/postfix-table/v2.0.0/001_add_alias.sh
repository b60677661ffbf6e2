#!/bin/sh
# Adds an alias to a table of postfix. postmap needs the loopback interface, which is there.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

table=$root/etc/postfix/virtual

check() {
        exists "$table" || there
        found=0
        postmap -q old@example.org "hash:$table" >/tmp/alias 2>/tmp/log || found=$?
        [ ! -s /tmp/log ] || fail "$(cat /tmp/log)" # 1 is "not there", and an error, too
        [ "$found" -eq 0 ] || not_there
        there
}

migrate() {
        echo 'old@example.org new@example.org' >>"$table"
        postmap "hash:$table"
}

migration "$@"
