#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# new: the files of a migration.

. "${0%/*}/lib.sh"

test_what_lint_accepts() {
        set_up_source
        for language in sh python; do
                in_source 0 new "rename_$language" --lang "$language"
        done
        in_source 0 new later --version v1.3 --dir migrations
        [ -x "$migrations"/v1.2.0/001_rename_sh.sh ] && [ -x "$migrations"/v1.2.0/002_rename_python.py ] &&
                [ -x "$migrations"/v1.3.0/001_later.sh ] || fail "a program isn't there or isn't executable"
        assert_out migrations/v1.3.0/001_later.sh
        assert_out 'deploy-migrate test migrations'
        in_source 0 lint migrations
        [ ! -s "$OUT" ] || fail "lint has found something"
}

test_in_c() {
        set_up_source
        in_source 0 new first --lang=c
        make -s -C "$migrations" >/dev/null || fail "it doesn't compile"
        [ -x "$migrations"/v1.2.0/001_first ] || fail "there is no program"
        in_source 0 lint migrations
        in_source 0 new second --lang c
        [ -f "$migrations"/src/v1.2.0/002_second.c ] || fail "it has no number of its own"
}

test_what_is_refused() {
        set_up_source
        in_source 2 new
        in_source 2 new rename-key
        assert_err "it may have letters, digits and '_'"
        in_source 2 new x --lang perl
        in_source 2 new x --version 1.2.x
        in_source 0 new x
        touch "$migrations"/v1.2.0/002_y.json
        rm "$source/debian/changelog"
        in_source 2 new x
        assert_err "give the version that the new format comes with: --version"
        mkdir -p "$migrations"/v9.9.9
        touch "$migrations"/v9.9.9/999_last.sh
        in_source 2 new x --version 9.9.9
        assert_err "has no number left"
        [ ! -e "$migrations"/v9.9.9/1000_x.sh ] || fail "a number of four digits"
}

test_the_version_of_the_changelog() {
        for pair in 2:1.2.3-4=1.2.3 1.2=1.2.0 7=7.0.0 1.2~rc1-1=1.2.0-rc1 1.2.3+dfsg-1=1.2.3 2024.01.05=2024.1.5; do
                rm -rf "$ROOT/source"
                set_up_source "${pair%=*}"
                in_source 0 new x
                [ -d "$migrations/v${pair#*=}" ] || fail "${pair%=*} isn't ${pair#*=}"
        done
        set_up_source 1.2.3.4-1
        in_source 2 new y
        assert_err "can't tell which semantic version 1.2.3.4-1 is"
}

run_tests
