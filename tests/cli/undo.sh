#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# undo and forget, and what status shows about them.

. "${0%/*}/lib.sh"
need_root

DATA='etc var/lib/sample'

# Ships two migrations; the second changes what the first has changed.
ship_only() {
        write /etc/sample/sample.conf 'name=old'
        write /etc/sample/gone bye
        write /var/lib/sample/old/inner text
        migration sample 1.1.0/001_x 'test -e "$marker"' '
                echo name=new >"$DPKG_ROOT/etc/sample/sample.conf"
                rm "$DPKG_ROOT/etc/sample/gone"
                mv "$DPKG_ROOT/var/lib/sample/old" "$DPKG_ROOT/var/lib/sample/new"
                echo done >"$marker"'
        migration sample 1.2.0/001_y 'test -e "$marker"' '
                echo name=newest >"$DPKG_ROOT/etc/sample/sample.conf"
                echo done >"$marker"'
        upgraded sample 1.0-1 1.2-1
        fingerprint $DATA >"$WORK/old"
}

ship() {
        ship_only
        expect 0 run sample
        calls >/dev/null
}

assert_old() {
        fingerprint $DATA | diff "$WORK/old" - || fail 'it is not as it was before'
}

# Compares all but the lock file, which records its last holder.
untouched() {
        fingerprint etc usr var >"$WORK/before"
        "$@"
        fingerprint etc usr var | diff "$WORK/before" - || fail "the tree was changed by: $*"
}

test_everything_is_restored() {
        ship
        expect 0 undo sample
        assert_no_err
        assert_old
        assert_calls
        assert_history sample '[.[-2, -1] | .event + ":" + .id] | join(" ")' 'undone:1.2.0/001_y undone:1.1.0/001_x'
        expect 0 status --json sample
        assert_json '.packages[0] | [.result, .from, .to, has("undo")] | map(tostring) | join(" ")' 'pending 1.0-1 1.2-1 false'
        expect 0 run sample
        assert_ran 1.1.0/001_x 1.2.0/001_y
        assert_content /etc/sample/sample.conf name=newest
}

test_it_lists_the_restored_files() {
        ship
        expect 0 undo sample
        sed -n 's/^  \([1-9].*\|  [A-Za-z]  .*\)/\1/p' "$OUT" | tr -s ' ' >"$WORK/files"
        diff - "$WORK/files" <<'END'
1.2.0/001_y
 M /etc/sample/sample.conf | 12 B -> 9 B
 D /var/lib/sample/1.2.0-001_y | 5 B
1.1.0/001_x
 A /etc/sample/gone | 4 B
 M /etc/sample/sample.conf | 9 B
 D /var/lib/sample/1.1.0-001_x | 5 B
 R /var/lib/sample/old/ | from /var/lib/sample/new
END
        assert_out 'the data is at 1.0-1 again'
        assert_out 'while 1.2-1 is installed, the next run migrates it again'
        assert_out 'install the older version of the package'
}

test_no_advice_after_a_downgrade() {
        ship
        package sample 1.0-1
        rm -r "$ROOT/usr/lib/deploy-migrate/sample"
        expect 0 undo sample
        assert_old
        assert_out 'the data is at 1.0-1 again'
        ! grep -q -e 'the next run' -e 'install the older' "$OUT" || fail 'it advises a downgrade that was done already'
}

test_a_dry_run_changes_nothing() {
        ship
        untouched expect 0 undo --dry-run sample
        assert_out 'would be undone'
        assert_out 'D  /var/lib/sample/1.2.0-001_y'
        untouched expect 0 undo --dry-run -q sample
        assert_out 'would be undone'
        untouched expect 0 undo --dry-run --json sample
        assert_json '.packages[0].result' pending
}

test_as_json() {
        ship
        expect 0 undo --json sample
        assert_json '.packages[0] | [.result, .from, .to, .error] | map(tostring) | join(" ")' 'completed 1.2-1 1.0-1 null'
        assert_json '.packages[0].migrations | map(.id + " " + .state) | join(", ")' \
                '1.2.0/001_y pending, 1.1.0/001_x pending'
        assert_json '.packages[0].migrations[1].files | map(.kind + " " + .path) | join(", ")' \
                'create /etc/sample/gone, replace /etc/sample/sample.conf, remove /var/lib/sample/1.1.0-001_x, move /var/lib/sample/old'
        assert_json '.packages[0].migrations[1].files[0] | [.mode_before, .mode_after, .size_after] | map(tostring) | join(" ")' \
                'null 100644 4'
}

test_quiet() {
        ship
        expect 0 undo -q sample
        assert_no_err
        [ ! -s "$OUT" ] || fail '-q printed something'
        assert_old
}

test_later_changes_are_not_lost() {
        ship
        write /etc/sample/sample.conf 'name=mine'
        for option in '' --dry-run; do
                untouched expect 1 undo $option sample
                assert_err /etc/sample/sample.conf
                untouched expect 1 undo --json $option sample
                assert_json '.packages[0] | .result + " " + (.error | contains("sample.conf") | tostring)' 'failed true'
        done
        expect 0 undo --force sample
        assert_content /etc/sample/sample.conf name=old
        assert_missing /var/lib/sample/1.1.0-001_x
}

kept_of() {
        jq -r '.packages[0].overwritten' "$OUT"
}

test_force_keeps_what_it_overwrites() {
        ship
        write /etc/sample/sample.conf 'name=mine'
        write /etc/sample/gone mine
        write /var/lib/sample/new/log mine
        expect 1 undo --json sample
        assert_json '.packages[0].changed_since | map(.path) | join(" ")' \
                '/etc/sample/gone /etc/sample/sample.conf /var/lib/sample/new/log'
        expect 1 undo sample
        assert_err 'made since: /var/lib/sample/new/log'
        expect 0 undo --force --json sample
        kept=$(kept_of)
        assert_content "${kept#"$ROOT"}/etc/sample/sample.conf" name=mine
        assert_content "${kept#"$ROOT"}/etc/sample/gone" mine
        assert_content "${kept#"$ROOT"}/var/lib/sample/1.1.0-001_x" 'done'
        assert_content /etc/sample/sample.conf name=old
        assert_content /var/lib/sample/old/log mine

        expect 0 run sample
        write /etc/sample/sample.conf 'name=again'
        expect 0 undo --force sample
        assert_out "$ROOT/var/lib/deploy-migrate/sample/transactions/overwritten/2"
        assert_out "until 'deploy-migrate forget sample'"
        assert_err '/etc/sample/sample.conf was changed after 1.2.0/001_y was applied'
        assert_content "${kept#"$ROOT"}/etc/sample/sample.conf" name=mine
        expect 0 forget sample
        assert_out freed
        assert_missing "${kept#"$ROOT"}"
}

test_a_long_list_is_summed_up() {
        ship
        for i in $(seq 15); do
                write "/var/lib/sample/new/$i" mine
        done
        expect 1 undo sample
        [ "$(grep -c 'since: ' "$ERR")" -eq 10 ] || fail 'it lists not ten'
        assert_err 'and 5 more files since'
        expect 1 undo --json sample
        assert_json '.packages[0].changed_since | length' 15
        expect 0 undo --force sample
        expect 0 status sample
}

test_a_forced_undo_that_is_killed() {
        command -v strace >/dev/null || skip 'strace is missing'
        for when in 1 2 3 5 8 13; do
                ship
                write /etc/sample/sample.conf 'name=mine'
                strace -f -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=$when \
                        "$DEPLOY_MIGRATE" --root "$ROOT" undo --force sample >"$OUT" 2>&1 || true
                package sample 1.0-1
                rm -r "$ROOT/usr/lib/deploy-migrate/sample"
                expect 0 run sample
                found=$(grep -rlx name=mine "$ROOT/etc" "$ROOT/var" | wc -l)
                [ "$found" -eq 1 ] || fail "killed at $when: what was there is in $found files"
                ls "$ROOT/var/lib/deploy-migrate/sample/transactions"/*/undo.jsonl 2>/dev/null && fail 'the undo did not end'
                expect 0 undo --force sample
                assert_content /etc/sample/sample.conf name=old
                rm -rf "${ROOT:?}"/[!cg]*
        done
}

# two SCRIPT SCRIPT: ships two migrations, whose scripts start in /var/lib/sample.
two() {
        migration sample 1.1.0/001_x 'test -e "$marker"' "touch \"\$marker\"; cd \"\$DPKG_ROOT/var/lib/sample\" && $1"
        migration sample 1.2.0/001_y 'test -e "$marker"' "touch \"\$marker\"; cd \"\$DPKG_ROOT/var/lib/sample\" && $2"
        upgraded sample 1.0-1 1.2-1
        fingerprint var/lib/sample >"$WORK/old"
}

test_a_directory_that_a_newer_one_replaced() {
        write /var/lib/sample/a/b text
        two 'chmod 700 a/b' 'rm -r a && echo >a'
        expect 0 run sample
        untouched expect 0 undo --dry-run sample
        expect 0 undo sample
        fingerprint var/lib/sample | diff "$WORK/old" - || fail 'it is not as it was before'
}

# refuses_between SCRIPT CHANGE SCRIPT: a change by others between the two is detected before anything is restored.
refuses_between() {
        write /var/lib/sample/d/f text
        mkdir -p "$ROOT/etc"
        two "$1" "[ -e ../ready ] && $3"
        expect 1 run sample
        (cd "$ROOT/var/lib/sample" && eval "$2")
        touch "$ROOT/var/lib/ready"
        expect 0 retry sample
        expect 0 run sample
        untouched expect 1 undo --dry-run sample
        assert_err /var/lib/sample/d/
        assert_err 'after 1.1.0/001_x was applied; use --force to overwrite it'
        untouched expect 1 undo sample
        expect 0 undo --force sample
        rm -rf "${ROOT:?}"/[!cg]*
}

test_changes_between_two_migrations() {
        refuses_between 'echo 1 >>d/f' 'echo mine >d/f' 'echo 2 >d/f && echo 2 >d/g'
        refuses_between 'echo 1 >>d/f' 'rm d/f' 'echo 2 >d/f'
        refuses_between 'chmod 600 d/f' 'chmod 640 d/f' 'chmod 600 d/f'
        refuses_between 'rm d/f' 'echo mine >d/f' 'rm d/f'
        refuses_between 'echo 1 >>d/f' 'echo mine >d/f' 'mv d e'
        refuses_between 'echo 1 >>d/f' 'echo mine >d/f' 'rm -r d'
        refuses_between 'echo 1 >>d/f' 'echo mine >d/f' 'mkdir t && cp d/f t/ && rm -r d && mv t d'
        refuses_between 'echo 1 >d/new' 'echo mine >d/new' 'mv d/new d/newest'
}

test_changes_by_the_two_migrations_only() {
        for newer in 'echo 2 >d/f' 'rm -r d' 'mv d e && echo 2 >e/f' 'mv d e && mkdir d && echo 2 >d/f' 'rm -r d && echo 2 >d' \
                'mkdir t && cp d/f t/ && rm -r d && mv t d' 'mv d/n/m d/n/f && echo 2 >d/n/g && mv d/n e' 'echo 2 >d/x' \
                'echo 2 >d/x && chmod 700 d' 'mv d e && echo 2 >e/x' 'mv d e && mkdir d && mv e/f d/x'; do
                write /var/lib/sample/d/f text
                write /var/lib/sample/d/x text
                mkdir -p "$ROOT/etc"
                two 'chmod 600 d/f && echo 1 >d/f && rm d/x && mkdir d/n && echo 1 >d/n/m' "$newer"
                expect 0 run sample
                untouched expect 0 undo --dry-run sample
                expect 0 undo sample
                fingerprint var/lib/sample | diff "$WORK/old" - || fail "it is not as it was before: $newer"
                rm -rf "${ROOT:?}"/[!cg]*
        done
}

test_nothing_to_undo() {
        migration sample 1.1.0/001_x
        mkdir "$ROOT/etc"
        upgraded sample 1.0 1.1
        untouched expect 0 undo sample
        assert_out 'sample: nothing to undo'
        expect 0 undo --json sample
        assert_json '.packages[0] | .result + " " + (.migrations | length | tostring)' 'nothing-to-do 0'
}

test_status_shows_what_undo_can_restore() {
        ship
        expect 0 status sample
        assert_out 'can be undone: 2 migrations, '
        expect 0 status --json sample
        assert_json '.packages[0].undo | .migrations' 2
        bytes=$(find "$ROOT"/var/lib/deploy-migrate/sample/transactions/*/slots -printf '%b\n' | awk '{ n += $1 } END { print n * 512 }')
        assert_json '.packages[0].undo.bytes' "$bytes"
        assert_json '.packages[0] | keys_unsorted | join(",")' package,from,to,from_source,result,error,migrations,undo
        expect 0 plan --json sample
        assert_json '.packages[0] | has("undo")' false
}

# Only the undo fails, nothing else.
test_a_log_that_is_damaged() {
        ship
        for log in "$ROOT"/var/lib/deploy-migrate/sample/transactions/*-1.1.0-*/redo.jsonl; do
                echo nonsense >>"$log"
        done
        expect 0 status --json sample
        assert_json '.packages[0] | .result + " " + (has("undo") | tostring)' 'nothing-to-do false'
        assert_err "sample: nothing can be undone: $log"
        untouched expect 3 undo sample
        assert_err "$log"

        migration sample 1.3.0/001_z
        package sample 1.3-1
        expect 0 run sample
        assert_err "nothing can be undone: $log"
        expect 0 forget sample
        assert_out freed
        [ -z "$(find "$ROOT/var/lib/deploy-migrate/sample/transactions" -name slots)" ] || fail 'a before-image was kept'
        expect 0 undo sample
        assert_out 'nothing to undo'
        expect 0 status sample
        assert_no_err
}

test_a_directory_that_is_no_transaction() {
        ship
        kept=$ROOT/var/lib/deploy-migrate/sample/transactions
        echo mine >"$kept/notes"
        ln -s /etc "$kept/link"
        expect 0 status sample
        assert_out 'can be undone: 2 migrations, '
        migration sample 1.3.0/001_z
        package sample 1.3-1
        expect 0 run sample
        expect 0 forget sample
        assert_out freed
        expect 0 undo sample
        [ -e "$kept/notes" ] || fail 'it was removed'
}

test_the_longest_names() {
        mkdir -p "$ROOT/etc" "$ROOT/var/lib/sample"
        version=1.2.0-$(printf '%0230d' 0 | tr 0 a)
        for id in 1.1.0/001_$(printf '%0212d' 0) 1.1.0/002_$(printf '%0213d' 0) 1.1.0/003_$(printf '%0245d' 0) \
                "$version/001_x" "$version/002_x"; do
                migration sample "$id" 'test -e "${marker%/*}/$(echo "$0" | cksum)"' \
                        'touch "${marker%/*}/$(echo "$0" | cksum)"'
        done
        upgraded sample 1.0 1.3
        fingerprint $DATA >"$WORK/old"
        expect 0 run sample
        expect 0 run sample
        assert_out 'nothing to do'
        expect 0 history --json --files sample
        assert_json '[.packages[0].events[].files // [] | length] | add' 5
        expect 0 undo sample
        assert_history sample '[.[] | select(.event == "undone")] | length' 5
        assert_old
}

test_forget() {
        ship
        expect 0 forget sample
        grep -qE '^sample: freed [0-9.]+ [KM]?i?B; past upgrades can no longer be undone$' "$OUT" || fail 'it does not say how much was freed'
        expect 0 status --json sample
        assert_json '.packages[0] | has("undo")' false
        untouched expect 0 undo sample
        assert_out 'nothing to undo'
        expect 0 forget sample
        assert_out 'nothing to free, there is no upgrade to undo'
        expect 0 forget --json sample
        assert_json '.packages[0].package' sample
        assert_content /etc/sample/sample.conf name=newest
}

test_a_status_while_it_is_forgotten() {
        command -v strace >/dev/null || skip 'strace is missing'
        ship
        ASAN_OPTIONS=detect_leaks=0 strace -f -o "$WORK/trace" -e trace=faccessat2 -e inject=faccessat2:delay_exit=4000000 \
                "$DEPLOY_MIGRATE" --root "$ROOT" status --json sample >"$WORK/status" &
        await grep -qs '"slots"' "$WORK/trace"
        expect 0 forget sample
        wait $! || fail 'status failed'
        mv "$WORK/status" "$OUT"
        assert_json '.packages[0] | .result + " " + (has("undo") | tostring)' 'nothing-to-do false'
}

# Then some slots are gone, which an undo would take for files that didn't exist before.
test_a_forget_that_was_killed() {
        command -v strace >/dev/null || skip 'strace is missing'
        for name in a b c; do
                write /var/lib/sample/$name old
        done
        mkdir "$ROOT/etc"
        migration sample 1.1.0/001_x 'test -e "$marker"' '
                for name in a b c; do
                        echo new >"$DPKG_ROOT/var/lib/sample/$name"
                done
                echo done >"$marker"'
        upgraded sample 1.0 1.1
        expect 0 run sample
        fingerprint $DATA >"$WORK/new"
        execute 137 strace -f -o /dev/null -e trace=unlinkat -e inject=unlinkat:signal=KILL:when=2 \
                "$DEPLOY_MIGRATE" --root "$ROOT" forget sample
        expect 0 undo sample
        assert_out 'nothing to undo'
        fingerprint $DATA | diff "$WORK/new" - || fail 'something was undone'
        left=$(find "$ROOT/var/lib/deploy-migrate/sample/transactions" -mindepth 2 ! -name redo.jsonl)
        [ -z "$left" ] || fail "left behind: $left"
}

# As a forget does that is killed between the two.
test_half_of_an_upgrade() {
        ship
        for id in 1.2.0/001_y 1.1.0/001_x; do
                cp -a "$ROOT/var/lib/deploy-migrate" "$WORK/state"
                rm -r "$ROOT"/var/lib/deploy-migrate/sample/transactions/*"$(echo "$id" | tr / -)"/slots
                for option in '' --dry-run; do
                        untouched expect 1 undo $option sample
                        assert_err "$id was forgotten"
                done
                rm -r "$ROOT/var/lib/deploy-migrate"
                mv "$WORK/state" "$ROOT/var/lib/deploy-migrate"
        done
        rm -r "$ROOT"/var/lib/deploy-migrate/sample/transactions/*1.1.0-001_x/slots
        expect 0 undo --force sample
        assert_content /etc/sample/sample.conf name=new
}

test_a_package_without_a_history() {
        mkdir -p "$ROOT/var/lib/dpkg"
        expect 3 forget nobody
        assert_err 'has no history'
}

test_a_package_that_is_locked() {
        ship
        migration sample 1.3.0/001_z 'test -e "$marker"' 'gate; touch "$marker"'
        package sample 1.3-1
        "$DEPLOY_MIGRATE" --root "$ROOT" run sample >"$WORK/background" 2>&1 </dev/null &
        await_call 1.3.0/001_z:check
        await_call 1.3.0/001_z:migrate
        expect 4 undo --lock-timeout 0 sample
        expect 4 forget --lock-timeout 0 sample
        open_gate
        wait $! || fail "$(cat "$WORK/background")"
}

# assert_half_way TEXT: the error has this text, and nothing is changed.
assert_half_way() {
        untouched expect 3 undo --dry-run sample
        assert_err "$1"
        untouched expect 3 preview sample
        assert_err "$1"
        untouched expect 0 plan sample
        assert_out "$1"
        untouched expect 10 status --exit-code sample
        assert_out "$1"
        assert_out "'deploy-migrate run sample' finishes it"
        untouched expect 0 status --json sample
        assert_json '.packages[0] | .result + " " + (.error | contains("finishes it") | tostring)' 'pending true'
}

test_an_undo_that_was_interrupted() {
        ship
        expect 0 run sample
        touch "$ROOT/var/lib/deploy-migrate/sample/undoing"
        assert_half_way 'an undo is in progress or was interrupted'
        expect 0 run sample
        expect 0 status --json sample
        assert_json '.packages[0] | .result + " " + (.error | tostring)' 'nothing-to-do null'
        expect 0 undo --dry-run sample
}

interrupt_commit() {
        sed -i '$d' "$(history_of sample)"
        sed -i '$d' "$(history_of sample)"
        assert_history sample '.[-1] | .event + " " + .id' 'committing 1.2.0/001_y'
        mv "$ROOT"/var/lib/deploy-migrate/sample/transactions/*001_y "$ROOT/var/lib/deploy-migrate/sample/stage"
}

test_a_commit_that_was_interrupted() {
        ship
        interrupt_commit
        assert_half_way 'the commit of 1.2.0/001_y is in progress or was interrupted'
        package sample 1.2-1 'deinstall ok config-files'
        assert_half_way 'the commit of 1.2.0/001_y is in progress or was interrupted'
        package sample 1.2-1
        expect 0 run sample
        expect 0 status --json sample
        assert_json '.packages[0] | .result + " " + (.error | tostring)' 'nothing-to-do null'
}

# Killed before the stage is archived: all that it has overwritten is in there.
test_a_committed_stage_whose_log_is_damaged() {
        command -v strace >/dev/null || skip 'strace is missing'
        for damage in 'echo nonsense >>' ': >' rm; do
                ship_only
                strace -f -o /dev/null -P stage -e trace=renameat -e inject=renameat:signal=KILL \
                        "$DEPLOY_MIGRATE" --root "$ROOT" run sample >/dev/null 2>&1 || true
                assert_history sample '.[-2:] | map(.event + ":" + .id) | join(" ")' 'applied:1.1.0/001_x started:1.2.0/001_y'
                eval "$damage \"\$ROOT/var/lib/deploy-migrate/sample/stage/redo.jsonl\""
                expect 0 run sample
                kept=$ROOT/var/lib/deploy-migrate/sample/transactions/damaged-1
                assert_err "what its commit has overwritten is kept in $kept"
                assert_history sample '[.[].event | select(. == "postponed")] | length' 1
                grep -rqx name=old "$kept/slots" || fail 'what was overwritten is not kept'
                if [ -e "$kept/redo.jsonl" ]; then
                        untouched expect 3 undo sample
                        assert_err "$kept/redo.jsonl"
                else
                        untouched expect 1 undo sample
                        assert_err "changes can't be undone"
                fi
                expect 0 forget sample
                assert_out freed
                [ ! -e "$kept/slots" ] || fail 'it was not removed'
                rm -rf "${ROOT:?}"/[!cg]*
        done
}

# The files then have other inode numbers, by which recovery finds out what was done.
test_a_copy_of_a_commit_that_was_interrupted() {
        ship
        interrupt_commit
        stage=$ROOT/var/lib/deploy-migrate/sample/stage
        mv "$stage" "$WORK/original"
        cp -a "$WORK/original" "$stage"
        fingerprint $DATA >"$WORK/before"
        for command in run retry undo; do
                expect 3 $command sample
                cat "$OUT" >>"$ERR"
                assert_err "1.2.0/001_y was interrupted half way, and this is a copy"
                assert_err "$stage/redo.jsonl"
        done
        fingerprint $DATA | diff "$WORK/before" - || fail 'something was changed'
        rm -r "$stage"
        mv "$WORK/original" "$stage"
        expect 0 run sample
        expect 0 undo sample
}

test_one_that_ran_directly_is_marked() {
        migration sample 1.1.0/001_x
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": "*"}'
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0 1.1
        expect 0 plan sample
        assert_out 'pending, direct'
        expect 0 run --json sample
        assert_json '.packages[0].migrations[0] | [.state, .direct] | map(tostring) | join(" ")' 'applied true'
        expect 0 status sample
        assert_out 'applied, direct'
        migration sample 1.1.0/002_y
        expect 0 status --json sample
        assert_json '[.packages[0].migrations[] | select(.direct) | .id] | join(" ")' 1.1.0/001_x
}

run_tests
