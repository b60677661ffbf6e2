#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The output of preview, and that it changes nothing.

. "${0%/*}/lib.sh"
need_root

DATA='etc var/lib/sample usr'

# The default directories of the package; the fifos of the tree are not in them.
prepare() {
        mkdir -p "$ROOT/etc/$1" "$ROOT/var/lib/$1"
        upgraded "$@"
}

# Text, binary data, modes, links, a moved directory; and a second migration that builds on the first.
ship() {
        write /etc/sample/sample.conf 'key=1
old name=2
	indented
last'
        write /etc/sample/secret hidden
        write /etc/sample/gone bye
        write /var/lib/sample/old/inner text
        write /var/lib/sample/db
        head -c 5000 /dev/zero >"$ROOT/var/lib/sample/db"
        ln -s gone "$ROOT/etc/sample/link"
        migration sample 1.1.0/001_x '' '
                cd "$DPKG_ROOT/etc/sample"
                sed -i "s/old name/new name/" sample.conf
                printf "more\n" >>sample.conf
                chmod 600 secret
                rm gone link
                cd "$DPKG_ROOT/var/lib/sample"
                mv old new
                head -c 14336 /dev/zero >db
                echo done >"$marker"'
        migration sample 1.2.0/001_y '' '
                grep -q "new name" "$DPKG_ROOT/etc/sample/sample.conf" || exit 1
                sed -i "s/new name/newest name/" "$DPKG_ROOT/etc/sample/sample.conf"
                echo more >>"$DPKG_ROOT/var/lib/sample/new/inner"
                echo done >"$marker"'
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"description": "rename the name"}'
        prepare sample 1.0 1.2
}

# Where the numbers 3 and 33 have names.
name_owners() {
        write /etc/passwd 'root:x:0:0::/:/bin/sh
admin:x:33:33::/:/bin/sh'
        write /etc/group 'root:x:0:
web:x:33:'
}

# set_acl FILE: gives user 33 and group 3 rights of their own.
set_acl() {
        python3 -c 'import os, struct, sys
entries = [(1, 6, -1), (2, 4, 33), (4, 4, -1), (8, 6, 3), (16, 6, -1), (32, 0, -1)]
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *e) for e in entries))
os.setxattr(sys.argv[1], "user.note", b"x")' "$1"
}

file() {
        echo ".packages[0].migrations[$1].files[] | select(.path == \"$2\")"
}

# The data is unchanged, and the state has only the history.
preview_unchanged() {
        cp "$(history_of sample)" "$WORK/history"
        fingerprint $DATA >"$WORK/before"
        "$@"
        fingerprint $DATA >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail 'the data was changed'
        cmp "$WORK/history" "$(history_of sample)" || fail 'the history was changed'
        [ "$(ls "$ROOT/var/lib/deploy-migrate/sample")" = history.jsonl ] || fail 'something was left behind'
}

test_it_changes_nothing() {
        ship
        preview_unchanged expect 0 preview sample
        assert_no_err
        assert_ran 1.1.0/001_x 1.2.0/001_y
}

test_each_migration_with_its_files() {
        ship
        expect 0 preview sample
        sed -n 's/^    \([A-Za-z]  .*\)/\1/p' "$OUT" | tr -s ' ' >"$WORK/files"
        diff - "$WORK/files" <<'END'
D /etc/sample/gone | 1 -
D /etc/sample/link | symbolic link, to gone
M /etc/sample/sample.conf | 3 ++-
m /etc/sample/secret | mode 0644 -> 0600
A /var/lib/sample/1.1.0-001_x | 1 +
M /var/lib/sample/db | 4.8 KiB -> 14 KiB
R /var/lib/sample/new/ | from /var/lib/sample/old
M /etc/sample/sample.conf | 2 +-
A /var/lib/sample/1.2.0-001_y | 1 +
M /var/lib/sample/new/inner | 1 +
END
        assert_out 'rename the name'
        assert_out '7 files changed, 3 lines added, 2 removed'
        assert_out '-old name=2'
        assert_out '+new name=2'
        assert_out "$(printf ' \tindented')"
        assert_out '+newest name=2'
}

# A tree without users of its own has those of the system.
test_owners_of_a_tree_without_users() {
        write /etc/sample/key k
        migration sample 1.1.0/001_x '' 'chown daemon "$DPKG_ROOT/etc/sample/key"; touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview sample
        assert_out 'owner root:root -> daemon:root'
}

# What "write a new file, rename it" loses; and history tells the same of the run.
test_owners_acls_and_targets() {
        name_owners
        write /etc/sample/config a
        chown 0:33 "$ROOT/etc/sample/config"
        set_acl "$ROOT/etc/sample/config" || skip 'extended attributes are missing'
        write /etc/sample/key k
        ln -s a "$ROOT/etc/sample/link"
        migration sample 1.1.0/001_x '' 'cd "$DPKG_ROOT/etc/sample"; echo a >n; chmod 640 n; mv n config; ln -sfn /srv link; chown 33 key; touch -d 2001-01-01 .; touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview sample
        [ "$(sed 's/[^ ]*::[^ ]*//' "$OUT" | wc -L)" -le 80 ] || fail 'a line is too long, but not because of a word'
        sed ':a; $!N; s/\n       */ /; ta; P; D' "$OUT" | sed -n 's/^    \([A-Za-z]  .*\)/\1/p' | tr -s ' ' >"$WORK/files"
        diff - "$WORK/files" <<'END'
m /etc/sample/ | modification time
m /etc/sample/config | mode 0660 -> 0640, owner root:web -> root:root, ACL user::rw-,user:admin:r--,group::r--,group:3:rw-,mask::rw-,other::--- -> none, user.note x -> none
m /etc/sample/key | owner root:root -> admin:root
M /etc/sample/link | symbolic link, to a -> /srv
A /var/lib/sample/1.1.0-001_x | 0 B
END
        expect 0 preview --json sample
        jq '.packages[0].migrations[0].files | map(del(.diff))' "$OUT" >"$WORK/previewed"
        assert_json "$(file 0 /etc/sample/config) | [.owner_after, .group_before, .group_after, .gid_before, .acl_before, .acl_after, .xattrs_before[]] | map(tostring) | join(\" \")" \
                'root web root 33 user::rw-,user:admin:r--,group::r--,group:3:rw-,mask::rw-,other::--- null x'
        assert_json "$(file 0 /etc/sample/link) | [.target_before, .target_after] | join(\" \")" 'a /srv'
        expect 0 run sample
        expect 0 history --json --files sample
        jq '.packages[0].events[] | select(.event == "applied").files | map(del(.diff))' "$OUT" | diff "$WORK/previewed" -
}

test_moves_out_of_removed_and_into_new_directories() {
        write /etc/sample/old/x 'a file'
        write /etc/sample/old/y 'another one'
        migration sample 1.1.0/001_x '' 'cd "$DPKG_ROOT/etc/sample"; mkdir new; mv old/x new/x.conf; mv old/y .; rmdir old; touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview --json sample
        assert_json '[.packages[0].migrations[0].files[] | .kind + " " + .path + " " + (.from // "")] | join(",")' \
                'create /etc/sample/new ,move /etc/sample/new/x.conf /etc/sample/old/x,remove /etc/sample/old ,move /etc/sample/y /etc/sample/old/y,create /var/lib/sample/1.1.0-001_x '
        inode=$(stat -c %i "$ROOT/etc/sample/old/x")
        expect 0 run sample
        [ "$(stat -c %i "$ROOT/etc/sample/new/x.conf")" = "$inode" ] || fail 'it was copied'
        expect 0 undo sample
        assert_content /etc/sample/old/y 'another one'
        assert_missing /etc/sample/new
}

# are_one FILE OTHER: whether they are names of one file.
are_one() {
        [ "$(stat -c %d:%i "$ROOT$1")" = "$(stat -c %d:%i "$ROOT$2")" ]
}

# names_of_a_file NUMBER: moved, written to in place, replaced, with attributes, and one more; by the first or a later migration.
names_of_a_file() {
        mkdir -p "$ROOT/var/lib/sample"
        for name in moved written replaced altered; do
                write "/etc/sample/$name" "$name"
                ln "$ROOT/etc/sample/$name" "$ROOT/var/lib/sample/$name"
        done
        write /etc/sample/gone x
        ln "$ROOT/etc/sample/gone" "$ROOT/etc/sample/gone2"
        migration sample 1.1.0/001_w '' 'touch "$marker"'
        migration sample "1.1.0/$1_x" '' 'cd "$DPKG_ROOT/etc/sample"; mv moved new; echo more >>written; sed -i s/r/R/ replaced
                chmod 600 altered; ln "$DPKG_ROOT/var/lib/sample/moved" other; mv gone there; rm gone2; touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview --json sample
        assert_json "[.packages[0].migrations[] | select(.id == \"1.1.0/$1_x\").files[] | .kind + \" \" + (.path | ltrimstr(\"/\"))] | join(\",\")" \
                "metadata etc/sample/altered,remove etc/sample/gone2,move etc/sample/new,create etc/sample/other,replace etc/sample/replaced,move etc/sample/there,replace etc/sample/written,create var/lib/sample/1.1.0-$1_x,metadata var/lib/sample/altered,replace var/lib/sample/written"
        expect 0 run sample
        are_one "/etc/sample/new" "/var/lib/sample/moved" || fail 'the moved file was copied'
        are_one "/etc/sample/other" "/var/lib/sample/moved" || fail 'the new name is a copy'
        are_one "/etc/sample/written" "/var/lib/sample/written" || fail 'the names were separated'
        assert_content /var/lib/sample/replaced replaced
        expect 0 undo sample
        for name in moved written replaced altered; do
                are_one "/etc/sample/$name" "/var/lib/sample/$name" || fail "$name is two files"
        done
}

test_names_of_a_file() {
        names_of_a_file 000
}

test_names_of_a_file_after_another_migration() {
        names_of_a_file 002
}

# The other name isn't declared, so it can't be changed with the first one; a name that is replaced parts from the others by itself.
test_names_that_become_two_files() {
        write /etc/sample/written old
        write /etc/sample/replaced old
        mkdir -p "$ROOT/srv"
        ln "$ROOT/etc/sample/written" "$ROOT/srv/written"
        ln "$ROOT/etc/sample/replaced" "$ROOT/srv/replaced"
        migration sample 1.1.0/001_x '' 'cd "$DPKG_ROOT/etc/sample"; echo more >>written; sed -i s/old/new/ replaced; touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview --json sample
        assert_json '.packages[0].migrations[0].notices | length' 1
        jq -c '.packages[0].migrations[0] | .files | map(del(.diff))' "$OUT" >"$WORK/previewed"
        expect 0 preview sample
        assert_out "$ROOT/etc/sample/written and $ROOT/srv/written are names of one file"
        expect 0 run --json sample
        assert_err "$ROOT/srv/written keeps the old content; declare both"
        jq -c '.packages[0].migrations[0] | .files | map(del(.diff))' "$OUT" | diff "$WORK/previewed" -
        assert_content /srv/written old
}

test_as_json() {
        ship
        preview_unchanged expect 0 preview --json sample
        assert_json '.packages[0] | .result + " " + ([.migrations[].state] | join(" "))' 'pending pending pending'
        assert_json '[.packages[].migrations[].files[] | keys_unsorted | join(",")] | unique | join(" ")' \
                kind,path,from,mode_before,mode_after,size_before,size_after,diff,uid_before,uid_after,gid_before,gid_after,owner_before,owner_after,group_before,group_after,target_before,target_after,acl_before,acl_after,default_acl_before,default_acl_after,xattrs_before,xattrs_after
        assert_json "$(file 0 /etc/sample/secret) | [.kind, .mode_before, .mode_after] | join(\" \")" 'metadata 100644 100600'
        assert_json "$(file 0 /var/lib/sample/new) | [.kind, .from] | join(\" \")" 'move /var/lib/sample/old'
        assert_json "$(file 0 /var/lib/sample/db) | [.kind, .size_before, .size_after, .diff] | map(tostring) | join(\" \")" \
                'replace 5000 14336 null'
        assert_json "$(file 0 /etc/sample/gone) | [.mode_after, .size_after] | map(tostring) | join(\" \")" 'null null'
        assert_json "$(file 0 /etc/sample/gone) | .diff" '--- a/etc/sample/gone
+++ /dev/null
@@ -1 +0,0 @@
-bye'
        assert_json '.packages[0].migrations | map(.changes) | join(" ")' '7 3'
}

# patch(1) makes of the diffs exactly what the run then does.
test_the_diffs_are_what_a_run_does() {
        command -v patch >/dev/null || skip 'patch(1) is missing'
        ship
        expect 0 preview --json sample
        cp -a "$ROOT" "$WORK/copy"
        for i in 0 1; do
                jq -j ".packages[0].migrations[$i].files[].diff // empty" "$OUT" | patch -s -p1 -d "$WORK/copy"
                mv "$WORK/copy/var/lib/sample/old" "$WORK/copy/var/lib/sample/new" 2>/dev/null || :
        done
        expect 0 run sample
        for file in etc/sample/sample.conf var/lib/sample/new/inner var/lib/sample/1.2.0-001_y; do
                cmp "$ROOT/$file" "$WORK/copy/$file"
        done
}

test_an_earlier_migration_satisfies_a_later_one() {
        migration sample 1.1.0/001_x
        migration sample 1.2.0/001_y 'test -e "$DPKG_ROOT/var/lib/sample/1.1.0-001_x"'
        prepare sample 1.0 1.2
        expect 0 preview --json sample
        assert_json '.packages[0].migrations | map(.state) | join(" ")' 'pending satisfied'
        assert_json '.packages[0].migrations[1].files' '[]'
}

# More than the kernel takes as layers by their paths before Linux 6.8.
test_many_migrations() {
        for number in $(seq 11 35); do
                migration sample "1.1.0/0${number}_x" '' 'cat "$DPKG_ROOT/etc/sample/all" >"$marker"; echo more >>"$DPKG_ROOT/etc/sample/all"'
        done
        prepare sample 1.0 1.1
        write /etc/sample/all begin
        preview_unchanged expect 0 preview --json sample
        assert_json '.packages[0].migrations | map(.state) | unique + [length] | map(tostring) | join(" ")' 'pending 25'
        assert_json "$(file 24 /var/lib/sample/1.1.0-035_x) | .size_after" 126
}

# chain_of_links FIRST SECOND: FIRST moves the data and leaves a link, SECOND declares the path of the link and writes through it.
chain_of_links() {
        write /var/lib/sample/data old
        migration sample 1.1.0/001_move '[ -L "$DPKG_ROOT/var/lib/sample" ]' "cd \"\$DPKG_ROOT\"; $1"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_move.json '{"writes": ["/var/lib/sample", "/srv/sample"]}'
        migration sample 1.2.0/001_write '[ -e "$DPKG_ROOT/var/lib/sample/new" ]' "cd \"\$DPKG_ROOT/var/lib/sample\"; $2"
        write /usr/lib/deploy-migrate/sample/v1.2.0/001_write.json '{"writes": ["/var/lib/sample"]}'
        upgraded sample 1.0 1.2
}

test_a_path_that_an_earlier_migration_made_a_link() {
        chain_of_links 'mkdir -p srv; mv var/lib/sample srv/; ln -s ../../srv/sample var/lib/sample' 'echo 2 >new; rm data'
        expect 0 preview --json sample
        assert_json '[.packages[0].migrations[1].files[] | .kind + " " + .path] | sort | join(" ")' \
                'create /srv/sample/new remove /srv/sample/data'
        expect 0 run sample
        assert_content /srv/sample/new 2
        assert_missing /srv/sample/data
}

test_beside_what_an_earlier_link_leads_to() {
        chain_of_links 'mkdir -p srv; mv var/lib/sample srv/; ln -s ../../srv/sample var/lib/sample' 'echo 2 >new; echo 2 >../beside'
        expect 1 preview sample
        assert_out 'declare: ["/srv/beside"]'
}

test_the_first_failure_ends_it() {
        migration sample 1.1.0/001_x
        migration sample 1.1.0/002_y 'exit 1' 'echo broken; exit 1'
        migration sample 1.2.0/001_z
        prepare sample 1.0 1.2
        preview_unchanged expect 1 preview --json sample
        assert_json '.packages[0] | .result + " " + (.migrations | map(.state) | join(" "))' 'failed pending failed pending'
        assert_json '.packages[0].migrations[1] | (.error | contains("broken")) and (has("files") | not)' true
        calls >/dev/null
        expect 1 preview sample
        assert_out 'this was a preview, so nothing was changed'
        assert_out 'migrate exited with status 1: broken'
        assert_calls 1.1.0/001_x:check 1.1.0/001_x:migrate 1.1.0/001_x:check 1.1.0/002_y:check 1.1.0/002_y:migrate
}

test_a_change_that_is_not_declared_is_a_failure() {
        migration sample 1.1.0/001_x '' 'touch "$DPKG_ROOT/etc/other" "$marker"'
        prepare sample 1.0 1.1
        preview_unchanged expect 1 preview --json sample
        assert_json '.packages[0].migrations[0] | .state + " " + (.error | contains("/etc/other") | tostring)' 'failed true'
}

test_a_postponement() {
        migration sample 1.1.0/001_x '' 'exit 75'
        prepare sample 1.0 1.1
        preview_unchanged expect 1 preview --json sample
        assert_json '.packages[0] | .result + " " + .migrations[0].state' 'postponed postponed'
}

test_a_given_up_migration_is_tried() {
        migration sample 1.1.0/001_x '' 'exit 1'
        prepare sample 1.0 1.1
        for _ in 1 2 3; do
                expect 1 run sample
        done
        migration sample 1.1.0/001_x '' 'cat "$DPKG_ROOT/etc/cure" >"$marker"'
        for _ in 1 2 3; do
                expect 1 run sample
        done
        expect 0 status --json sample
        assert_json '.packages[0].migrations[0].state' gave-up
        write /etc/cure text
        expect 0 preview --json sample
        assert_json '.packages[0] | [.result, .error, .migrations[0].state, .migrations[0].error] | map(tostring) | join(" ")' \
                'pending null pending null'
}

test_a_package_without_a_history_leaves_no_trace() {
        migration sample 1.1.0/001_x
        mkdir -p "$ROOT/etc" "$ROOT/var/lib/sample"
        expect 0 preview --json sample --from 1.0 --to 1.1
        assert_json '.packages[0].migrations | length' 1
        assert_missing /var/lib/deploy-migrate
        mkdir "$ROOT/var/lib/deploy-migrate"
        expect 0 preview sample --from 1.0 --to 1.1
        assert_exists /var/lib/deploy-migrate
        assert_missing /var/lib/deploy-migrate/sample
}

test_a_signal_ends_it_and_nothing_stays() {
        migration sample 1.1.0/001_x '' 'touch "$marker"; gate'
        prepare sample 1.0 1.1
        cp "$(history_of sample)" "$WORK/history"
        start preview sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        kill -TERM "$PID"
        finish 5
        cmp "$WORK/history" "$(history_of sample)"
        [ "$(ls "$ROOT/var/lib/deploy-migrate/sample")" = history.jsonl ] || fail 'something was left behind'
        assert_missing /var/lib/sample/1.1.0-001_x
}

test_remains_of_a_killed_preview_are_removed() {
        migration sample 1.1.0/001_x '' 'touch "$marker"; gate'
        prepare sample 1.0 1.1
        start preview sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        kill -KILL "$PID"
        finish 137
        await_silence
        assert_exists /var/lib/deploy-migrate/sample/preview
        migration sample 1.1.0/001_x
        preview_unchanged expect 0 preview sample
}

test_it_does_not_wait_for_a_lock() {
        migration sample 1.1.0/001_x '' 'touch "$marker"; gate'
        prepare sample 1.0 1.1
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        expect_other 4 preview --lock-timeout 0 sample
        open_gate
        finish 0
}

# With output files of its own: the program in the background uses $OUT and $ERR.
expect_other() {
        wanted=$1 status=0
        shift
        "$DEPLOY_MIGRATE" --root "$ROOT" "$@" >"$WORK/out2" 2>&1 || status=$?
        [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: $*"
}

test_a_half_committed_package_is_refused() {
        migration sample 1.1.0/001_x
        prepare sample 1.0 1.1
        expect 0 run sample
        calls >/dev/null
        sed -i '/"applied"/,$d' "$(history_of sample)"
        assert_history sample '.[-1].event' committing
        expect 3 preview sample
        assert_err 'the commit of 1.1.0/001_x is in progress or was interrupted'
        assert_calls
}

test_one_that_runs_directly_on_the_system() {
        migration sample 1.1.0/001_x
        migration sample 1.2.0/001_y
        migration sample 1.3.0/001_z
        write /usr/lib/deploy-migrate/sample/v1.2.0/001_y.json '{"writes": "*"}'
        prepare sample 1.0 1.3
        preview_unchanged expect 0 preview --json sample
        assert_json '.packages[0] | .result + " " + (.error | contains("1.2.0/001_y") | tostring)' 'pending true'
        assert_json '.packages[0].migrations | map(has("files")) | map(tostring) | join(" ")' 'true false false'
        assert_calls 1.1.0/001_x:check 1.1.0/001_x:migrate 1.1.0/001_x:check 1.2.0/001_y:check
        touch "$ROOT/var/lib/sample/1.2.0-001_y"
        expect 0 preview --json sample
        assert_json '.packages[0].migrations | map(.state) | join(" ")' 'pending satisfied pending'
}

test_it_needs_the_sandbox() {
        ship
        preview_unchanged expect 2 preview --sandbox=off sample
        assert_calls
        expect 0 preview --sandbox=on sample
}

# ---- File contents ----

test_only_text_is_compared() {
        migration sample 1.1.0/001_x '' '
                cd "$DPKG_ROOT/var/lib/sample"
                head -c 1048576 /dev/zero | tr "\0" "a" >full
                head -c 1048577 /dev/zero | tr "\0" "a" >large
                { head -c 10000 /dev/zero | tr "\0" "a"; printf "\0"; } >nul
                printf "caf\351\n" >latin
                : >empty
                mkfifo fifo
                touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview --json sample
        assert_json '.packages[0].migrations[0].files | map(select(.diff and .size_after > 0).path) | join(" ")' \
                '/var/lib/sample/full /var/lib/sample/latin'
        assert_json "$(file 0 /var/lib/sample/empty) | .diff" ''
        expect 0 preview sample
        assert_out '+caf\xe9'
        grep -q 'large *| 1.0 MiB$' "$OUT" || fail 'it has no size'
        grep -q 'fifo *| fifo$' "$OUT" || fail 'it has no type'
}

test_nothing_in_files_or_names_reaches_the_terminal() {
        migration sample 1.1.0/001_x '' '
                cd "$DPKG_ROOT/var/lib/sample"
                printf "\033[2J\033]0;title\007 \302\233 5m\r\n" >evil
                echo x >"$(printf "a\033[31m\nb\377")"
                touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview sample
        ! grep -q "$(printf '[\033\007\r\302]')" "$OUT" || fail 'there is a control character'
        assert_out '+\x1b[2J\x1b]0;title\x07 \x9b 5m\x0d'
        assert_out 'a\x1b[31m\nb\xff'
        assert_out '+++ b/var/lib/sample/a\x1b[31m\x0ab\xff'
        expect 0 preview --json sample
        [ "$(jq -rs length "$OUT")" = 1 ] || fail 'it is not JSON'
        ! grep -q "$(printf '\033')" "$OUT" || fail 'there is an escape sequence'
}

test_a_file_that_becomes_a_link() {
        write /etc/sample/x text
        migration sample 1.1.0/001_x '' 'ln -sf y "$DPKG_ROOT/etc/sample/x"; touch "$marker"'
        prepare sample 1.0 1.1
        expect 0 preview sample
        assert_out 'file -> symbolic link'
}

# ---- Several packages ----

test_all_packages_with_something_pending() {
        migration one 1.1.0/001_x
        migration two 1.1.0/001_x
        migration idle 1.1.0/001_x
        prepare one 1.0 1.1
        prepare two 1.0 1.1
        prepare idle 1.1 1.1
        expect 0 preview
        assert_out 'one: 1.0 -> 1.1'
        assert_out 'two: 1.0 -> 1.1'
        assert_out '1 package, nothing to do'
        expect 0 preview --json
        assert_json '.packages | map(.package + " " + .result) | join(", ")' \
                'idle nothing-to-do, one pending, two pending'
}

test_nothing_to_do() {
        migration sample 1.1.0/001_x
        prepare sample 1.1 1.1
        preview_unchanged expect 0 preview sample
        assert_out 'nothing to do'
        assert_calls
}

# ---- On a terminal ----

ESCAPE=$(printf '\033')

# on_terminal [NAME=VALUE...] VERB...: runs it on a terminal, with the output in $OUT. PAGER is unset by default.
on_terminal() {
        command -v script >/dev/null || skip 'script(1) is missing'
        cat >"$WORK/command" <<END
unset PAGER LESS
export TERM=xterm $(for word; do case $word in *=*) printf "'%s' " "$word" ;; esac; done)
exec "$DEPLOY_MIGRATE" --root "$ROOT" $(for word; do case $word in *=*) ;; *) printf "'%s' " "$word" ;; esac; done)
END
        execute 0 script -qec "sh $WORK/command" /dev/null
}

test_colours() {
        ship
        on_terminal PAGER= preview sample
        for line in "$ESCAPE\[1m--- a/etc/sample/sample.conf" "$ESCAPE\[36m@@ " "$ESCAPE\[31m-old name=2" \
                "$ESCAPE\[32m+new name=2" "$ESCAPE\[32m++*$ESCAPE\[0m$ESCAPE\[31m-"; do
                grep -q "$line" "$OUT" || fail "there is no line $line"
        done
        expect 0 preview sample
        ! grep -q "$ESCAPE" "$OUT" || fail 'other output has colours'
}

test_a_pager() {
        ship
        on_terminal "PAGER=cat >$WORK/paged" preview sample
        grep -q '+newest name=2' "$WORK/paged" || fail 'the pager got nothing'
        ! grep -q 'newest name' "$OUT" || fail 'it was also written to the terminal'
        rm "$WORK/paged"
        on_terminal "PAGER=cat >$WORK/paged" preview --json sample
        PAGER="cat >$WORK/paged" expect 0 preview sample
        [ ! -e "$WORK/paged" ] || fail 'a pager was started without need'
}

test_a_pager_that_has_seen_enough() {
        write /etc/sample/long
        seq 100000 >"$ROOT/etc/sample/long"
        migration sample 1.1.0/001_x '' 'seq 2 100001 | tac >"$DPKG_ROOT/etc/sample/long"; touch "$marker"'
        prepare sample 1.0 1.1
        on_terminal 'PAGER=head -n 2' preview sample
        assert_out sample
        [ "$(wc -l <"$OUT")" -le 3 ] || fail 'it got more output'
}

test_the_default_pager_on_one_screen() {
        command -v less >/dev/null || skip 'less(1) is missing'
        migration sample 1.1.0/001_x
        prepare sample 1.0 1.1
        on_terminal preview sample
        assert_out '1 file changed, 1 line added, 0 removed'
}

test_its_environment() {
        migration sample 1.1.0/001_x
        prepare sample 1.0 1.1
        on_terminal 'PAGER=cat >/dev/null; env' preview sample
        assert_out LESS=FRSXMK
        assert_out LESSSECURE=1
        on_terminal LESS=R 'PAGER=cat >/dev/null; env' preview sample
        assert_out LESS=R
}

run_tests
