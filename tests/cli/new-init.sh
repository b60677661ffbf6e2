#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# new --init: what it adds to a Debian source tree, and what it leaves to its author.

. "${0%/*}/lib.sh"

set_up_rules() {
        set_up_source
        printf '#!/usr/bin/make -f\n%%:\n\tdh $@\n' >"$source/debian/rules"
        chmod 755 "$source/debian/rules"
}

# control BUILD-DEPENDS [PACKAGE...]: the field, with its name, and the binary packages.
control() {
        {
                printf '# comment\nSource: sample\n%s\nStandards-Version: 4.6.2\n' "$1"
                shift
                for name in "${@:-sample}"; do
                        printf '\nPackage: %s\nArchitecture: all\n' "$name"
                done
        } >"$source/debian/control"
}

# init STATUS [ARGUMENT...]: in the source tree.
init() (
        cd "$source" || return
        wanted=$1
        shift
        execute "$wanted" "$DEPLOY_MIGRATE" new --init "$@"
)

# refuses TEXT: with this text, and without a change.
refuses() {
        fingerprint "$source" >"$WORK/before"
        init 2
        assert_err "$1"
        fingerprint "$source" >"$WORK/after"
        cmp -s "$WORK/before" "$WORK/after" || fail "something was changed"
        assert_err "$1"
}

test_all_that_is_needed() {
        set_up_rules
        control 'Build-Depends: debhelper-compat (= 13)'
        chmod 600 "$source/debian/control"
        init 0
        for line in '+Build-Depends: debhelper-compat (= 13), dh-sequence-deploy-migrate' '+++ debian/migrations' '+migrations' \
                '+++ debian/tests/control' '+Test-Command: deploy-migrate test migrations'; do
                grep -qxF -e "$line" "$OUT" || fail "not in the diff: $line"
        done
        grep -qxF 'Build-Depends: debhelper-compat (= 13), dh-sequence-deploy-migrate' "$source/debian/control" ||
                fail "it isn't in the file"
        [ "$(stat -c %a "$source/debian/control")" = 600 ] || fail "the mode is another one"
        fingerprint "$source" >"$WORK/before"
        init 0
        assert_out 'nothing to add'
        fingerprint "$source" >"$WORK/after"
        cmp "$WORK/before" "$WORK/after" || fail "the second time it changes something"
        init 0 rename_key
        [ -x "$source/migrations/v1.2.0/001_rename_key.sh" ] || fail "there is no migration"
        (cd "$source" && execute 0 "$DEPLOY_MIGRATE" lint migrations)
        [ ! -s "$OUT" ] || fail "lint has found something"
}

# depends FIELD EXPECTED: what becomes of Build-Depends.
depends() {
        control "$(printf %b "$1")"
        init 0
        printf %b "# comment\nSource: sample\n$2\nStandards-Version: 4.6.2\n" >"$WORK/expected"
        head -n "$(wc -l <"$WORK/expected")" "$source/debian/control" | diff "$WORK/expected" - || fail "another field: $1"
}

test_styles_of_build_depends() {
        set_up_rules
        D=dh-sequence-deploy-migrate
        depends 'build-depends:a,b , ' "build-depends:a,b , $D,"
        depends 'Build-Depends:\n a,\n b (>= 1) [linux-any],' "Build-Depends:\n a,\n b (>= 1) [linux-any],\n $D,"
        depends 'Build-Depends: a,\n               b\n# c' "Build-Depends: a,\n               b,\n               $D\n# c"
        depends 'Build-Depends: a\n\t, b' "Build-Depends: a\n\t, b\n\t, $D"
        depends 'Build-Depends: a\n# comment\n , b # c\nX-Y: z' "Build-Depends: a\n# comment\n , b # c\n , $D\nX-Y: z"
        for there in "Build-Depends: a, $D" "Build-Depends: a\nBuild-Depends-Indep: $D (>= 0.1),"; do
                depends "$there" "$there"
        done
        depends "Build-Depends: ${D}x" "Build-Depends: ${D}x, $D"
}

test_json() {
        set_up_rules
        control 'Build-Depends: a'
        init 0 --json x
        assert_json '[.files[] | select(.diff).path] | join(" ")' 'debian/control debian/migrations debian/tests/control'
        assert_json '.files[3].path' migrations/v1.2.0/001_x.sh
}

test_what_is_there_is_kept() {
        set_up_rules
        control 'Build-Depends: a' libsample sample
        mkdir "$source/debian/tests"
        printf 'Tests: x\nDepends: @' >"$source/debian/tests/control"
        echo other >"$source/debian/sample.migrations"
        init 0 --dir data/migrations/
        [ "$(cat "$source/debian/sample.migrations")" = "other
data/migrations" ] || fail "another list of directories"
        [ "$(head -n 5 "$source/debian/tests/control")" = "Tests: x
Depends: @

# The migrations, with the programs of the installed packages.
Test-Command: deploy-migrate test data/migrations" ] || fail "another file of tests"
}

test_what_can_not_be_edited_safely() {
        set_up_rules
        rm "$source/debian/changelog"
        refuses 'there is no debian/changelog here'
        set_up_source
        refuses "debian/control: isn't there"
        control 'X: y'
        refuses 'debian/control:1: has no Build-Depends'
        control 'Build-Depends:'
        refuses 'debian/control:3: Build-Depends is empty; add debhelper-compat'
        control 'Build-Depends: a' b c
        refuses 'debian/control:1: has 2 binary packages, and none is named like the source'
        control 'Build-Depends: a'
        touch "$source/debian/control.in"
        refuses 'debian/control:1: is made of debian/control.in'
        rm "$source/debian/control.in" "$source/debian/rules"
        refuses "debian/rules: isn't there"
        printf '#!/usr/bin/make -f\ninclude /usr/share/cdbs/1/rules/debhelper.mk\n' >"$source/debian/rules"
        refuses "debian/rules:2: doesn't call dh"
        printf 'dh_deploymigrate\n' >>"$source/debian/rules"
        printf 'a\r\n' >"$source/debian/migrations"
        refuses "debian/migrations: isn't text with Unix line ends"
        rm "$source/debian/migrations"
        init 2 --dir /elsewhere
        init 0
        ! grep -q dh-sequence "$source/debian/control" || fail "debian/rules calls the addon itself"
}

run_tests
