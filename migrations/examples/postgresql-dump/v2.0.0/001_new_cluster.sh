#!/bin/sh
# Moves the package's own PostgreSQL cluster to a new one by dump and restore: to a newer major version, or to what a cluster can have only from
# the beginning, here checksums of its pages. Each server is a temporary one, which nobody can reach over the network.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

old=/usr/lib/postgresql/15/bin
new=/usr/lib/postgresql/15/bin # of another version, if that is the reason
cluster=$root/var/lib/postgresql-dump/cluster

as_postgres() {
        setpriv --reuid postgres --regid postgres --init-groups "$@"
}

# start BIN DIRECTORY PORT, stop BIN DIRECTORY
start() {
        as_postgres "$1/pg_ctl" -s -w -t 600 -D "$2" -l "/tmp/log.$3" \
                -o "-p $3 -c listen_addresses= -c unix_socket_directories=/tmp" start || fail "$(cat "/tmp/log.$3")"
}

stop() {
        as_postgres "$1/pg_ctl" -s -w -t 600 -D "$2" -m fast stop
}

# Looks without a server: that may take long for large data, and would have to write.
check() {
        exists "$cluster" || there
        controldata=$("$new/pg_controldata" "$cluster") || fail "$cluster: isn't a cluster of $new"
        echo "$controldata" | grep -qE '^Data page checksum version: +[1-9]' || not_there
        there
}

migrate() {
        progress 0/3 'dump'
        start "$old" "$cluster" 5432
        as_postgres "$new/pg_dumpall" -h /tmp -p 5432 -f /tmp/dump.sql
        stop "$old" "$cluster"

        progress 1/3 'new cluster'
        rm -rf "$cluster.new"
        install -d -m 700 -o postgres -g postgres "$cluster.new"
        as_postgres "$new/initdb" -A peer -D "$cluster.new" --data-checksums --no-sync -E UTF8 --locale=C.UTF-8 >/tmp/initdb ||
                fail "$(cat /tmp/initdb)"

        progress 2/3 'restore'
        start "$new" "$cluster.new" 5433
        edit /tmp/dump.sql sed '/^CREATE ROLE postgres;$/d' # who restores is there already; any other error ends it
        as_postgres "$new/psql" -q -X -h /tmp -p 5433 -v ON_ERROR_STOP=1 -o /dev/null -f /tmp/dump.sql postgres ||
                fail "the dump can't be restored"
        stop "$new" "$cluster.new"
        rm -r "$cluster"
        mv "$cluster.new" "$cluster"
}

migration "$@"
