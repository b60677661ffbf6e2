#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --json always prints one object, with the same keys.

. "${0%/*}/lib.sh"
need_root

# Ships one package that works, one that fails, and one whose directory is broken.
ship() {
        migration good 1.1.0/001_x
        migration good 1.1.0/002_y 'exit 0'
        migration bad 1.1.0/001_x 'exit 1' 'printf "\"quoted\" \\\\ \033 \303\244 \377\n"; exit 1'
        migration odd 1.1.0/001_x
        touch "$ROOT/usr/lib/deploy-migrate/odd/v1.1.0/nonsense"
        for package in good bad odd; do
                upgraded $package 1.0-1 1.1-1
        done
}

# assert_object STATUS ARGUMENT...: it prints one object on one line, and nothing else.
assert_object() {
        expect "$@" --json
        [ "$(jq -rs 'length' "$OUT")" = 1 ] || fail "not one object: $*"
        [ "$(wc -l <"$OUT")" -eq 1 ] || fail "not one line: $*"
}

assert_keys() {
        assert_json '[.packages[] | del(.undo) | keys_unsorted | join(",")] | unique | join(" ")' \
                package,from,to,from_source,result,error,migrations
        assert_json '[.packages[].migrations[] | keys_unsorted - ["files"] | join(",")] | unique | join(" ")' \
                id,state,duration_ms,changes,error
}

test_the_keys_are_always_the_same() {
        ship
        for command in plan status run status plan run; do
                case $command in
                plan | run) assert_object 3 $command ;;
                status) assert_object 3 $command ;;
                esac
                assert_keys
        done
}

test_a_run() {
        ship
        assert_object 3 run
        assert_json '[.packages[] | .package + " " + .result] | join(", ")' 'bad failed, good completed, odd error'
        assert_json '.packages[1] | [.from, .to, .from_source, .error] | map(tostring) | join(" ")' '1.0-1 1.1-1 history null'
        assert_json '.packages[1].migrations[0] | [.id, .state, (.duration_ms | type), .changes, .error] | map(tostring) | join(" ")' \
                '1.1.0/001_x applied number 2 null'
        assert_json '.packages[1].migrations[1] | [.id, .state, .duration_ms, .error] | map(tostring) | join(" ")' \
                '1.1.0/002_y satisfied null null'
        assert_json '.packages[0] | (.error | contains("1.1.0/001_x")) and (.migrations[0].error | contains("\"quoted\""))' true
        assert_json '.packages[0].migrations[0].state' failed
        assert_json '.packages[2] | (.error | contains("nonsense")) and (.migrations == [])' true
        assert_object 0 run good
        assert_json '.packages | map([.package, .result, (.migrations | length)] | map(tostring) | join(" ")) | join(", ")' \
                'good nothing-to-do 0'
}

test_a_plan() {
        ship
        assert_object 0 plan good
        assert_json '.packages[0] | .result + " " + ([.migrations[] | .id + " " + .state] | join(", "))' \
                'pending 1.1.0/001_x pending, 1.1.0/002_y pending'
        assert_object 0 run --dry-run good bad
        assert_json '[.packages[].result] | join(" ")' 'pending pending'
}

test_a_status() {
        ship
        expect 1 run good bad
        assert_object 0 status good bad
        assert_json '.packages[0] | .result + " " + ([.migrations[] | .id + " " + .state] | join(", "))' \
                'nothing-to-do 1.1.0/001_x applied, 1.1.0/002_y satisfied'
        assert_json '.packages[1] | .result + " " + .migrations[0].state' 'failed failed'
}

test_it_is_valid_whatever_goes_wrong() {
        ship
        assert_object 2 frobnicate
        assert_object 2 run 'No Name'
        assert_object 2 run --from 1.0
        assert_object 2 run --from nonsense good
        assert_object 3 run --root "$ROOT/none"
        assert_object 3 retry nobody
        assert_object 3 forget nobody
        assert_object 2 undo 'No Name'
        assert_object 2 preview --sandbox=off good
        assert_object 2 mark good 1.9.0/001_x applied --reason why
        assert_json 'has("packages") and (.packages | length <= 1)' true
        rm -r "$ROOT/var/lib/dpkg"
        assert_object 3 run good
        assert_json '.packages[0].result' error
        write /var/lib/dpkg/status 'nonsense'
        assert_object 3 run
        assert_json '[.packages[].result] | unique | join(" ")' error
}

test_the_other_verbs() {
        ship
        assert_object 0 mark good 1.1.0/001_x applied --reason why
        assert_object 0 baseline good 1.0
        assert_object 0 history
        assert_object 0 history good nobody
        assert_object 0 undo good
        assert_object 0 forget good
        assert_object 1 preview good bad
        assert_object 0 history --files good
        assert_object 0 history good nobody
        assert_json '[.packages[] | .package + ": " + ([.events[].event] | join(" "))] | join(", ")' \
                'good: baseline marked baseline, nobody: '
        assert_object 1 retry bad
        assert_json '.packages[0].result' failed
}

test_results_without_a_run() {
        ship
        package good 1.0-1 'deinstall ok config-files'
        assert_object 0 run good
        assert_json '.packages[0].result' not-installed
        package good 0.9-1
        assert_object 0 run good
        assert_json '.packages[0] | .result + " " + .from + " " + .to' 'downgrade 1.0-1 0.9-1'
}

test_no_colours_in_it() {
        ship
        assert_object 3 run --color=always
        ! grep -q "$(printf '\033')" "$OUT" || fail 'there is an escape sequence'
}

run_tests
