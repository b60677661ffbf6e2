#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The journal's catalog explains each message that we send, and systemd takes it.

. "${0%/*}/lib.sh"

CATALOG=${0%/*}/../../units/deploy-migrate.catalog
SOURCE=${0%/*}/../../src/cli/report/journal.c

message_ids() {
        grep -oE '"[0-9a-f]{32}"' "$SOURCE" | tr -d '"' | sort
}

entries() {
        sed -n 's/^-- //p' "$CATALOG" | sort
}

install_catalog() {
        command -v journalctl >/dev/null || skip "journalctl is missing"
        mkdir -p "$ROOT/usr/lib/systemd/catalog" "$ROOT/var/lib/systemd/catalog"
        cp "$CATALOG" "$ROOT/usr/lib/systemd/catalog"
        execute 0 journalctl --root="$ROOT" --update-catalog
        assert_no_err
}

test_each_message_has_an_entry_and_the_other_way_round() {
        message_ids >"$WORK/ids"
        entries >"$WORK/entries"
        [ -s "$WORK/ids" ] || fail "there are no messages"
        [ -z "$(uniq -d "$WORK/ids")" ] || fail "two messages have one id"
        diff "$WORK/ids" "$WORK/entries"
}

test_journalctl_takes_it_and_lists_each_entry() {
        install_catalog
        execute 0 journalctl --root="$ROOT" --list-catalog
        cut -d ' ' -f 1 "$OUT" | sort >"$WORK/listed"
        entries | diff - "$WORK/listed"
        ! grep -vE '^[0-9a-f]{32} deploy-migrate: .' "$OUT" || fail "no subject, or not defined by us"
}

test_each_entry_has_all_that_it_needs() {
        install_catalog
        for id in $(entries); do
                execute 0 journalctl --root="$ROOT" --dump-catalog "$id"
                assert_out 'Documentation: man:deploy-migrate(8)'
                [ "$(sed '1,/^$/d' "$OUT" | wc -w)" -gt 20 ] || fail "$id says nothing"
        done
}

test_the_fields_in_it_are_fields_of_messages() {
        for field in $(grep -oE '@[^ @]+@' "$CATALOG" | tr -d @ | sort -u); do
                grep -qE "\"${field}[=\"]" "$SOURCE" || fail "no message has a field $field"
        done
}

run_tests
