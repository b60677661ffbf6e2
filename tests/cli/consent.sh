#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Migrations that run only after the administrator has agreed to it.

. "${0%/*}/lib.sh"
need_root

# asks ID [TEXT]: the migration asks for consent.
asks() {
        migration sample "$1"
        write "/usr/lib/deploy-migrate/sample/v$1.json" "{\"consent\": \"${2:-It takes hours.}\"}"
}

set_up_two() {
        asks 1.1.0/001_long
        asks 1.2.0/001_drops 'It drops the table.'
        upgraded sample 1.0 1.2
}

test_it_waits_for_consent() {
        set_up_two
        migration other 1.1.0/001_x
        upgraded other 1.0 1.1
        expect 0 plan --json sample
        assert_json '[.packages[0].migrations[] | .state + ": " + .consent] | join(" ")' \
                'pending: It takes hours. pending: It drops the table.'
        expect 1 run --json
        assert_exists /var/lib/other/1.1.0-001_x
        assert_json '[.packages[].result] | join(" ")' 'completed postponed'
        assert_json '.packages[1].error' "1.1.0/001_long is postponed: it needs your consent (It takes hours.); give it with \
'deploy-migrate accept sample 1.1.0/001_long'"
        assert_missing /var/lib/sample/1.1.0-001_long
        assert_events sample baseline postponed:1.1.0/001_long
        expect 0 status sample
        grep -qF 'It drops the table.' "$OUT" || fail 'status says nothing of the second'

        expect 0 accept sample 1.1.0/001_long
        expect 0 accept sample 1.1.0/001_long
        grep -qF "no consent is asked for" "$OUT" || fail "a second consent"
        expect 1 run sample
        assert_exists /var/lib/sample/1.1.0-001_long
        assert_missing /var/lib/sample/1.2.0-001_drops
        expect 0 accept sample 1.2.0/001_drops
        expect 0 run sample
        assert_exists /var/lib/sample/1.2.0-001_drops
        assert_history sample '[.[] | select(.event == "consent") | .id + ": " + .text] | join(", ")' \
                '1.1.0/001_long: It takes hours., 1.2.0/001_drops: It drops the table.'
}

# It was applied when it asked for nothing, and its data was restored since.
test_consent_to_one_that_is_reopened() {
        migration sample 1.1.0/001_long
        upgraded sample 1.0 1.2
        expect 0 run sample
        expect 0 baseline sample 1.0
        rm "$ROOT/var/lib/sample/1.1.0-001_long"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_long.json '{"consent": "It takes hours."}'
        expect 1 run sample
        expect 0 accept sample
        expect 0 run sample
        assert_exists /var/lib/sample/1.1.0-001_long
}

test_all_that_are_due() {
        set_up_two
        asks 2.0.0/001_not_due
        expect 0 accept sample
        assert_history sample '[.[] | select(.event == "consent") | .id] | join(" ")' '1.1.0/001_long 1.2.0/001_drops'
        expect 0 accept sample
        grep -qF "no consent is asked for" "$OUT" || fail "consent to what had it"
        expect 0 run sample
        assert_exists /var/lib/sample/1.2.0-001_drops
}

# It was given to a text, and an undo takes it back.
test_how_long_it_holds() {
        asks 1.1.0/001_long
        upgraded sample 1.0 1.1
        expect 0 accept sample
        asks 1.1.0/001_long 'It takes days.'
        expect 1 run sample
        assert_missing /var/lib/sample/1.1.0-001_long
        expect 0 accept sample
        expect 0 run sample
        expect 0 undo sample
        assert_missing /var/lib/sample/1.1.0-001_long
        expect 1 run sample
        assert_missing /var/lib/sample/1.1.0-001_long
}

test_what_cannot_be_accepted() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.1
        expect 2 accept
        expect 2 accept sample 1.1.0/001_x
        assert_err "1.1.0/001_x of sample asks for no consent"
        expect 2 accept sample 1.1.0/009_none
        expect 0 accept sample
        assert_events sample baseline
}

test_given_beforehand() {
        set_up_two
        write /etc/deploy-migrate/consent "sample 1.1.0/001_long"
        expect 1 run sample
        assert_exists /var/lib/sample/1.1.0-001_long
        assert_missing /var/lib/sample/1.2.0-001_drops
        write /etc/deploy-migrate/consent "sample"
        expect 0 run sample
        assert_exists /var/lib/sample/1.2.0-001_drops
}

test_a_file_of_consents_that_is_wrong() {
        set_up_two
        write /etc/deploy-migrate/consent "sample all"
        expect 3 run sample
        assert_err "/etc/deploy-migrate/consent:1: 'all' isn't the id of a migration"
        assert_events sample baseline
}

# What it would do is what one wants to know before.
test_preview_needs_none() {
        need_mounts
        set_up_two
        expect 0 preview --json sample
        assert_missing /var/lib/sample
        assert_events sample baseline
        assert_json '[.packages[0].migrations[] | .state + ": " + .consent + " " + .files[0].kind] | join(" ")' \
                'pending: It takes hours. create pending: It drops the table. create'
}

run_tests
