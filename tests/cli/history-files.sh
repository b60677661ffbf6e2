#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# history --files: the changed files below each event.

. "${0%/*}/lib.sh"
need_root

run_two() {
        write /etc/sample/sample.conf 'name=old'
        write /var/lib/sample/old/inner text
        migration sample 1.1.0/001_x 'test -e "$marker"' '
                echo name=newer >"$DPKG_ROOT/etc/sample/sample.conf"
                chmod 600 "$DPKG_ROOT/var/lib/sample/old/inner"
                mv "$DPKG_ROOT/var/lib/sample/old" "$DPKG_ROOT/var/lib/sample/new"
                mkdir "$marker"'
        migration sample 1.2.0/001_y 'exit 0'
        upgraded sample 1.0 1.2
        expect 0 run sample
}

test_below_each_migration_that_was_applied() {
        run_two
        expect 0 history --files sample
        sed -n '/ applied /,/ started /p' "$OUT" | sed '1d;$d' | tr -s ' ' >"$WORK/files"
        diff - "$WORK/files" <<'END'
 M /etc/sample/sample.conf | 9 B -> 11 B
 A /var/lib/sample/1.1.0-001_x/ | directory
 R /var/lib/sample/new/ | from /var/lib/sample/old
 m /var/lib/sample/new/inner | mode 0644 -> 0600
END
        [ "$(grep -c ' | ' "$OUT")" -eq 4 ] || fail 'other events have files, too'
}

test_not_by_default() {
        run_two
        expect 0 history sample
        ! grep -q ' | ' "$OUT" || fail 'it lists files'
        expect 0 history --json sample
        assert_json '[.packages[0].events[] | has("files")] | any' false
}

test_as_json() {
        run_two
        expect 0 history --json --files sample
        assert_json '[.packages[0].events[] | select(has("files")) | .event + " " + .id] | join(", ")' 'applied 1.1.0/001_x'
        assert_json '[.packages[0].events[].files // [] | .[] | .kind + " " + .path] | join(", ")' \
                'replace /etc/sample/sample.conf, create /var/lib/sample/1.1.0-001_x, move /var/lib/sample/new, metadata /var/lib/sample/new/inner'
        assert_json '[.packages[0].events[].files // [] | .[] | keys_unsorted | join(",")] | unique | join(" ")' \
                kind,path,from,mode_before,mode_after,size_before,size_after,diff,uid_before,uid_after,gid_before,gid_after,owner_before,owner_after,group_before,group_after,target_before,target_after,acl_before,acl_after,default_acl_before,default_acl_after,xattrs_before,xattrs_after
        assert_json '.packages[0].events[].files // [] | .[2].from // empty' /var/lib/sample/old
}

test_files_that_are_not_known() {
        migration sample 1.1.0/001_x
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": "*"}'
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0 1.1
        expect 0 run sample
        expect 0 history --files sample
        expect 0 history --json --files sample
        assert_json '.packages[0].events[] | select(.event == "applied") | has("files"), .files' 'true
null'
}

test_names_are_made_harmless() {
        mkdir -p "$ROOT/etc/sample" "$ROOT/var/lib/sample"
        migration sample 1.1.0/001_x 'test -e "$marker"' '
                : >"$(printf "%s/var/lib/sample/a\033[31m\nb c" "$DPKG_ROOT")"
                touch "$marker"'
        upgraded sample 1.0 1.1
        expect 0 run sample
        expect 0 history --files sample
        assert_out '/var/lib/sample/a\x1b[31m\nb c | 0 B'
        ! grep -q "$(printf '\033')" "$OUT" || fail 'there is an escape sequence'
}

test_a_log_that_can_not_be_read() {
        run_two
        for log in "$ROOT"/var/lib/deploy-migrate/sample/transactions/*/redo*; do
                echo nonsense >"$log"
        done
        expect 3 history --files sample
        assert_out applied
        assert_err sample
        expect 3 history --json --files sample
        assert_json '.packages[0].events | map(.event) | index("applied") != null' true
}

run_tests
