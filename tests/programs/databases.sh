#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Databases whose own servers and tools migrate them, each with a server that runs for the migration only. What two runs of a server write
# differs in bytes, so their content is compared. examples.sh has others.

. "${0%/*}/lib.sh"

# Each has data, and nobody uses it. (Clients of MariaDB find its socket by themselves.)
PREPARE='
        mariadbd --user=mysql --skip-networking >/dev/null 2>&1 &
        until mariadb-admin ping >/dev/null 2>&1; do sleep 0.1; done
        mariadb -e "CREATE DATABASE app; USE app; CREATE TABLE item (id INT PRIMARY KEY, name TEXT) ENGINE=InnoDB;
                INSERT INTO item SELECT seq, CONCAT('\''item-'\'', seq) FROM seq_1_to_1000; SET GLOBAL innodb_fast_shutdown = 0"
        mariadb-admin shutdown
        wait

        redis-server --dir /var/lib/redis --save "" --daemonize yes --port 6379 --logfile /dev/null >/dev/null
        until [ "$(redis-cli ping 2>/dev/null)" = PONG ]; do sleep 0.1; done
        seq 1000 | sed "s/.*/SET key:& &/" | redis-cli >/dev/null
        redis-cli save >/dev/null; redis-cli shutdown nosave; chown redis:redis /var/lib/redis/dump.rdb'

mariadb_temporarily='
        temporary_server() {
                mariadbd "$@" --user=mysql --skip-networking --socket=/run/mysqld/temporary.sock >/dev/null 2>&1 &
                until mariadb-admin --socket=/run/mysqld/temporary.sock ping >/dev/null 2>&1; do kill -0 $! || exit 3; sleep 0.1; done
        }
        sql() {
                mariadb --socket=/run/mysqld/temporary.sock -BN -e "$1"
        }'

mariadb_upgrade() {
        WRITES='["/var/lib/mysql"]' OPAQUE='var/lib/mysql'
        CHECK="$mariadb_temporarily"'
                copy=$(mktemp -d)
                cp -a /var/lib/mysql/. "$copy"
                temporary_server --datadir="$copy"
                sql "SELECT max(state) FROM app.item" >/dev/null 2>&1 || exit 1'
        MIGRATE="$mariadb_temporarily"'
                temporary_server
                mariadb-upgrade --socket=/run/mysqld/temporary.sock --force --silent
                sql "ALTER TABLE app.item ADD COLUMN state INT DEFAULT 7"
                halfway
                mariadb-admin --socket=/run/mysqld/temporary.sock shutdown
                wait'
}

test_mariadb_upgrade_with_a_temporary_server() {
        mariadb_upgrade
        migrate
        assert_same 'cd /var/lib/mysql && find . -printf "%p %y %m %u %g\n" | grep -v "ib_logfile\|tmp\|aria_log" | sort'
        assert_same "$mariadb_temporarily"'
                temporary_server
                mariadb-dump --socket=/run/mysqld/temporary.sock --skip-dump-date --databases app
                mariadb-check --socket=/run/mysqld/temporary.sock --all-databases | grep -vw OK || :
                mariadb-admin --socket=/run/mysqld/temporary.sock shutdown
                wait'
        assert_says "(1000,'item-1000',7)"
        assert_undone
}

# Then the database is another one as a whole: an old table beside InnoDB's newer logs would be a corrupt one.
test_mariadb_that_was_started_since() {
        mariadb_upgrade
        ship
        expect 0 run sample
        in_root "$mariadb_temporarily"'
                temporary_server
                sql "INSERT INTO app.item (id, name) VALUES (1001, \"since\")"
                mariadb-admin --socket=/run/mysqld/temporary.sock shutdown
                wait'
        save since
        expect 1 undo sample
        assert_err 'changed since: /var/lib/mysql/ib'
        assert_err 'changed since: /var/lib/mysql/app/item.ibd'
        assert_as since --untouched

        expect 0 undo --force sample
        kept=/var/lib/deploy-migrate/sample/transactions/overwritten/1/var/lib/mysql
        assert_out "${kept%/var/lib/mysql}"
        for file in ibdata1 app/item.ibd; do
                cmp "$WORK/direct/var/lib/mysql/$file" "$ROOT/var/lib/mysql/$file" || fail "$file is not the old one"
        done
        # What was overwritten, over what was not, is the database as it was before the undo.
        in_root "$mariadb_temporarily"'
                tar -C '$kept' -c . | tar -C /var/lib/mysql -x --no-overwrite-dir
                temporary_server
                sql "SELECT name, state FROM app.item WHERE id = 1001"
                mariadb-check --socket=/run/mysqld/temporary.sock app
                mariadb-admin --socket=/run/mysqld/temporary.sock shutdown
                wait' >"$WORK/said" || fail 'what is kept can not be used'
        grep -q "^since.7$" "$WORK/said" || fail "the newer data is not kept: $(cat "$WORK/said")"
}

# A server of the system that works beside a preview and a migration that fails: none of its sockets is theirs, wherever it is.
live_server='
        beside_live_server() {
                mariadbd --user=mysql --socket="$1" >/dev/null 2>&1 &
                until mariadb-admin --socket="$1" ping >/dev/null 2>&1; do sleep 0.1; done
                for command in preview run; do
                        status=0
                        deploy-migrate $command sample >/usr/said 2>&1 || status=$?
                        cat /usr/said
                        [ $status -eq 1 ]
                        [ "$(grep -o "ERROR 200[23]" /usr/said | wc -l)" -ge 3 ]
                        [ "$(mariadb --socket="$1" -BN -e "SELECT count(*) FROM app.item")" = 1000 ]
                done
                mariadb-admin --socket="$1" shutdown
                wait
        }'

assert_live_server_out_of_reach() {
        WRITES='["/var/lib/sample"]'
        CHECK='exit 1'
        MIGRATE='
                mkdir -p /var/lib/sample
                for where in --socket=/run/mysqld/mysqld.sock --socket=/var/lib/mysql/mysqld.sock "--host=127.0.0.1 --protocol=tcp"; do
                        mariadb $where -e "DELETE FROM app.item" 2>>/var/lib/sample/errors || :
                done
                cat /var/lib/sample/errors
                exit 1'
        ship
        in_root "$live_server
                beside_live_server $1" || fail 'the live server was reached, or is in the way'
        assert_missing /var/lib/sample
}

test_a_live_mariadb_is_out_of_reach() {
        assert_live_server_out_of_reach /run/mysqld/mysqld.sock
}

test_a_live_mariadb_with_a_socket_below_var_is_out_of_reach() {
        assert_live_server_out_of_reach /var/lib/mysql/mysqld.sock
}

test_redis_with_a_temporary_server() {
        WRITES='["/var/lib/redis"]'
        CHECK='
                copy=$(mktemp -d)
                cp /var/lib/redis/dump.rdb "$copy"
                redis-server --dir "$copy" --save "" --daemonize yes --logfile /dev/null >/dev/null || exit 3
                until [ "$(redis-cli ping 2>/dev/null)" = PONG ]; do sleep 0.05; done
                [ "$(redis-cli exists entry:1)" = 1 ] || exit 1'
        MIGRATE='
                redis-server --dir /var/lib/redis --save "" --daemonize yes --logfile /dev/null >/dev/null
                until [ "$(redis-cli ping 2>/dev/null)" = PONG ]; do sleep 0.05; done
                redis-cli --scan --pattern "key:*" | sort | sed "s/key:\(.*\)/RENAME key:\1 entry:\1/" | redis-cli >/dev/null
                halfway
                redis-cli save >/dev/null
                redis-cli shutdown nosave
                chown redis:redis /var/lib/redis/dump.rdb'
        OPAQUE='var/lib/redis'
        migrate
        assert_same '
                redis-server --dir /var/lib/redis --save "" --daemonize yes --logfile /dev/null >/dev/null
                until [ "$(redis-cli ping 2>/dev/null)" = PONG ]; do sleep 0.05; done
                redis-cli --scan | sort | sed "s/.*/ECHO &\nGET &/" | redis-cli
                redis-cli shutdown nosave'
        assert_says entry:999
        assert_undone
}

run_tests
