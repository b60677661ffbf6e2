#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The administrator's replacements and masks below /etc/deploy-migrate.

. "${0%/*}/lib.sh"
need_root

ADMIN=/etc/deploy-migrate/sample/v1.1.0

ship() {
        migration sample 1.1.0/001_x
        migration sample 1.1.0/002_y
        upgraded sample 1.0 1.1
        mkdir -p "$ROOT$ADMIN"
}

# replace NAME [CODE]: replaces the migration by one that records where it came from.
replace() {
        migration sample "1.1.0/$1" 'test -e "$marker.replaced"' "${2:-touch \"\$marker.replaced\"}"
        mv "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/$1" "$ROOT$ADMIN/$1"
        migration sample "1.1.0/$1"
}

test_a_replacement_is_run() {
        ship
        replace 001_x
        expect 0 run sample
        assert_ran 1.1.0/001_x 1.1.0/002_y
        assert_exists /var/lib/sample/1.1.0-001_x.replaced
        assert_missing /var/lib/sample/1.1.0-001_x
        assert_history sample '.[1] | .id + " " + .sha256' \
                "1.1.0/001_x $(sha256sum <"$ROOT$ADMIN/001_x" | cut -d ' ' -f 1)"
}

test_a_mask_is_skipped() {
        ship
        ln -s /dev/null "$ROOT$ADMIN/001_x"
        expect 0 run --json sample
        assert_json '[.packages[0].migrations[].state] | join(" ")' 'skipped applied'
        assert_ran 1.1.0/002_y
        assert_events sample baseline started:1.1.0/002_y committing:1.1.0/002_y applied:1.1.0/002_y completed
}

test_a_mask_of_what_was_given_up() {
        ship
        migration sample 1.1.0/001_x 'exit 2'
        for _ in 1 2 3 4; do
                expect 1 run sample
        done
        calls >/dev/null
        ln -s /dev/null "$ROOT$ADMIN/001_x"
        expect 0 run sample
        assert_ran 1.1.0/002_y
}

test_a_mask_that_was_taken_away_comes_too_late() {
        ship
        ln -s /dev/null "$ROOT$ADMIN/001_x"
        expect 0 run sample
        rm "$ROOT$ADMIN/001_x"
        expect 0 status --json sample
        assert_json '[.packages[0].migrations[] | .id + " " + .state] | join(", ")' \
                '1.1.0/001_x out-of-order, 1.1.0/002_y applied'
}

test_a_replacement_of_what_failed() {
        ship
        migration sample 1.1.0/001_x 'exit 1' 'exit 1'
        for _ in 1 2 3; do
                expect 1 run sample
        done
        calls >/dev/null
        replace 001_x
        expect 0 run sample
        assert_ran 1.1.0/001_x 1.1.0/002_y
}

test_a_manifest() {
        ship
        migration sample 1.1.0/001_x 'test -e "$DPKG_ROOT/srv/data"' 'touch "$DPKG_ROOT/srv/data"'
        mkdir "$ROOT/srv"
        expect 1 run sample
        write $ADMIN/001_x.json '{"writes": ["/srv", "/var/lib/sample"]}'
        expect 0 run sample
        assert_exists /srv/data
}

test_a_replacement_of_nothing() {
        ship
        replace 001_x
        write $ADMIN/009_nothing '#!/bin/sh'
        expect 0 run sample
        assert_err "$ROOT$ADMIN/009_nothing"
}

test_a_replacement_that_is_no_migration() {
        ship
        for name in 001_x.tar.gz '001 x' 1_x 001-x; do
                write "$ADMIN/$name" x
                expect 3 run sample
                assert_err "$ROOT$ADMIN/$name"
                rm "$ROOT$ADMIN/$name"
        done
        ln -s /bin/true "$ROOT$ADMIN/001_x"
        expect 3 run sample
        assert_err "$ROOT$ADMIN/001_x"
        assert_calls
}

run_tests
