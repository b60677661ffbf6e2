#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# turn-etcd alone, on a real etcd of three nodes: who gets a turn, what ends it, and what is recorded.

. "${0%/*}/lib.sh"
need_fleet

# hosts NAME...: with the settings in SETTINGS.
hosts() {
        for name; do
                # shellcheck disable=SC2086 # words
                host "$name" ${SETTINGS-}
        done
}

sample() {
        take_turn "$1" sample 1.0 2.0
}

sample_refused() {
        refused "$1" "$2" "$3" sample 1.0 2.0
}

# ---- Slots ----

test_a_turn_is_granted_and_given_back() {
        hosts a
        sample a
        key slot/1 | grep -qx 'a [0-9]* sample 2.0' || fail "slot 1 is: $(key slot/1)"
        end_turn a completed
        [ "$status" -eq 0 ] || fail "exit status $status"
        assert_keys slot/ ''
        assert_keys passed/ passed/sample@2.0/a
        [ ! -s "$WORK/hosts/a/err" ] || fail "it says: $(cat "$WORK/hosts/a/err")"
        take_turn a sample 2.0 3.0
        end_turn a completed
        assert_keys passed/ passed/sample@3.0/a
}

test_given_back_without_a_word_nothing_is_recorded() {
        hosts a
        sample a
        end_turn a
        [ "$status" -eq 0 ] || fail "exit status $status"
        assert_keys '' ''
}

test_one_slot_is_for_one_host() {
        hosts a b c
        sample a
        sample_refused 75 'not now: 1 of 1 slots are in use: a' b
        key limit 2
        sample b
        sample_refused 75 'not now: 2 of 2 slots are in use: a, b' c
        end_turn a completed
        sample c
        end_turn b completed
        end_turn c completed
        assert_keys passed/ 'passed/sample@2.0/a passed/sample@2.0/b passed/sample@2.0/c'
}

# Whoever holds slots above the limit counts.
test_a_lower_limit() {
        key limit 3
        hosts a b c d
        sample a
        sample b
        sample c
        key limit 2
        sample_refused 75 '3 of 2 slots are in use' d
        name=$(key slot/1)
        end_turn "${name%% *}" completed
        sample_refused 75 '2 of 2 slots are in use' d
        name=$(key slot/3)
        end_turn "${name%% *}" completed
        sample d
}

test_who_waits_gets_the_next_turn() {
        hosts a
        SETTINGS=WAIT=20 hosts b
        sample a
        start_turn b sample 1.0 2.0
        await grep -q 'not now: 1 of 1 slots are in use: a' "$WORK/hosts/b/err"
        end_turn a completed
        await_grant b
        [ "$(wc -l <"$WORK/hosts/b/err")" -eq 1 ] || fail "it says more than once what it waits for: $(cat "$WORK/hosts/b/err")"
}

test_who_waits_and_is_told_to_stop_ends() {
        hosts a
        SETTINGS=WAIT=1000 hosts b
        sample a
        start_turn b sample 1.0 2.0
        await grep -q 'not now' "$WORK/hosts/b/err"
        end_turn b
        [ "$status" -eq 75 ] || fail "exit status $status"
        [ ! -s "$WORK/hosts/b/out" ] || fail "it was told: $(cat "$WORK/hosts/b/out")"
}

# The slot is the host's, and is free when the last one gives it back.
test_two_turns_of_one_host_share_its_slot() {
        hosts a b
        sample a
        first=$(cat "$WORK/hosts/a/pid") writer=$(cat "$WORK/hosts/a/writer")
        take_turn a other 1.0 2.0
        kill -KILL "$writer"
        wait "$first"
        sample_refused 75 '1 of 1 slots are in use: a' b
        end_turn a completed
        assert_keys slot/ ''
        assert_keys passed/ passed/other@2.0/a
        sample b
}

test_a_host_of_the_same_name_does_not_share_it() {
        hosts a b
        sed -i 's/^HOST=.*/HOST=a/' "$WORK/hosts/b/etc/deploy-migrate/fleet.conf"
        sample a
        sample_refused 75 '1 of 1 slots are in use: a' b
}

# ---- Stops ----

test_a_stopped_fleet() {
        hosts a
        key stop '1700000000 boss the database is being * moved'
        sample_refused 1 'the fleet is stopped by boss: the database is being * moved' a
        ctl del "/deploy-migrate/$GROUP/stop"
        sample a
}

test_a_failure_stops_all() {
        key limit 5
        hosts a b c
        sample a
        sample b
        end_turn a 'failed 1.1.0/001_x: exit status 1, "no\room" für alle'
        sample_refused 1 'the fleet is stopped by a: sample 2.0: 1.1.0/001_x: exit status 1, noroom für alle' c
        key failed/sample@2.0/a | grep -qx '[0-9]* fleet 1.1.0/001_x: .*' || fail "failed/ is: $(key failed/sample@2.0/a)"
        end_turn b completed
        assert_keys passed/ passed/sample@2.0/b
}

test_more_failures_than_one() {
        key max-failures 2
        hosts a b c
        sample a
        end_turn a 'failed x'
        sample a
        end_turn a 'failed x'
        sample b
        end_turn b 'failed y'
        sample_refused 1 'the fleet is stopped by b: sample 2.0: y' c
}

test_a_failure_that_is_mended_counts_no_more() {
        key max-failures 2
        hosts a
        sample a
        end_turn a 'failed x'
        sample a
        end_turn a completed
        assert_keys failed/ ''
        assert_keys passed/ passed/sample@2.0/a
}

# ---- Canaries ----

test_others_wait_for_the_canary() {
        key limit 5
        key canary 1
        hosts a b
        sample a
        sample_refused 75 '0 of 1 canaries have passed sample@2.0; at it: a' b
        take_turn b sample 1.0 1.5 # another version
        end_turn b completed
        end_turn a completed
        sample b
}

test_as_many_as_there_are_canaries() {
        key limit 5
        key canary 2
        hosts a b c
        sample a
        sample b
        sample_refused 75 '0 of 2 canaries have passed' c
        end_turn a completed
        sample_refused 75 '1 of 2 canaries have passed sample@2.0; at it: b' c
        end_turn b completed
        sample c
}

test_a_canary_that_fails() {
        key limit 5
        key canary 1
        hosts a b
        sample a
        end_turn a 'failed x'
        key failed/sample@2.0/a | grep -qx '[0-9]* canary x' || fail "failed/ is: $(key failed/sample@2.0/a)"
        sample_refused 1 'the fleet is stopped by a' b
}

test_only_hosts_whose_role_it_is_are_canaries() {
        key canary 1
        key role/canary/a 1700000000
        SETTINGS=ROLE=canary hosts a
        hosts b
        sample_refused 75 '0 of 1 canaries have passed sample@2.0, and this host is none' b
        sample a
        end_turn a completed
        sample b
}

test_a_role_is_known_once_it_asks() {
        SETTINGS=ROLE=canary hosts a
        sample a
        assert_keys role/ role/canary/a
}

# Between two stretches of its migrations nobody else becomes the canary.
test_a_canary_that_goes_on_is_the_same() {
        key limit 5
        key canary 1
        hosts a b
        sample a
        end_turn a
        assert_keys slot/ ''
        sample_refused 75 '0 of 1 canaries have passed sample@2.0; at it: a' b
        take_turn a sample 1.0 2.0 1.1.0/001_x
        end_turn a
        sample a
        end_turn a completed
        sample b
}

# ---- Once ----

test_once_is_for_one_host() {
        key limit 5
        hosts a b
        take_turn a sample 1.0 2.0 1.1.0/001_x.sh
        first=$TOKEN
        refused 75 'not now: a is at 1.1.0/001_x.sh' b sample 1.0 2.0 1.1.0/001_x.sh
        sample b
        end_turn b
        end_turn a
        assert_keys once/ ''
        take_turn b sample 1.0 2.0 1.1.0/001_x.sh
        [ "$TOKEN" -gt "$first" ] || fail "the token $TOKEN isn't above $first"
}

test_once_of_a_holder_that_dies() {
        key limit 5
        SETTINGS=TTL=3 hosts a
        SETTINGS='WAIT=30 TTL=3' hosts b
        take_turn a sample 1.0 2.0 1.1.0/001_x.sh
        start_turn b sample 1.0 2.0 1.1.0/001_x.sh
        await grep -q 'a is at' "$WORK/hosts/b/err"
        kill -KILL "$(cat "$WORK/hosts/a/pid")"
        await_grant b
}

# ---- What ends ----

# valid is two thirds of TTL after the lease was asked for.
test_it_says_how_long_it_is_valid() {
        hosts a
        before=$(uptime)
        sample a
        valid=$(sed -n '2s/^valid //p' "$WORK/hosts/a/out")
        after=$(uptime)
        awk "BEGIN { exit !($valid >= $before + 3.99 && $valid <= $after + 4) }" || fail "$valid, between $before and $after"
        await grep -q "^valid " "$WORK/hosts/a/out"
        await has_lines 3 "$WORK/hosts/a/out"
        later=$(sed -n '3s/^valid //p' "$WORK/hosts/a/out")
        awk "BEGIN { exit !($later >= $valid + 1.9) }" || fail "$later after $valid"
}

uptime() {
        python3 -c 'import time; print(time.clock_gettime(time.CLOCK_BOOTTIME))'
}

has_lines() {
        [ "$(wc -l <"$2")" -ge "$1" ]
}

test_a_holder_that_is_stopped_has_lost_it() {
        SETTINGS=TTL=3 hosts a
        SETTINGS='WAIT=30 TTL=3' hosts b
        sample a
        kill -STOP "$(cat "$WORK/hosts/a/pid")"
        start_turn b sample 1.0 2.0
        await_grant b
        kill -CONT "$(cat "$WORK/hosts/a/pid")"
        await_end a
        [ "$status" -ne 0 ] || fail 'it ended well'
        grep -q 'could not be renewed' "$WORK/hosts/a/err" || fail "it says: $(cat "$WORK/hosts/a/err")"
        key slot/1 | grep -q '^b ' || fail "slot 1 is: $(key slot/1)"
}

test_it_outlives_the_leader() {
        SETTINGS=TTL=3 hosts a
        hosts b
        sample a
        node=$(leader)
        kill_node "$node"
        for _ in 1 2 3 4 5 6 7 8; do
                start_turn b sample 1.0 2.0
                await_end b
                [ ! -s "$WORK/hosts/b/out" ] || fail 'b has a turn, too'
                sleep 0.5
        done
        (start_node "$node")
        await is_healthy
        end_turn a completed
        [ "$status" -eq 0 ] || fail "exit status $status: $(cat "$WORK/hosts/a/err")"
        assert_keys passed/ passed/sample@2.0/a
}

test_what_is_said_while_there_is_no_leader_is_recorded() {
        hosts a
        sample a
        node=$(leader)
        kill_node "$node"
        end_turn a 'failed x'
        (start_node "$node")
        [ "$status" -eq 0 ] || fail "exit status $status: $(cat "$WORK/hosts/a/err")"
        await is_healthy
        assert_keys failed/ failed/sample@2.0/a
        assert_keys stop stop
        assert_keys slot/ ''
}

# ---- etcd that doesn't answer ----

pause_etcd() {
        for node in 1 2 3; do
                pause_node $node
        done
}

resume_etcd() {
        for node in 1 2 3; do
                resume_node $node
        done
        await is_healthy
}

test_a_holder_gives_up_before_its_lease_ends() {
        hosts a
        sample a
        valid=$(sed -n 's/^valid //p' "$WORK/hosts/a/out" | tail -n 1)
        pause_etcd
        await_end a
        now=$(uptime)
        [ "$status" -eq 69 ] || fail "exit status $status"
        grep -q "it could not be renewed for 4 s: etcd: none of $ENDPOINTS answers" "$WORK/hosts/a/err" || fail "it says: $(cat "$WORK/hosts/a/err")"
        valid=$(sed -n 's/^valid //p' "$WORK/hosts/a/out" | tail -n 1)
        awk "BEGIN { exit !($now <= $valid + 1.5) }" || fail "it ended at $now, and was valid until $valid"
        resume_etcd
}

test_nobody_gets_in_without_a_majority() {
        hosts a
        SETTINGS=WAIT=30 hosts b
        pause_node 1
        pause_node 2
        sample_refused 75 'etcd: ' a
        start_turn b sample 1.0 2.0
        await grep -q 'etcd: ' "$WORK/hosts/b/err"
        [ ! -s "$WORK/hosts/b/out" ] || fail 'b has a turn'
        resume_etcd
        await_grant b
}

test_hosts_that_go_without_it() {
        SETTINGS="ENDPOINTS=http://127.0.0.1:1 UNREACHABLE=go" hosts a
        start_turn a sample 1.0 2.0
        await grep -q '^granted 0$' "$WORK/hosts/a/out"
        grep -q 'goes without a turn: etcd: none of http://127.0.0.1:1 answers' "$WORK/hosts/a/err" || fail "it says: $(cat "$WORK/hosts/a/err")"
        end_turn a completed
        [ "$status" -eq 0 ] || fail "exit status $status"
        refused 75 'none of http://127.0.0.1:1 answers' a sample 1.0 2.0 1.1.0/001_x.sh
}

# ---- Settings ----

test_settings_that_are_wrong() {
        for wrong in "NONSENSE=1:'NONSENSE' is no setting" 'TTL=2:TTL is at least 3' 'WAIT=x:WAIT is a number' 'HOST=a b:HOST consists' \
                'GROUP=x/y:GROUP consists' 'ROLE=x:ROLE is canary' 'UNREACHABLE=x:UNREACHABLE is wait or go'; do
                host a "${wrong%%:*}"
                sample_refused 2 "${wrong#*:}" a
        done
}

test_settings_of_somebody_else() {
        hosts a
        conf=$WORK/hosts/a/etc/deploy-migrate/fleet.conf
        chmod 664 "$conf"
        sample_refused 2 "isn't root's alone" a
        chmod 644 "$conf"
        chown 1000 "$conf"
        sample_refused 2 "isn't root's alone" a
        chown root "$conf"
        sample a
}

# Of somebody who may write the keys.
test_keys_that_mean_harm() {
        hosts a
        key limit 999999999999
        key 'slot/1 $(touch /x); x' 'b'
        key 'slot/-' '* $(touch /x)'
        key canary 'x'
        sample a
        end_turn a completed
        key stop "$(printf 'x y \033[31m"\\$(touch /x)\n* `x`')"
        sample_refused 1 'the fleet is stopped by y: ' a
        ! LC_ALL=C grep -q '[[:cntrl:]]' "$WORK/hosts/a/err" || fail "it says: $(cat -v "$WORK/hosts/a/err")"
        [ ! -e /x ] || fail 'something was run'
        fleet 0 a status
        ! LC_ALL=C tr -d '\n' <"$OUT" | grep -q '[[:cntrl:]]' || fail "it says: $(cat -v "$OUT")"
        fleet 0 a status --json
        jq -e .stop.reason "$OUT" || fail "no JSON: $(cat "$OUT")"
}

# As a package that was installed, and not set up; and one that was removed.
test_without_endpoints_all_have_a_turn() {
        hosts a
        conf=$WORK/hosts/a/etc/deploy-migrate/fleet.conf
        sed 's/^#.*//' "$DEPLOY_MIGRATE_FLEET/fleet.conf" >"$conf"
        [ -z "$(grep . "$conf")" ] || fail 'something is set in fleet.conf'
        start_turn a sample 1.0 2.0
        await grep -q '^granted 0$' "$WORK/hosts/a/out"
        end_turn a
        [ "$status" -eq 0 ] || fail "exit status $status"
        cp "$DEPLOY_MIGRATE_FLEET/turn" "$WORK/hosts/a/etc/deploy-migrate/turn"
        start_turn a sample 1.0 2.0
        await grep -q '^granted 0$' "$WORK/hosts/a/out"
        end_turn a
        [ "$status" -eq 0 ] || fail "exit status $status"
}

run_tests
