#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# status, as a person reads it: worst first, what is wrong, what to type, on one screen, however many packages there are.

. "${0%/*}/lib.sh"
need_root

ZEROES=00000000000000000000000000000000
BASELINE='{"time":"2026-01-01T00:00:00.000000Z","boot":"'$ZEROES'","run":"'$ZEROES'","event":"baseline","version":"1.0-1","source":"installed"}'

# ship N: packages p01 to p0N with nothing to do, and four that the tests spoil.
ship() {
        for n in $(seq -f p%02g "$1"); do
                mkdir -p "$ROOT/usr/lib/deploy-migrate/$n/v1.0.0"
                write "/var/lib/deploy-migrate/$n/history.jsonl" "$BASELINE"
                printf 'Package: %s\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\nDescription: x\n\n' "$n"
        done >"$WORK/stanzas/many"
        migration aa-pending 1.1.0/001_x
        migration bb-postponed 1.1.0/001_x 'exit 1' 'echo the server is busy; exit 75'
        migration yy-fails 1.1.0/001_x 'exit 1' 'echo "cannot parse /etc/yy-fails/main.conf, line 12: the key colour is not known; it may be color"; exit 1'
        migration zz-fails 1.1.0/001_x 'exit 1' 'exit 1'
        for name in aa-pending bb-postponed yy-fails zz-fails; do
                upgraded $name 1.0-1 1.1-1
        done
        expect 1 run bb-postponed yy-fails zz-fails
}

# The packages of the table, in its order.
listed() {
        sed -n '/^PACKAGE/d; s/^\([a-z][a-z0-9-]*\)  .*/\1/p' "$OUT" | tr '\n' ' '
}

assert_fits() {
        [ "$(wc -l <"$OUT")" -le 24 ] || fail 'it is higher than a screen'
        # A command stays whole, so that it can be copied, however long the name of a directory of tests is.
        [ "$(sed "s#--root $ROOT ##" "$OUT" | wc -L)" -le 80 ] || fail 'it is wider than a screen'
        ! grep -q ' $' "$OUT" || fail 'a line ends in a blank'
}

# assert_next COMMAND: is on a line of its own, whole.
assert_next() {
        grep -qE "^      (see|then|or): $1\$" "$OUT" || fail "not to be copied: $1"
}

test_what_matters_of_many_on_one_screen() {
        ship 30
        expect 0 status
        assert_no_err
        assert_fits
        [ "$(listed)" = 'yy-fails zz-fails bb-postponed aa-pending ' ] || fail "it lists: $(listed)"
        assert_out 'migrate exited with status 1: cannot parse /etc/yy-fails/main.conf, line 12: the key colour is not known; it may be color'
        assert_out 'is postponed: it asked to be run later: the server is busy'
        assert_next "deploy-migrate --root $ROOT retry yy-fails"
        assert_next "deploy-migrate --root $ROOT history zz-fails"
        assert_next "deploy-migrate --root $ROOT run bb-postponed"
        [ "$(tail -n 2 "$OUT" | tr -s ' \n' ' ')" = \
                '34 packages: 2 failed, 1 postponed, 1 pending, 30 with nothing to do; --all lists them all ' ] ||
                fail 'the sums are wrong'
        expect 0 status --all
        [ "$(listed | wc -w)" -eq 34 ] || fail '--all leaves some out'
        ! grep -q -e --all "$OUT" || fail 'it advises what was done'
        expect 0 status --json
        assert_json '[.packages[0, 1, 2, 3].package] | join(" ")' 'yy-fails zz-fails bb-postponed aa-pending'
        assert_json '.packages | length' 34
}

test_all_of_few() {
        ship 3
        expect 0 status
        assert_fits
        [ "$(listed)" = 'yy-fails zz-fails bb-postponed aa-pending p01 p02 p03 ' ] || fail "it lists: $(listed)"
        assert_out '7 packages: 2 failed, 1 postponed, 1 pending, 3 with nothing to do'
}

test_a_downgrade_has_a_way_back() {
        ship 0
        migration down 1.1.0/001_x
        upgraded down 1.0-1 1.1-1
        expect 0 run down
        package down 1.0-1
        expect 10 status --exit-code down
        assert_next "deploy-migrate --root $ROOT undo down"
        expect 0 undo down
        expect 0 status --exit-code down
        package p01 0.9-1
        write /var/lib/deploy-migrate/p01/history.jsonl "$BASELINE"
        expect 10 status --exit-code p01
        assert_out 'there is nothing to undo'
        assert_next "deploy-migrate --root $ROOT baseline p01 0.9-1"
}

test_no_packages() {
        mkdir -p "$ROOT/var/lib/dpkg"
        write /var/lib/dpkg/status </dev/null
        expect 0 status
        assert_out 'no package has migrations'
}

run_tests
