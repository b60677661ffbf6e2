#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An error in a package's migrations stops that package. The message has the path and the reason.

. "${0%/*}/lib.sh"
need_root

PACKAGE=/usr/lib/deploy-migrate/sample
VERSION=$PACKAGE/v1.1.0

ship() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
}

# assert_refused PATH [TEXT...]: while the path exists the package is refused, with these texts in the message.
assert_refused() {
        expect 3 run sample
        [ "$(wc -l <"$ERR")" -eq 1 ] || fail 'not one line'
        rm -r "$ROOT$1"
        assert_err "${1##*/}"
        shift
        for text in "$ROOT$PACKAGE" "$@"; do
                assert_err "$text"
        done
        assert_calls
}

test_invalid_names() {
        ship
        for name in 1_x 0001_x 002-x 002_x-y 002_ 002 x 002_x.tar.gz 002_x~ '002_x y' 002_ä; do
                write "$VERSION/$name" '#!/bin/sh'
                chmod 755 "$ROOT$VERSION/$name"
                assert_refused "$VERSION/$name"
        done
        expect 0 run sample
}

test_invalid_versions() {
        ship
        for name in v1 v1.2 v1.2.3.4 v01.2.3 v1.2.3- va.b.c v 'v1.2.0 '; do
                mkdir "$ROOT$PACKAGE/$name"
                assert_refused "$PACKAGE/$name" semantic
        done
        expect 0 run sample
}

test_two_of_the_same_number() {
        ship
        write $VERSION/001_y '#!/bin/sh'
        chmod 755 "$ROOT$VERSION/001_y"
        assert_refused $VERSION/001_y 001_x number
}

test_two_of_the_same_version() {
        ship
        mkdir "$ROOT$VERSION+build"
        assert_refused $VERSION+build same
}

test_a_file_that_can_not_be_executed() {
        ship
        write $VERSION/002_y '#!/bin/sh'
        assert_refused $VERSION/002_y 'chmod 755'
        mkdir "$ROOT$VERSION/002_y"
        assert_refused $VERSION/002_y
        mkfifo "$ROOT$VERSION/002_y"
        assert_refused $VERSION/002_y
}

test_invalid_manifests() {
        ship
        for text in '' '[]' '{' '{"descripton": "x"}' '{"writes": "/etc"}' '{"writes": ["etc"]}' '{"writes": ["/etc/../srv"]}' \
                '{"writes": ["/var/lib/deploy-migrate/x"]}' '{"writes": ["/var"]}' '{"network": 1}' '{"timeout_sec": -1}' \
                '{"timeout_sec": "9"}' '{"timeout_sec": 1.5}' '{"since": "a b"}' '{"description": null}' '{} {}'; do
                write $VERSION/001_x.json "$text"
                assert_refused $VERSION/001_x.json
                write $PACKAGE/package.json "$text"
                assert_refused $PACKAGE/package.json
        done
        write $VERSION/002_y.json '{}'
        assert_refused $VERSION/002_y.json
        write $PACKAGE/package.json '{"since": "1.0"}'
        assert_refused $PACKAGE/package.json since
        expect 0 run sample
}

test_an_invalid_manifest_is_reported_with_its_line() {
        ship
        printf '{\n"network": true,\n"netwrok": true\n}\n' | write $VERSION/001_x.json
        assert_refused $VERSION/001_x.json netwrok
        printf '{\n"network": true,,\n}\n' | write $VERSION/001_x.json
        assert_refused $VERSION/001_x.json '001_x.json:2'
}

test_files_that_are_allowed() {
        ship
        write $VERSION/README 'read me'
        write $VERSION/README.md 'read me'
        write $VERSION/.hidden 'not me'
        write $PACKAGE/README.md 'read me'
        write $PACKAGE/shared.py 'ANSWER = 42'
        write $VERSION/__pycache__/001_x.cpython-311.pyc 'not me'
        write $VERSION/001_x.json '{"description": "a new name", "timeout_sec": 10}'
        expect 0 plan sample
        assert_out 'a new name'
        assert_no_err
        expect 0 run sample
        assert_ran 1.1.0/001_x
}

# Nothing is skipped silently.
test_misplaced_files() {
        ship
        write $PACKAGE/1.2.0/001_y '#!/bin/sh'
        write $PACKAGE/V1.3.0/001_y '#!/bin/sh'
        write $PACKAGE/002_y '#!/bin/sh'
        write /etc/deploy-migrate/sample/1.1.0/001_x '#!/bin/sh'
        for command in plan 'run -v'; do
                # shellcheck disable=SC2086 # a verb and its option
                expect 0 $command sample
                for misplaced in $PACKAGE/1.2.0 $PACKAGE/V1.3.0 $PACKAGE/002_y /etc/deploy-migrate/sample/1.1.0; do
                        assert_err "$misplaced: has no effect"
                done
        done
        assert_ran 1.1.0/001_x
        expect 0 lint "$ROOT$PACKAGE"
        cat "$OUT" "$ERR" >"$WORK/said"
        for misplaced in 1.2.0 V1.3.0 002_y; do
                grep -q "/$misplaced: .*has no effect" "$WORK/said" || fail "$misplaced is not reported"
        done
}

run_tests
