#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# deploy-migrate-fleet, the command, on a real etcd of three nodes, and the alerts on its metrics.

. "${0%/*}/lib.sh"
need_fleet

MONITORING=$(cd "${0%/*}/../../packaging/prometheus" && pwd)

assert_err() {
        grep -qF -e "$1" "$ERR" || fail "not on standard error: $1"
}

# assert_json FILTER TEXT
assert_json() {
        fleet 0 a status --json
        got=$(jq -r "$1" "$OUT") || fail "no JSON: $(cat "$OUT")"
        [ "$got" = "$2" ] || fail "$1 gives: $got, instead of: $2"
}

# One passed, one failed, so that all are stopped, and two are at it.
set_up_all() {
        for name in a b c d; do
                host "$name"
        done
        fleet 0 a limit 4
        fleet 0 a max-failures 1
        take_turn a sample 1.0 2.0
        end_turn a completed
        fleet 0 a canary 1
        take_turn c other 1.0 2.0 2.0.0/001_x
        take_turn d sample 1.0 2.0
        fleet 0 a canary 2
        take_turn b sample 1.0 2.0
        end_turn b 'failed 2.0.0/001_x: it said "no"'
}

test_what_is_set() {
        host a
        for name in limit canary max-failures; do
                fleet 0 a $name 7
                assert_key $name 7
                fleet 0 a $name
                [ "$(cat "$OUT")" = 7 ] || fail "$name is: $(cat "$OUT")"
                fleet 2 a $name x
                fleet 2 a $name 1 2
        done
}

test_what_is_not_set() {
        host a
        got=$(for name in limit canary max-failures; do
                fleet 0 a $name
                cat "$OUT"
        done | paste -s -d ' ')
        [ "$got" = '1 0 1' ] || fail "it is: $got"
        assert_json 'del(.group)' "$(echo '{"limit": 1, "canary": 0, "max_failures": 1, "stop": null, "canaries": [], "slots": [], "once": [],
                "packages": []}' | jq .)"
        fleet 0 a status
        assert_out "group $GROUP: at most 1 host at once, no canary, stopped by 1 failure
0 of 1 slots are in use"
}

test_a_stop_and_its_end() {
        host a
        fleet 2 a stop
        fleet 1 a resume
        assert_err "isn't stopped"
        fleet 0 a stop the disks are 'full of "nothing"'
        fleet 1 a stop again
        assert_err 'is stopped already'
        fleet 0 a status
        assert_out 'STOPPED by a since 20'
        assert_out ': the disks are full of nothing'
        refused 1 'the fleet is stopped by a: the disks are full of nothing' a sample 1.0 2.0
        fleet 0 a resume
        take_turn a sample 1.0 2.0
}

test_status_as_text() {
        set_up_all
        fleet 0 a status
        assert_out "group $GROUP: at most 4 hosts at once, 2 canaries, stopped by 1 failure"
        assert_out ': sample 2.0: 2.0.0/001_x: it said no'
        assert_out '2 of 4 slots are in use'
        assert_out 'c is at other/2.0.0/001_x'
        assert_out 'sample 2.0: passed by 1, failed on 1'
        assert_out 'b (canary) since 20'
}

test_status_as_json() {
        set_up_all
        assert_json '[.limit, .canary, .stop.host, .stop.reason, ([.slots[] | .host + " " + .what] | sort[])] | join("|")' \
                '4|2|b|sample 2.0: 2.0.0/001_x: it said no|c other 2.0 2.0.0/001_x|d sample 2.0'
        assert_json '.once[] | [.package, .id, .host] | join(" ")' 'other 2.0.0/001_x c'
        assert_json '.packages[] | select(.package == "sample") | [.version, .passed, (.failed[] | .host, .canary, .reason)] | join("|")' \
                '2.0|1|b|true|2.0.0/001_x: it said no'
        assert_json "now - .stop.time | . >= 0 and . < 60" true
}

test_what_failed_is_forgotten_when_all_go_on() {
        set_up_all
        fleet 0 a resume
        assert_keys failed/ ''
        assert_json '.stop' null
}

test_roles() {
        host a ROLE=canary
        host b
        fleet 0 b status
        assert_keys role/ ''
        fleet 0 a canary
        assert_json '.canaries | join(" ")' a
        fleet 0 b status
        assert_out 'canaries are: a'
        fleet 0 b canary --remove a
        assert_keys role/ ''
        fleet 1 b canary --remove a
        assert_err 'a is no canary'
}

test_another_group() {
        host a
        fleet 0 a --group other limit 3
        assert_keys '' ''
        fleet 0 a --group=other status
        assert_out 'group other: at most 3 hosts'
}

test_wrong_words() {
        host a
        for words in '' nonsense 'status x' 'status --json x' 'resume x' '--group' 'canary --remove'; do
                # shellcheck disable=SC2086 # words
                fleet 2 a $words
                assert_err "--help"
        done
        fleet 0 a --help
        assert_out 'usage: deploy-migrate-fleet'
}

test_etcd_that_does_not_answer() {
        host a ENDPOINTS=http://127.0.0.1:1
        fleet 3 a resume
        assert_err 'etcd: none of http://127.0.0.1:1 answers'
        host a ENDPOINTS=
        fleet 2 a status
        assert_err 'names no ENDPOINTS'
}

# offers WORDS WORD...: bash, for the last one of WORDS.
offers() {
        given=$1
        shift
        # shellcheck disable=SC2016 # for bash
        got=$(bash -c '. "$1" && eval "COMP_WORDS=($2)" && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && _deploy_migrate_fleet && echo "${COMPREPLY[*]}"' \
                bash "$COMPLETION" "$given")
        [ "$got" = "$*" ] || fail "for '$given' bash offers '$got', not '$*'"
}

test_completion() {
        COMPLETION=$(cd "${0%/*}/../../packaging/completion/bash" && pwd)/deploy-migrate-fleet
        offers 'deploy-migrate-fleet st' status stop
        offers 'deploy-migrate-fleet status ""' --json --prometheus
        offers 'deploy-migrate-fleet --group status ma' max-failures
        offers 'deploy-migrate-fleet --group ""' ''
        offers 'deploy-migrate-fleet canary --' --remove
        host a
        fleet 0 a --help
        sed -nE 's/^  ([a-z-]+) .*/\1/p' "$OUT" | sort -u >"$WORK/verbs"
        offers 'deploy-migrate-fleet ""' status stop resume limit canary max-failures --group --help
        for verb in status stop resume limit canary max-failures; do
                grep -qx -e "$verb" "$WORK/verbs" || fail "the help has no $verb"
        done
        [ "$(wc -l <"$WORK/verbs")" -eq 6 ] || fail 'the help has another verb'
}

test_metrics_and_alerts() {
        command -v promtool >/dev/null || {
                echo 'prometheus is missing' >"$WORK/skip"
                exit 77
        }
        set_up_all
        fleet 0 a status --prometheus
        promtool check metrics <"$OUT" || fail 'the metrics are malformed'
        for line in "stopped{group=\"$GROUP\"} 1" "limit{group=\"$GROUP\"} 4" "slots_used{group=\"$GROUP\"} 2" \
                "passed_hosts{group=\"$GROUP\",package=\"sample\",version=\"2.0\"} 1" \
                "failed_hosts{group=\"$GROUP\",package=\"sample\",version=\"2.0\",phase=\"canary\"} 1" \
                "failed_hosts{group=\"$GROUP\",package=\"sample\",version=\"2.0\",phase=\"fleet\"} 0"; do
                grep -qxF "deploy_migrate_fleet_$line" "$OUT" || fail "there is no $line"
        done
        promtool check rules "$MONITORING/fleet-alerts.yml"
        promtool test rules "$MONITORING/fleet-alerts-test.yml"
        sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$OUT" >"$WORK/there"
        printf '%s\n' deploy_migrate_turn_wait_seconds deploy_migrate_turn_denied >>"$WORK/there" # those of deploy-migrate itself
        grep -oE 'deploy_migrate_[a-z_]+' "$MONITORING/fleet-alerts.yml" | sort -u | grep -vxF -f "$WORK/there" && fail 'it asks for others' ||
                :
}

run_tests
