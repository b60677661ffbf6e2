#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Keeps src/ to its architecture, src/layers: what a file may include and call. Runs in the build directory, as make check does. The
# rules are tried on small trees with one fault each first, since a check that can't fail proves nothing.
#
# Environment: CC, the compiler of these trees. DEPLOY_MIGRATE_ARCHIVES, what was built from src/.

. "${0%/*}/tap.sh"

SOURCE=${0%/*}/../src
: "${CC:=cc}"
: "${DEPLOY_MIGRATE_ARCHIVES:=src/.libs/libdmig.a src/cli/.libs/libcli.a}"
export LC_ALL=C

# ---- The rules: each prints what breaks it in the tree $tree, of which the archives $archives were made ----

# Prints "folder used-folder" for each pair that src/layers allows.
list_allowed() {
        sed 's/#.*//' "$tree/layers" | awk -F: 'NF { print $1, $1; n = split($2, used, " "); for (i = 1; i <= n; i++) print $1, used[i] }'
}

list_sources() {
        (cd "$tree" && find . -name '*.[ch]' | sed 's|^\./||')
}

find_unknown_folders() {
        list_sources | sed -n 's|/.*||p' | sort -u | while read -r folder; do
                grep -q "^$folder:" "$tree/layers" || echo "$folder has no line in src/layers"
        done
        list_sources | grep -v / | grep -vx deploy-migrate.h | sed 's/$/ lies in no folder/'
}

find_shared_names() {
        list_sources | sed 's|.*/||' | sort | uniq -d | sed 's/$/ is the name of more than one file/'
}

# Prints "including-file included-file" for each include of a file of ours.
list_includes() {
        (cd "$tree" && list_sources | xargs grep -HoE '^#include "[^"]*"') | sed -E 's|:#include "(.*)"$| \1|'
}

find_bare_includes() {
        list_includes | awk '$2 !~ /\// && $2 != "deploy-migrate.h" { print $1 " includes " $2 " without its folder" }'
}

find_upward_includes() {
        list_includes | awk '
                NR == FNR { allowed[$1, $2] = 1; next }
                $2 !~ /\// { next }
                { split($1, user, "/"); split($2, used, "/") }
                !((user[1], used[1]) in allowed) { print $1 " includes " $2 }' "$WORK/allowed" -
}

# Prints "caller callee symbol" for each symbol that one source file of ours uses and another defines. An object has the name of its source.
list_calls() {
        list_sources | sed -n 's|\.c$||p' >"$WORK/sources"
        # shellcheck disable=SC2086 # a list of words
        nm -A $archives | sed -nE 's|^[^:]*:([^:]*)\.o: *[0-9a-f]* ([A-Za-z]) (.*)|\1 \2 \3|p' | awk '
                NR == FNR { name = $1; sub(".*/", "", name); source[name] = $1; next }
                !($1 in source) { next }
                $2 ~ /[TDBRV]/ { home[$3] = source[$1] }
                $2 == "U" { user[++n] = source[$1]; used[n] = $3 }
                END { for (i = 1; i <= n; i++)
                              if (used[i] in home && home[used[i]] != user[i])
                                      print user[i], home[used[i]], used[i] }' "$WORK/sources" - | sort -u
}

find_upward_calls() {
        list_calls | awk '
                NR == FNR { allowed[$1, $2] = 1; next }
                # The functions of deploy-migrate.h may be called by the command line: it knows nothing else of the library.
                { split($1, user, "/"); split($2, used, "/") }
                user[1] == "cli" && $3 ~ /^dmig_/ { next }
                !((user[1], used[1]) in allowed) { print $1 ".c calls " $3 "() of " $2 ".c" }' "$WORK/allowed" -
}

find_circles() {
        list_calls | cut -d ' ' -f 1,2 | sort -u | tsort 2>&1 >/dev/null | sed -E 's/^tsort: (-: )?//'
}

# ---- In a test ----

# assert_kept RULE: in src/.
assert_kept() {
        tree=$SOURCE archives=$DEPLOY_MIGRATE_ARCHIVES
        list_allowed >"$WORK/allowed"
        "$1" >"$WORK/complaints"
        [ ! -s "$WORK/complaints" ] || fail "$(cat "$WORK/complaints")"
}

# ---- Trees with a fault ----

# Makes a tree that keeps to all rules: api may use fs, fs may use basic.
make_tree() {
        tree=$WORK/tree archives=$WORK/tree.a
        rm -rf "$tree" && mkdir -p "$tree/basic" "$tree/fs" "$tree/api"
        printf 'basic:\nfs: basic\napi: fs basic\n' >"$tree/layers"
        add basic/low.h 'int low(void);'
        add basic/low.c '#include "basic/low.h"' 'int low(void) { return 1; }'
        add fs/middle.h 'int middle(void);'
        add fs/middle.c '#include "basic/low.h"' '#include "fs/middle.h"' 'int middle(void) { return low(); }'
        add api/high.h 'int high(void);'
        add api/high.c '#include "api/high.h"' '#include "fs/middle.h"' 'int high(void) { return middle(); }'
        list_allowed >"$WORK/allowed"
}

# add FILE LINE...: appends to a file of the tree.
add() {
        file=$tree/$1
        shift
        mkdir -p "${file%/*}"
        printf '%s\n' "$@" >>"$file"
}

build_tree() {
        rm -f "$archives"
        (cd "$tree" && $CC -I. -c ./*/*.c && ar -rc "$archives" ./*.o) || fail "the tree can't be compiled"
}

# assert_broken RULE TEXT: the rule, and it alone of these, complains with that text.
assert_broken() {
        build_tree
        for rule in find_unknown_folders find_shared_names find_bare_includes find_upward_includes find_upward_calls find_circles; do
                $rule >"$WORK/complaints"
                if [ $rule = "$1" ]; then
                        grep -qF -e "$2" "$WORK/complaints" || fail "$rule doesn't say '$2', but: $(cat "$WORK/complaints")"
                elif [ -s "$WORK/complaints" ]; then
                        fail "$rule complains, too: $(cat "$WORK/complaints")"
                fi
        done
}

# ---- Tests ----

test_a_tree_without_a_fault_is_let_pass() {
        make_tree
        assert_broken none none
}

test_an_upward_include_is_found() {
        make_tree
        add basic/low.c '#include "api/high.h"'
        assert_broken find_upward_includes 'basic/low.c includes api/high.h'
}

test_an_include_without_a_folder_is_found() {
        make_tree
        add fs/own.h 'int own(void);'
        add fs/own.c '#include "own.h"' 'int own(void) { return 2; }'
        assert_broken find_bare_includes 'fs/own.c includes own.h without its folder'
}

test_an_upward_call_is_found() {
        make_tree
        add basic/upward.c 'int middle(void);' 'int upward(void);' 'int upward(void) { return middle(); }'
        assert_broken find_upward_calls 'basic/upward.c calls middle() of fs/middle.c'
}

test_a_circle_between_two_files_is_found() {
        make_tree
        add fs/circle.h 'int circle(void);'
        add fs/circle.c '#include "fs/circle.h"' '#include "fs/middle.h"' 'int circle(void) { return middle(); }'
        add fs/middle.c '#include "fs/circle.h"' 'int round(void);' 'int round(void) { return circle(); }'
        assert_broken find_circles 'fs/middle'
}

test_a_folder_without_a_line_is_found() {
        make_tree
        add new/file.h 'int file(void);'
        assert_broken find_unknown_folders 'new has no line in src/layers'
}

test_a_name_of_two_files_is_found() {
        make_tree
        add api/low.h 'int other(void);'
        assert_broken find_shared_names 'low.h is the name of more than one file'
}

test_each_folder_has_a_line_in_layers() {
        assert_kept find_unknown_folders
}

test_each_file_has_a_name_of_its_own() {
        assert_kept find_shared_names
}

test_includes_name_their_folder() {
        assert_kept find_bare_includes
}

test_includes_go_down() {
        assert_kept find_upward_includes
}

test_calls_go_down() {
        assert_kept find_upward_calls
        [ "$(list_calls | wc -l)" -gt 500 ] || fail "hardly a call is seen in $archives"
}

test_no_files_call_each_other_in_a_circle() {
        assert_kept find_circles
}

run_tests
