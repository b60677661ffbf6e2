#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The journal catalog explains each message that we send, and systemd accepts it.

. "${0%/*}/lib.sh"

CATALOG=${0%/*}/../../units/deploy-migrate.catalog
SOURCE=${0%/*}/../../src/cli/journal

message_ids() {
        grep -rhoE '"[0-9a-f]{32}"' "$SOURCE" | tr -d '"' | sort
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

test_each_message_has_an_entry_and_vice_versa() {
        message_ids >"$WORK/ids"
        entries >"$WORK/entries"
        [ -s "$WORK/ids" ] || fail "no message was found"
        [ -z "$(uniq -d "$WORK/ids")" ] || fail "two messages have one id"
        diff "$WORK/ids" "$WORK/entries"
}

test_journalctl_accepts_it_and_lists_each_entry() {
        install_catalog
        execute 0 journalctl --root="$ROOT" --list-catalog
        cut -d ' ' -f 1 "$OUT" | sort >"$WORK/listed"
        entries | diff - "$WORK/listed"
        ! grep -vE '^[0-9a-f]{32} deploy-migrate: .' "$OUT" || fail "no subject, or another Defined-By"
}

test_each_entry_is_complete() {
        install_catalog
        for id in $(entries); do
                execute 0 journalctl --root="$ROOT" --dump-catalog "$id"
                assert_out 'Documentation: man:deploy-migrate(8)'
                [ "$(sed '1,/^$/d' "$OUT" | wc -w)" -gt 20 ] || fail "the text of $id is too short"
        done
}

test_entries_use_only_fields_that_messages_have() {
        for field in $(grep -oE '@[^ @]+@' "$CATALOG" | tr -d @ | sort -u); do
                grep -rqE "\"${field}[=\"]" "$SOURCE" || fail "no message has a field $field"
        done
}

run_tests
