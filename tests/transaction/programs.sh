#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Real programs as migrations: right results after the run, and all of it as it was after the undo.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
use_own_file_system
need_attributes
need_tools sqlite3 sqlite3
need_tools rsync rsync
need_tools git git

# Here the data is large: in data, and nothing else.
populate() {
        mkdir data
}

# round_trip, with a check of what came of it: verify SCRIPT COMMAND...
verify() {
        ship "$1"
        shift
        assert_fails_whole
        assert_lands
        "$@"
        assert_undone
}

# ---- SQLite ----

sql() {
        sqlite3 -batch "$ROOT/srv/data/app.db" "$1"
}

make_database() {
        sqlite3 -batch data/app.db "
                CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL);
                WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 10000)
                        INSERT INTO item SELECT n, 'item-' || n, n / 7.0 FROM number;"
}

assert_new_schema() {
        [ "$(sql 'PRAGMA integrity_check')" = ok ] || fail 'the database is damaged'
        [ "$(sql 'SELECT count(*), sum(length(name)), max(state) FROM item')" = '10000|88894|new' ] ||
                fail "the database has $(sql 'SELECT count(*), sum(length(name)), max(state) FROM item')"
}

test_a_schema_change_with_sqlite() {
        BEFORE=make_database
        verify '
                sqlite3 -batch data/app.db "PRAGMA journal_mode = WAL" >/dev/null
                sqlite3 -batch data/app.db "
                        BEGIN; ALTER TABLE item ADD COLUMN state TEXT; UPDATE item SET state = '"'new'"', price = price * 2;
                        CREATE INDEX item_name ON item (name); COMMIT; VACUUM; PRAGMA journal_mode = DELETE" >/dev/null' assert_new_schema
}

# Its last user was killed: what that one has written is in the log beside the database alone.
test_a_database_with_a_log_that_is_newer_than_the_transaction() {
        BEFORE='make_database; sqlite3 -batch data/app.db "PRAGMA journal_mode = WAL" >/dev/null'
        ship 'sqlite3 -batch data/app.db "ALTER TABLE item ADD COLUMN state TEXT DEFAULT 1"'
        save before
        expect 0 run sample
        # shellcheck disable=SC2016 # for the shell in there
        sqlite3 -batch "$ROOT/srv/data/app.db" "UPDATE item SET state = 'since' WHERE id = 7" '.shell kill -9 $PPID' 2>/dev/null || true
        [ -s "$ROOT/srv/data/app.db-wal" ] || fail 'there is no log'
        save since
        for option in '' --dry-run; do
                expect 1 undo $option sample
                assert_err "made since: /srv/data/app.db-wal"
                assert_as since --untouched
        done
        expect 0 undo --force sample
        [ "$(sqlite3 -batch "$ROOT"/var/lib/deploy-migrate/sample/transactions/overwritten/1/srv/data/app.db 'SELECT max(state) FROM item')" = 1 ] ||
                fail 'the newer database is not kept'
}

# ---- Many files, and large ones ----

make_files() {
        mkdir data/spool
        # shellcheck disable=SC2016
        /usr/bin/python3 -c '
for number in range(10000):
    with open(f"data/spool/{number}", "w") as file:
        file.write(f"key {number}\n" * 20)'
}

assert_rewritten() {
        [ "$(cat "$ROOT/srv/data/spool"/* | grep -c '^key=')" -eq 200000 ] || fail 'not all files were rewritten'
        assert_history sample '.[-2].changes' 10000
}

test_ten_thousand_files_that_are_rewritten() {
        BEFORE=make_files
        verify 'find data/spool -type f -exec sed -i "s/ /=/" {} +' assert_rewritten
}

test_a_byte_in_a_sparse_gigabyte() {
        BEFORE='truncate -s 1G data/image; for at in 0 300 700 1020; do yes $at | head -c 1M | dd of=data/image bs=1M seek=$at conv=notrunc status=none; done'
        verify 'printf X | dd of=data/image bs=1 seek=734003201 conv=notrunc status=none' assert_sparse
}

assert_sparse() {
        [ "$(dd if="$ROOT/srv/data/image" bs=1 skip=734003200 count=3 status=none)" = 7X0 ] || fail 'the byte was not changed'
        [ "$(du -m "$ROOT/srv/data/image" | cut -f 1)" -lt 10 ] || fail 'the holes were filled'
}

test_a_byte_in_a_large_file() {
        free=$(df --output=avail -m "$ROOT" | tail -n 1)
        [ "$free" -gt 1200 ] || skip "only $free MiB are free"
        BEFORE='yes "a line of a large file" | head -c 256M >data/image'
        verify 'printf X | dd of=data/image bs=1 seek=134217728 conv=notrunc status=none' assert_large
}

assert_large() {
        [ "$(cmp -l "$ROOT/srv/data/image" "$DIRECT/srv/data/image" | wc -l)" -eq 0 ] || fail 'it differs'
        assert_history sample '.[-2].changes' 1
}

test_a_large_directory_is_renamed() {
        BEFORE=make_files
        verify 'mv data/spool data/queue' assert_renamed
}

assert_renamed() {
        assert_history sample '.[-2].changes' 1
        assert_missing /srv/data/spool
}

# ---- Tools of the trade ----

test_sed_on_a_declared_file() {
        WRITES='["/srv/data/app.conf"]'
        BEFORE='printf "[main]\nport = 80\n" >data/app.conf; chmod 640 data/app.conf; chown 0:4 data/app.conf; echo x >data/other'
        verify 'sed -i "s/^port = .*/port = 8080/" data/app.conf' assert_port
}

test_sed_in_a_directory() {
        BEFORE='mkdir -p data/conf.d/more; for n in 1 2 3; do printf "[main]\nport = 80\n" >data/conf.d/$n.conf; done
                ln -s ../1.conf data/conf.d/more/4.conf; cp data/conf.d/1.conf data/app.conf'
        verify 'grep -rl "^port" data | xargs sed -i.bak "s/^port = .*/port = 8080/"' assert_port
}

assert_port() {
        grep -qx 'port = 8080' "$ROOT/srv/data/app.conf" || fail 'the port is the old one'
}

test_rsync_with_delete() {
        BEFORE='
                mkdir -p data/from/a/b data/to/a data/to/gone
                for n in $(seq 200); do echo $n >data/from/a/$n; echo $n >data/to/a/$n; echo old >data/to/gone/$n; done
                for n in 7 77; do echo changed >data/from/a/$n; rm data/to/a/1$n; done; ln -s x data/from/a/b/l; mkfifo data/from/a/b/f'
        verify 'rsync -aX --delete data/from/ data/to' assert_synced
}

assert_synced() {
        diff -r --no-dereference -x f "$ROOT/srv/data/from" "$ROOT/srv/data/to" || fail 'they are not the same'
}

make_repository() {
        (
                export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a
                export GIT_COMMITTER_EMAIL=a@example.org GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
                git init -q --bare -b main data/repository
                for n in $(seq 200); do
                        printf 'commit refs/heads/main\ncommitter a <a@example.org> %d +0000\ndata 1\n%s\nM 644 inline file%d\ndata 5\n%04d\n\n' \
                                $((981173106 + n)) m $((n % 20)) "$n"
                done | git -C data/repository -c fastimport.unpackLimit=1000 fast-import --quiet
        )
}

# Packs have other names each time, so that there is nothing to compare with.
test_git_gc() {
        BEFORE=make_repository
        ship '
                cd data/repository; HOME=/nowhere git -c safe.directory="*" -c gc.auto=1 -c pack.threads=1 gc -q --prune=now
                HOME=/nowhere git -c safe.directory="*" repack -a -d -q'
        assert_fails_whole
        expect 0 run sample
        assert_history sample '.[-2].event' applied
        git -c safe.directory='*' -C "$ROOT/srv/data/repository" fsck --strict || fail 'the repository is damaged'
        [ "$(git -c safe.directory='*' -C "$ROOT/srv/data/repository" rev-list --count main)" -eq 200 ] || fail 'commits are lost'
        [ "$(find "$ROOT/srv/data/repository/objects" -type f -name '[0-9a-f]*' -path '*/??/*' | wc -l)" -eq 0 ] || fail 'objects are loose'
        assert_undone
        git -c safe.directory='*' -C "$ROOT/srv/data/repository" fsck --strict || fail 'the repository is damaged after the undo'
}

test_owners_and_modes() {
        BEFORE='mkdir -p data/run/sub; for n in 1 2 3; do echo $n >data/run/$n; echo $n >data/run/sub/$n; done; ln -s 1 data/run/l
                cp /bin/true data/helper; chmod 4755 data/helper'
        verify '
                chown -hR 102:103 data/run; chmod -R g+w,o-rwx data/run; chmod g+s data/run data/run/sub
                chown 0:104 data/helper; chmod 4750 data/helper' assert_owners
}

assert_owners() {
        [ "$(stat -c '%u:%g %a' "$ROOT/srv/data/run" "$ROOT/srv/data/run/sub/3" "$ROOT/srv/data/helper" | tr '\n' ' ')" = \
                '102:103 2770 102:103 660 0:104 4750 ' ] || fail "$(stat -c '%n %u:%g %a' "$ROOT"/srv/data/* "$ROOT"/srv/data/*/*)"
}

test_tar() {
        BEFORE='mkdir data/old; for n in $(seq 50); do echo $n >data/old/$n; done; tar -C data --mtime=@0 --sort=name -cf data/old.tar old; echo local >>data/old/7'
        verify 'cd data; tar -xpf old.tar --recursive-unlink; tar -czf new.tgz --mtime=@0 --sort=name old; gzip -n old.tar' true
}

run_tests
