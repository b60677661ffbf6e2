#!/bin/sh
# Gives each item a price. The database is in WAL mode: check has to open it for writing, which "check_scratch" lets it do, and what the
# last user of it left in the log beside it is read back, too. sqlite3 must be in the package's Depends.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

database=$root/var/lib/sqlite-schema/app.db

sql() {
        sqlite3 -batch -bail "$database" "$1" || fail "$database: can't be used"
}

check() {
        exists "$database" || there
        version=$(sql 'PRAGMA user_version')
        [ "$version" -ge 2 ] || not_there
        damage=$(sql 'PRAGMA quick_check; PRAGMA foreign_key_check')
        [ "$damage" = ok ] || fail "$database: $damage"
        sql 'SELECT price FROM item LIMIT 1' >/dev/null
        there
}

migrate() {
        sql 'BEGIN IMMEDIATE;
                ALTER TABLE item ADD COLUMN price INTEGER NOT NULL DEFAULT 0;
                PRAGMA user_version = 2;
                COMMIT'
}

migration "$@"
