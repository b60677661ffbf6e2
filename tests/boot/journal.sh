#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the journal and systemctl tell of migrations.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

# upgrade_sample [COMMANDS]: a gated service, with a first migration that runs these commands.
upgrade_sample() {
        install_sample
        ship_sample 2.0 "${1:-:}"
        apt upgrade
}

install_sample() {
        package sample 1.0
        service restart
        ship
        apt install sample
}

ship_sample() {
        package sample "$1"
        service restart
        migration 2.0.0/001_first "$2"
        format_migration 2.0.0/002_format
        ship
}

# upgrade_plain COMMANDS: the same without services. dpkg waits for it.
upgrade_plain() {
        package plain 1.0
        ship
        apt install plain
        package plain 2.0
        migration 2.0.0/001_first "$1"
        ship
        apt upgrade
}

# fields RESULT PACKAGE NAME...: of the one message with this result, each on a line.
fields() {
        journal -o json DEPLOY_MIGRATE_RESULT="$1" DEPLOY_MIGRATE_PACKAGE="$2" MESSAGE_ID="$(message_id "$1" "$2")" >"$WORK/messages"
        shift 2
        for field; do
                jq -r --arg field "$field" '.[$field]' "$WORK/messages" | head -n 1
        done
}

# message_id RESULT PACKAGE: of the first migration with this result.
message_id() {
        journal -o json DEPLOY_MIGRATE_RESULT="$1" DEPLOY_MIGRATE_PACKAGE="$2" |
                jq -r 'select(.DEPLOY_MIGRATE_ID) | .MESSAGE_ID' | head -n 1
}

test_the_fields_of_what_was_applied() {
        upgrade_sample
        got=$(fields applied sample DEPLOY_MIGRATE_PACKAGE DEPLOY_MIGRATE_FROM DEPLOY_MIGRATE_TO DEPLOY_MIGRATE_ID PRIORITY \
                SYSLOG_IDENTIFIER | tr '\n' ' ')
        [ "$got" = 'sample 1.0 2.0 2.0.0/001_first 6 deploy-migrate ' ] || fail "the fields are: $got"
        fields applied sample DEPLOY_MIGRATE_DURATION_USEC | grep -qx '[0-9]*' || fail "there is no duration"
        run=$(fields applied sample DEPLOY_MIGRATE_RUN)
        assert_history sample '[.[] | select(.event == "applied") | .run] | unique | join(" ")' "$run"
}

test_the_fields_of_what_failed() {
        upgrade_sample 'echo "no room for the scores" >&2; exit 1'
        got=$(fields failed sample DEPLOY_MIGRATE_PACKAGE DEPLOY_MIGRATE_FROM DEPLOY_MIGRATE_TO DEPLOY_MIGRATE_ID \
                DEPLOY_MIGRATE_PHASE PRIORITY | tr '\n' ' ')
        [ "$got" = 'sample 1.0 2.0 2.0.0/001_first migrate 3 ' ] || fail "the fields are: $got"
        journal -o cat DEPLOY_MIGRATE_ID=2.0.0/001_first -u deploy-migrate@sample.service >"$WORK/journal"
        grep -q 'no room for the scores' "$WORK/journal" || fail "its output is not in the journal"
}

test_every_message_has_its_package() {
        upgrade_sample
        stray=$(journal -o json SYSLOG_IDENTIFIER=deploy-migrate -u deploy-migrate@sample.service |
                jq -r 'select(.DEPLOY_MIGRATE_PACKAGE != "sample" and .MESSAGE_ID == null) | .MESSAGE')
        [ -z "$stray" ] || fail "a message is of no package: $stray"
}

test_it_reads_like_a_report() {
        upgrade_sample
        journal -o cat -u deploy-migrate@sample.service >"$WORK/journal"
        line=0
        for pattern in 'sample.*1\.0.*2\.0' 'migrating to 2\.0\.0/001_first' '2\.0\.0/001_first applied' \
                'migrating to 2\.0\.0/002_format' '2\.0\.0/002_format applied' 'sample.* 2\.0' '1 migrated'; do
                next=$(grep -n -m 1 "$pattern" "$WORK/journal" | cut -d : -f 1)
                [ "${next:-0}" -gt 0 ] || fail "not in the journal: $pattern, but: $(cat "$WORK/journal")"
                [ "$pattern" = 'sample.* 2\.0' ] || [ "$next" -gt "$line" ] || fail "too early in it: $pattern: $(cat "$WORK/journal")"
                line=$next
        done
}

# By then journald can't learn any more which unit it was.
test_the_unit_shows_what_journald_reads_when_the_run_has_ended() {
        install_sample
        ship_sample 2.0 :
        machine systemctl kill --kill-who=main --signal=STOP systemd-journald.service
        apt upgrade
        machine systemctl kill --kill-who=main --signal=CONT systemd-journald.service
        for text in '2.0.0/001_first | migrating' '2.0.0/002_format applied' '1 migrated'; do
                assert_journal "$text" -u deploy-migrate@sample.service
                assert_journal "$text" -u deploy-migrate.service
        done
}

test_the_unit_of_all_packages_shows_those_of_gated_services() {
        upgrade_sample
        assert_journal 2.0.0/001_first -u deploy-migrate.service
}

test_the_catalog_explains_what_happened() {
        upgrade_sample 'exit 1'
        machine journalctl --sync
        expect 0 journalctl -x --no-pager -u deploy-migrate@sample.service
        ids=$(journal -o json SYSLOG_IDENTIFIER=deploy-migrate | jq -r '.MESSAGE_ID // empty' | sort -u)
        [ -n "$ids" ] || fail "no message has a MESSAGE_ID"
        machine journalctl --list-catalog >"$WORK/catalog"
        for id in $ids; do
                subject=$(sed -n "s/^$id [^:]*: //p" "$WORK/catalog")
                [ -n "$subject" ] || fail "$id is not in the catalog"
        done
        expect 0 journalctl --no-pager -x -o short MESSAGE_ID="$(message_id failed sample)"
        assert_out 'Subject: '
        assert_out 'deploy-migrate retry sample'
}

test_the_catalog_and_the_program_have_the_same_messages() {
        sed -n 's/^-- \([0-9a-f]\{32\}\)$/\1/p' "$ROOT/usr/lib/systemd/catalog/deploy-migrate.catalog" | sort >"$WORK/explained"
        grep -aowE '[0-9a-f]{32}' "$ROOT/usr/bin/deploy-migrate" | sort -u >"$WORK/used"
        [ -s "$WORK/used" ] || fail "there is no MESSAGE_ID in the program"
        diff "$WORK/used" "$WORK/explained" || fail "they have not the same"
}

test_twenty_restarts_without_noise() {
        upgrade_sample
        mkdir -p "$ROOT/etc/systemd/system/sample.service.d"
        printf '[Unit]\nStartLimitIntervalSec=0\n' >"$ROOT/etc/systemd/system/sample.service.d/limit.conf"
        machine systemctl daemon-reload
        before=$(cat "$(history_of sample)")
        start_journal
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                expect 0 systemctl restart sample.service
        done
        assert_unit sample.service active
        [ "$(cat "$(history_of sample)")" = "$before" ] || fail "a restart wrote into the history"
        journal -o cat SYSLOG_IDENTIFIER=deploy-migrate >"$WORK/journal"
        [ ! -s "$WORK/journal" ] || fail "it says: $(sort "$WORK/journal" | uniq -c)"
        note "$(journal -o cat -u deploy-migrate@sample.service | wc -l) lines of systemd's own"
}

test_status_says_what_runs() {
        # shellcheck disable=SC2016 # for the migration
        (upgrade_sample 'while [ ! -e /usr/local/go-on ]; do sleep 0.05; done') &
        await has_event sample started
        await says_what_runs
        expect 0 deploy-migrate status
        assert_out 'running since '
        assert_journal 'for which sample.service waits' -u sample.service
        expect 3 systemctl status --no-pager --full sample.service
        assert_out 'for which sample.service waits'
        : >"$ROOT/usr/local/go-on"
        wait $!
        assert_journal 'completed; the data is at 2.0' -u sample.service
        assert_ran_once sample 2.0.0/001_first 2.0.0/002_format
}

says_what_runs() {
        machine systemctl status --no-pager deploy-migrate@sample.service | grep -q 'Status: .*2\.0\.0/001_first'
}

test_a_limit_of_the_administrator_does_not_cut_a_migration_short() {
        mkdir -p "$ROOT/etc/systemd/system/deploy-migrate.service.d"
        printf '[Service]\nTimeoutStartSec=3\n' >"$ROOT/etc/systemd/system/deploy-migrate.service.d/limit.conf"
        machine systemctl daemon-reload
        upgrade_plain 'sleep 6'
        assert_events plain baseline started:2.0.0/001_first committing:2.0.0/001_first applied:2.0.0/001_first completed
}

test_much_output_is_capped() {
        upgrade_plain 'seq 200000'
        assert_ran_once plain 2.0.0/001_first
        lines=$(journal -o cat DEPLOY_MIGRATE_ID=2.0.0/001_first | wc -l)
        [ "$lines" -gt 10 ] || fail "there are only $lines lines of it"
        [ "$lines" -lt 10000 ] || fail "there are $lines lines of it"
        journal -o cat -u systemd-journald.service >"$WORK/journal"
        ! grep Suppressed "$WORK/journal" || fail "journald left some out"
}

run_tests
