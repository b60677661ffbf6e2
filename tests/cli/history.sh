#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The recorded events, their format, and who may read them.

. "${0%/*}/lib.sh"
need_root

run_one() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0-1 1.1-1
        expect 0 run sample
}

test_each_line_is_an_object_with_its_fields() {
        run_one
        assert_history sample '[.[] | [keys[] | select(IN("time", "boot", "run", "event", "crc") | not)] | join(",")] | join(" ")' \
                'source,version attempt,id,sha256 id changes,duration_ms,id,sha256 from,to'
        assert_history sample 'all(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z$"))' true
        assert_history sample 'all(.boot, .run | test("^[0-9a-f]{32}$"))' true
        assert_history sample '[.[].boot] | unique | length' 1
        assert_history sample '[.[].run] | unique | length' 2
        assert_history sample '[.[1, 3].sha256] | unique[]' \
                "$(sha256sum <"$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x" | cut -d ' ' -f 1)"
        [ "$(tail -c 1 "$(history_of sample)" | od -An -tx1)" = ' 0a' ] || fail 'the last line has no newline'
}

test_it_is_for_root_and_adm() {
        run_one
        (cd "$ROOT/var/lib/deploy-migrate" && stat -c '%A %u %g' . sample sample/history.jsonl \
                sample/transactions sample/transactions/* sample/transactions/*/redo.jsonl sample/transactions/*/slots) >"$OUT"
        [ "$(cat "$OUT")" = 'drwxr-x--- 0 4
drwxr-x--- 0 4
-rw-r----- 0 4
drwxr-x--- 0 4
drwxr-x--T 0 4
-rw-r----- 0 4
drwxr-x--- 0 0' ] || fail 'the permissions differ'
}

# as_adm COMMAND...: runs it as a member of that group.
as_adm() {
        setpriv --reuid=65534 --regid=4 --clear-groups "$@"
}

as_nobody() {
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# An answer is never empty for want of permission, and says who has it.
test_others_are_told_who_can_read() {
        run_one
        chmod 755 "$WORK"
        as_nobody test -d "$ROOT/usr" && as_nobody test -x "$DEPLOY_MIGRATE" || skip 'others have no access to the directories'
        for command in status 'status sample' history 'history sample' plan; do
                # shellcheck disable=SC2086 # words
                execute 3 as_nobody "$DEPLOY_MIGRATE" --root "$ROOT" $command
                tr -s ' \n' ' ' <"$OUT" >>"$ERR"
                assert_err 'only root and group adm may read it'
                ! grep -q 'no package' "$ERR" || fail "that isn't known: $command"
        done
        execute 3 as_nobody "$DEPLOY_MIGRATE" --root "$ROOT" status --json
        assert_json '.error | contains("group adm")' true
        for command in 'undo sample' 'retry sample'; do
                # shellcheck disable=SC2086 # words
                execute 3 as_adm "$DEPLOY_MIGRATE" --root "$ROOT" $command
                assert_err 'only root may change anything'
        done
}

test_group_adm_can_read() {
        run_one
        chmod 711 "$WORK"
        as_adm test -d "$ROOT/usr" && as_adm test -x "$DEPLOY_MIGRATE" || skip 'others have no access to the directories'
        execute 0 as_adm "$DEPLOY_MIGRATE" --root "$ROOT" status sample
        assert_no_err
        grep -qx '  can be undone: 1 migration' "$OUT" || fail 'it does not show what undo can restore'
        execute 0 as_adm "$DEPLOY_MIGRATE" --root "$ROOT" history --files sample
        assert_no_err
        assert_out /var/lib/sample/1.1.0-001_x
}

test_as_text_and_as_json() {
        run_one
        expect 0 history sample
        for event in baseline started committing applied completed; do
                assert_out $event
        done
        expect 0 history --json
        assert_json '.packages[0] | .package + ": " + ([.events[].event] | join(" "))' \
                'sample: baseline started committing applied completed'
        migration other 1.0.0/001_x
        expect 0 history other
        assert_err other
}

test_a_downgrade_runs_nothing() {
        run_one
        assert_ran 1.1.0/001_x
        package sample 1.0-1
        expect 0 run --json sample
        assert_json '.packages[0] | .result + " " + .from + " " + .to' 'downgrade 1.1-1 1.0-1'
        expect 0 run
        assert_err sample
        assert_calls
        assert_history sample '.[-1] | .event + " " + .to' 'completed 1.1-1'
        package sample 1.2-1
        migration sample 1.2.0/001_y
        expect 0 run sample
        assert_ran 1.2.0/001_y
}

test_a_removed_package_keeps_its_history() {
        run_one
        assert_ran 1.1.0/001_x
        package sample 1.1-1 'deinstall ok config-files'
        expect 0 run sample
        package sample 1.2-1
        migration sample 1.2.0/001_y
        expect 0 run sample
        assert_ran 1.2.0/001_y
}

# purge NAME: as dpkg leaves it.
purge() {
        rm -r "$ROOT/usr/lib/deploy-migrate/$1"
        package "$1" 1.1-1 'purge ok not-installed'
}

test_a_purged_package_starts_afresh() {
        run_one
        assert_ran 1.1.0/001_x
        purge sample
        expect 0 run sample
        assert_history sample '.[-1].event' purged
        expect 0 run sample
        assert_history sample '[.[] | select(.event == "purged")] | length' 1

        package sample 1.2-1
        migration sample 1.1.0/001_x
        migration sample 1.2.0/001_y
        expect 0 run sample
        assert_calls
        assert_history sample '.[-1] | .event + " " + .version' 'baseline 1.2-1'
        rm "$ROOT/var/lib/sample/1.1.0-001_x"
        expect 0 run --json sample --from 1.0 --to 1.1
        assert_ran 1.1.0/001_x
}

# A power cut can take back the last rename of a commit, but not the lines after it.
test_a_stage_after_the_end_of_the_upgrade() {
        run_one
        state=/var/lib/deploy-migrate/sample
        lines=$(wc -l <"$(history_of sample)")
        mv "$ROOT$state"/transactions/* "$ROOT$state/stage"
        expect 0 run sample
        assert_out 'nothing to do'
        assert_missing "$state/stage"
        [ "$(wc -l <"$(history_of sample)")" = "$lines" ] || fail 'the history has grown'
        expect 0 undo sample
}

test_killed_before_the_archive_is_removed() {
        run_one
        kept=/var/lib/deploy-migrate/sample/transactions
        cp -a "$ROOT$kept" "$WORK/kept"
        purge sample
        expect 0 run sample
        assert_missing "$kept"
        cp -a "$WORK/kept" "$ROOT$kept"
        package sample 1.1-1
        expect 0 run sample
        assert_history sample '.[-2].event' purged
        assert_missing "$kept"
}

# The log grows with the number of directories, not with its square; and it has the whole of each path.
test_a_deep_tree() {
        half=$(printf '%0550d' 0 | sed 's:0:dir/:g')
        # Made in two parts, since a path of a system call has less than 4096 bytes.
        migration sample 1.1.0/001_x '[ -e "$DPKG_ROOT/var/lib/sample/dir" ]' \
                "cd \"\$DPKG_ROOT/var/lib/sample\"; mkdir -p ${half%/}; cd ${half%/}; mkdir -p ${half%/}"
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0-1 1.1-1
        expect 0 run sample
        assert_history sample '.[-2].changes' 1100
        size=$(stat -c %s "$ROOT"/var/lib/deploy-migrate/sample/transactions/*/redo.jsonl)
        [ "$size" -lt 440000 ] || fail "the log has $size bytes"
        expect 0 history --files --json sample
        assert_json '[.packages[0].events[].files[]?.path | split("/") | length] | max' 1104
        expect 0 undo sample
        [ ! -e "$ROOT/var/lib/sample/dir" ] || fail 'it was not undone'
}

test_software_without_a_package_is_never_purged() {
        migration sample 1.1.0/001_x
        mkdir -p "$ROOT/var/lib/dpkg"
        : >"$ROOT/var/lib/dpkg/status"
        expect 0 run sample --from 1.0 --to 1.1
        expect 0 run
        assert_history sample '.[-1].event' completed
}

run_tests
