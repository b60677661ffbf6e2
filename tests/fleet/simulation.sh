#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many hosts that migrate at once: each is the real program on a root of its own, with turn-etcd as its turn, on a real etcd of three nodes that
# break. Migrations write a line to a fifo when they begin, and the check after them when it ends; overlap.py finds how many hosts were between the two.
#
# Environment: DEPLOY_MIGRATE, the program to test; FLEET_HOSTS, how many hosts there are in the largest of the tests: 16; FLEET_SLOTS, how many of
# them may migrate at once: 3; FLEET_EVENTS, a file that gets all lines of that test.

. "${0%/*}/lib.sh"
: "${DEPLOY_MIGRATE:?must be the program to test}"
unwrap_program
need_fleet

HOSTS=${FLEET_HOSTS:-16} SLOTS=${FLEET_SLOTS:-3}
HERE=$(cd "${0%/*}" && pwd)

# ---- What happens, and when ----

# Where the sandbox neither covers a directory nor makes it private.
open_channel() {
        rm -f "$WORK/end"
        CHANNEL=$(mktemp -d /usr/local/deploy-migrate-test.XXXXXX)
        trap 'rm -r "$CHANNEL"' EXIT
        mkfifo "$CHANNEL/events"
        # There is always somebody who has it open for writing.
        DEPLOY_MIGRATE_TEST_HOST=$WORK cat <>"$CHANNEL/events" >"$WORK/events" &
}

now() {
        read -r uptime rest </proc/uptime
        echo "$uptime"
}

# event WORD...: adds a line with the time.
event() {
        echo "$* $(now)" >"$CHANNEL/events"
}

count_events() {
        grep -c "^$1 " "$WORK/events" || :
}

# assert_overlap MOST: never more than so many hosts were at it. Sets PEAK.
assert_overlap() {
        PEAK=$(python3 "$HERE/overlap.py" "$WORK/events") || fail "the events can't be read"
        [ "$PEAK" -le "$1" ] || fail "$PEAK hosts were at it at once, and $1 may be"
}

# ---- Hosts ----

# sample_host NAME VERSION MIGRATE [SETTING...]: a package that was upgraded from 1.0, with a migration whose "migrate" is these commands.
sample_host() {
        name=$1 version=$2 commands=$3
        shift 3
        host "$name" "$@"
        mkdir -p "$HOST_ROOT/var/lib/dpkg/updates" "$HOST_ROOT/var/lib/sample" "$HOST_ROOT/usr/lib/deploy-migrate/sample/v2.0.0"
        sample_installed 1.0
        cli baseline sample 1.0
        sample_installed "$version"
        ship_migration "$commands"
}

sample_installed() {
        printf '%s\n' 'Package: sample' 'Status: install ok installed' 'Architecture: all' "Version: $1" 'Description: a sample' '' \
                >"$HOST_ROOT/var/lib/dpkg/status"
}

# ship_migration COMMANDS
ship_migration() {
        cat >"$HOST_ROOT/usr/lib/deploy-migrate/sample/v2.0.0/001_x" <<END
#!/bin/sh
event() {
        read -r uptime rest </proc/uptime
        echo "\$1 $name \$uptime" >"$CHANNEL/events"
}
done=\$DPKG_ROOT/var/lib/sample/done
case \$1 in
check)
        [ -e "\$done" ] || exit 1
        event leave
        ;;
migrate)
        event enter
        $1
        echo done >"\$done"
        ;;
esac
END
        chmod 755 "$HOST_ROOT/usr/lib/deploy-migrate/sample/v2.0.0/001_x"
}

# cli ARGUMENT...: the program on the root of the last host, in the environment by which all is ended after the test.
cli() {
        ${NETWORK:+nsenter -t "$NETWORK" -n} env -i PATH="$PATH" ${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"} DEPLOY_MIGRATE_TEST="$WORK" DEPLOY_MIGRATE_TEST_HOST="$WORK" \
                "$DEPLOY_MIGRATE" --root "$HOST_ROOT" "$@" >"$HOST_ROOT/out" 2>"$HOST_ROOT/err"
}

# boot_host NAME: it runs until it has migrated, as boot after boot would.
boot_host() {
        HOST_ROOT=$WORK/hosts/$1
        rm -f "$HOST_ROOT/out"
        event ask "$1"
        until cli run --json sample; do
                [ -d "$HOST_ROOT" ] || return
                event leave "$1"
                [ ! -e "$WORK/end" ] || return
                sleep 1
        done
}

# start_hosts NAME...: all of them at once, in the background.
start_hosts() {
        for name; do
                boot_host "$name" &
        done
}

names() {
        seq -f 'h%03g' "$1"
}

states() {
        cat "$WORK"/hosts/*/out | jq -r '.packages[0].migrations[0].state' | sort | uniq -c | tr -s ' \n' ' '
}

are_applied() {
        [ "$(cat "$WORK"/hosts/*/var/lib/sample/done 2>/dev/null | wc -l)" -eq "$1" ]
}

# landed NAME: whether its migration has.
landed() {
        [ -e "$WORK/hosts/$1/var/lib/sample/done" ]
}

# ---- At most so many at once, whoever dies ----

# The leader of etcd is killed every 10 s, and comes back 3 s later.
test_never_more_than_the_slots() {
        open_channel
        key limit "$SLOTS"
        for name in $(names "$HOSTS"); do
                sample_host "$name" 2.0 'sleep 1' TTL=9 WAIT=100000 POLL=$((HOSTS / 10 + 1))
        done
        # shellcheck disable=SC2046 # names
        start_hosts $(names "$HOSTS")
        kills=0
        until are_applied "$HOSTS"; do
                break_leader
                kills=$((kills + 1))
                [ $kills -le $((HOSTS * 2)) ] || fail 'it takes too long'
        done
        await_for 60 test "$(count_events leave)" -ge "$HOSTS"
        [ -z "${FLEET_EVENTS:-}" ] || cp "$WORK/events" "$FLEET_EVENTS"
        assert_overlap "$SLOTS"
        note "$HOSTS hosts, $PEAK of $SLOTS slots in use, leader killed $kills times"
        await_for 60 are_recorded "$HOSTS"
        [ "$PEAK" -gt 1 ] || fail 'they never were at it at the same time'
}

are_recorded() {
        [ "$(keys passed/ | wc -w)" -eq "$1" ]
}

break_leader() {
        for _ in 1 2 3 4 5 6 7; do
                ! are_applied "$HOSTS" || return 0
                sleep 1
        done
        node=$(leader)
        event kill "$node"
        kill_node "$node"
        sleep 3
        start_node "$node"
        event start "$node"
}

# Nobody gets in as long as there is no quorum, nothing is lost, and all go on afterwards.
test_no_quorum() {
        open_channel
        key limit 2
        for name in a b c d e; do
                sample_host $name 2.0 'sleep 2' TTL=6 WAIT=100000 POLL=1
        done
        start_hosts a b c d e
        await_for 60 grep -q '^enter' "$WORK/events"
        followers=$(printf '%s\n' 1 2 3 | grep -vx "$(leader)")
        for node in $followers; do
                kill_node "$node"
        done
        sleep 7 # longer than the TTL
        entered=$(count_events enter)
        sleep 11
        [ "$(count_events enter)" -eq "$entered" ] || fail 'a host got in without a quorum'
        for node in $followers; do
                start_node "$node"
        done
        await_for 120 are_applied 5
        assert_overlap 2
}

# ---- A holder that doesn't know that its time is over ----

# everything_of NAME: the processes of the host: the program, its turn, and whatever they have started.
everything_of() {
        grep -lsaF -e "$WORK/hosts/$1" /proc/[0-9]*/environ /proc/[0-9]*/cmdline | cut -d / -f 3 | sort -u
}

# signal_all NAME SIGNAL: twice, since one of them may have started another meanwhile; others have ended.
signal_all() {
        for _ in 1 2; do
                for pid in $(everything_of "$1"); do
                        kill "-$2" "$pid" 2>/dev/null || :
                done
        done
}

# The whole host is stopped in migrate, as when it is suspended, and goes on after another one has got its slot.
test_a_host_that_was_suspended() {
        open_channel
        sample_host a 2.0 'sleep 3' TTL=6 WAIT=100000 POLL=1
        sample_host b 2.0 'sleep 1' TTL=6 WAIT=100000 POLL=1
        touch "$WORK/end" # nobody tries again
        start_hosts a
        await grep -q '^enter a' "$WORK/events"
        signal_all a STOP
        start_hosts b
        await_for 60 landed b
        signal_all a CONT
        await grep -q '"result"' "$WORK/hosts/a/out"
        ! landed a || fail 'it has landed'
        jq -r '.packages[0].migrations[0] | .state + " " + .turn' "$WORK/hosts/a/out" | grep -qx 'postponed lost' ||
                fail "a says: $(cat "$WORK/hosts/a/out")"
        rm "$WORK/end"
        boot_host a
        landed a || fail 'it did not land in the end'
}

# Its turn alone is stopped: the migration has succeeded by then, and doesn't land.
test_a_turn_that_was_stopped() {
        open_channel
        sample_host a 2.0 "await_go() { until [ -e $CHANNEL/go ]; do sleep 0.1; done; }; await_go" TTL=6 WAIT=100000 POLL=1
        touch "$WORK/end"
        start_hosts a
        await grep -q '^enter a' "$WORK/events"
        turn=$(pgrep -f "turn-etcd sample 1.0 2.0" | while read -r pid; do
                ! grep -qsaF "$WORK/hosts/a" "/proc/$pid/environ" || echo "$pid"
        done)
        # shellcheck disable=SC2086 # numbers
        kill -STOP $turn
        touch "$CHANNEL/go"
        await grep -q '"result"' "$WORK/hosts/a/out"
        ! landed a || fail 'it has landed'
}

# A host in a network of its own, whose cable is pulled.
test_a_host_that_was_cut_off() {
        open_channel
        for node in 1 2 3; do
                kill_node $node
                start_node $node --listen-client-urls "http://0.0.0.0:2${node}79"
        done
        await is_healthy
        other_network
        sample_host a 2.0 'sleep 30' "ENDPOINTS=$(echo "$ENDPOINTS" | sed 's/127.0.0.1/10.99.0.1/g')" TTL=6 WAIT=100000 POLL=1
        sample_host b 2.0 'sleep 0.2' TTL=6 WAIT=100000 POLL=1
        touch "$WORK/end"
        NETWORK=$other start_hosts a
        await grep -q '^enter a' "$WORK/events"
        ip link set outer down
        start_hosts b
        await_for 60 landed b
        await grep -q '"result"' "$WORK/hosts/a/out"
        ! landed a || fail 'it has landed'
        assert_overlap 1
        ip link del outer
}

# Sets other: a process in it.
other_network() {
        env DEPLOY_MIGRATE_TEST="$WORK" DEPLOY_MIGRATE_TEST_HOST="$WORK" unshare --net sleep infinity &
        other=$!
        await differs_from_ours "$other"
        ip link add outer type veth peer name inner netns "$other"
        ip addr add 10.99.0.1/24 dev outer
        ip link set outer up
        nsenter -t "$other" -n sh -c 'ip addr add 10.99.0.2/24 dev inner && ip link set inner up && ip link set lo up'
}

differs_from_ours() {
        [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# ---- Canaries ----

# Exactly one ran; nobody else does until a fixed package is there, and a person has let them go on.
test_a_canary_that_fails() {
        open_channel
        key canary 1
        key limit 5
        touch "$WORK/end"
        for name in $(names 12); do
                sample_host "$name" 2.0 'exit 1' TTL=6 WAIT=100000 POLL=1
        done
        # shellcheck disable=SC2046 # names
        start_hosts $(names 12)
        await_for 60 all_have_said 12
        [ "$(count_events enter)" -eq 1 ] || fail "$(count_events enter) hosts ran"
        [ "$(states)" = ' 1 failed 11 postponed ' ] || fail "the hosts are: $(states)"
        cat "$WORK"/hosts/*/out | grep -c '"turn":"stopped"' | grep -qx 11 || fail 'not all know that the fleet is stopped'

        rm "$WORK/end"
        fleet resume
        for name in $(names 12); do
                HOST_ROOT=$WORK/hosts/$name
                sample_installed 2.1
                ship_migration 'sleep 0.1'
        done
        # shellcheck disable=SC2046 # names
        start_hosts $(names 12)
        await_for 120 are_applied 12
        assert_overlap 5
}

all_have_said() {
        [ "$(cat "$WORK"/hosts/*/out | grep -c '"result"')" -eq "$1" ]
}

# fleet VERB...: the command, on one of the hosts.
fleet() {
        of "$(basename "$HOST_ROOT")" "$DEPLOY_MIGRATE_FLEET/deploy-migrate-fleet" "$@" >"$OUT" 2>"$ERR" || fail "deploy-migrate-fleet $*"
}

# ---- Once for all of them ----

# once_host NAME: what it migrates is a row of a database that all share; etcd is one.
once_host() {
        sample_host "$1" 2.0 : TTL=6 WAIT=100000 POLL=1
        cat >"$HOST_ROOT/usr/lib/deploy-migrate/sample/v2.0.0/001_x" <<END
#!/bin/sh
export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$ENDPOINTS
case \$1 in
check)
        schema=\$(etcdctl get --print-value-only /schema/$GROUP) || exit 2
        [ -n "\$schema" ] || exit 1
        ;;
migrate)
        read -r uptime rest </proc/uptime
        echo "enter $1 \$uptime" >"$CHANNEL/events"
        ${2:-sleep 0.5}
        [ "\$DEPLOY_MIGRATE_TOKEN" -gt 0 ] && etcdctl put /schema/$GROUP "$1 \$DEPLOY_MIGRATE_TOKEN" >/dev/null
        ;;
esac
END
        echo '{"once": true, "network": true, "writes": []}' >"$HOST_ROOT/usr/lib/deploy-migrate/sample/v2.0.0/001_x.json"
}

test_once() {
        open_channel
        key limit 10
        for name in $(names 20); do
                once_host "$name"
        done
        # shellcheck disable=SC2046 # names
        start_hosts $(names 20)
        await_for 120 all_have_said 20
        [ "$(states)" = ' 1 applied 19 satisfied ' ] || fail "the hosts are: $(states)"
        [ "$(count_events enter)" -eq 1 ] || fail "it ran $(count_events enter) times"
}

# Its holder dies in the middle: one other does it.
test_once_whose_holder_dies() {
        open_channel
        key limit 10
        once_host a 'sleep 100'
        for name in $(names 5); do
                once_host "$name"
        done
        touch "$WORK/end"
        start_hosts a
        await grep -q '^enter a' "$WORK/events"
        # shellcheck disable=SC2046 # names
        start_hosts $(names 5)
        sleep 1
        signal_all a KILL
        await_for 60 all_have_said 5
        [ "$(states)" = ' 1 applied 4 satisfied ' ] || fail "the hosts are: $(states)"
        [ "$(count_events enter)" -eq 2 ] || fail "it ran $(count_events enter) times"
}

run_tests
