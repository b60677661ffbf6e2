# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of fleets share: an etcd of three nodes, which are processes of the test on the loopback interface of a network name space
# of its own, and hosts, each of which is a root directory with a fleet.conf. A script sources this file, calls need_fleet, defines functions
# named test_*, and ends with run_tests. Each function is one line of TAP: it runs in a subshell with set -e, and has a group of its own.
#
# Environment: DEPLOY_MIGRATE_FLEET, the directory of turn-etcd and the others, unless it is src/fleet.

. "${0%/*}/../tap.sh"

: "${DEPLOY_MIGRATE_FLEET:=$(cd "${0%/*}/../../src/fleet" && pwd)}"
unset DPKG_ROOT
export LC_ALL=C TERM=dumb ETCDCTL_API=3
umask 022

# ---- The runner ----

# need_fleet [PROGRAM:PACKAGE...]: goes on where no port is taken. Debian's etcd-server may have started a daemon, which has nothing to do with
# this one.
need_fleet() {
        [ "$(id -u)" -eq 0 ] || skip_all "must run as root"
        for tool in etcd:etcd-server etcdctl:etcd-client jq:jq "$@"; do
                command -v "${tool%:*}" >/dev/null || {
                        echo "Bail out! packages are missing: apt-get install ${tool#*:}"
                        exit 1
                }
        done
        [ -z "${DEPLOY_MIGRATE_TEST_NETWORK:-}" ] || return 0
        unshare --net true 2>/dev/null || skip_all "can't make a network name space"
        export DEPLOY_MIGRATE_TEST_NETWORK=1
        exec unshare --net sh -c 'ip link set lo up; exec "$0"' "$0"
}

# The nodes that are started. A script that needs no etcd, or another one, sets it.
nodes='1 2 3'

run_tests() {
        WORK=$(mktemp -d) || exit 1
        chmod 755 "$WORK"
        OUT=$WORK/out ERR=$WORK/err
        trap 'clean_up; rm -rf "$WORK"' EXIT
        trap 'exit 1' HUP INT PIPE TERM
        export DEPLOY_MIGRATE_TEST="$WORK"
        for node in $nodes; do
                start_node $node
        done
        [ -z "$nodes" ] || (await_for 100 is_healthy) || {
                echo 'Bail out! there is no etcd'
                exit 1
        }
        run_all
}

run_test() {
        GROUP=$1
        mkdir "$WORK/hosts"
        (
                set -e
                "test_$1"
        ) >"$WORK/log" 2>&1 </dev/null
        report $? "$1"
        end_hosts
        rm -rf "$WORK/hosts" "$WORK/note" "$OUT" "$ERR"
}

print_diagnostics() {
        print_output
        for file in "$WORK"/hosts/*/out "$WORK"/hosts/*/err; do
                [ ! -s "$file" ] || sed "s|^|${file#"$WORK/hosts/"}: |" "$file"
        done
        [ -z "$nodes" ] || ctl get --prefix "/deploy-migrate/$GROUP/" | paste - - | sed 's/^/etcd: /'
}

# All that the test has started, by its environment.
clean_up() {
        # shellcheck disable=SC2013 # words
        for pid in $(grep -lsaF "DEPLOY_MIGRATE_TEST=$WORK" /proc/[0-9]*/environ | cut -d / -f 3); do
                [ "$pid" -eq $$ ] || kill -KILL "$pid"
        done
} 2>/dev/null

# The same but for etcd; turns that the program has started have but a root in their environment.
end_hosts() {
        # shellcheck disable=SC2013 # words
        for pid in $(grep -lsaF -e "DEPLOY_MIGRATE_TEST_HOST=$WORK" -e "DPKG_ROOT=$WORK/" /proc/[0-9]*/environ | cut -d / -f 3); do
                kill -KILL "$pid"
        done
        for node in $nodes; do
                kill -CONT "$(cat "$WORK/node$node.pid")"
        done
} 2>/dev/null

# ---- etcd: node N answers on port 2N79 ----

SCHEME=http

# start_node N [ARGUMENT...]: it goes on with the data that it has.
start_node() {
        node=$1
        shift
        etcd --name "node$node" --data-dir "$WORK/node$node" --heartbeat-interval 50 --election-timeout 500 --logger zap --log-level warn \
                --listen-client-urls "$SCHEME://127.0.0.1:2${node}79" --advertise-client-urls "$SCHEME://127.0.0.1:2${node}79" \
                --listen-peer-urls "http://127.0.0.1:2${node}80" --initial-advertise-peer-urls "http://127.0.0.1:2${node}80" \
                --initial-cluster "node1=http://127.0.0.1:2180,node2=http://127.0.0.1:2280,node3=http://127.0.0.1:2380" "$@" \
                >>"$WORK/node$node.log" 2>&1 </dev/null &
        echo $! >"$WORK/node$node.pid"
}

kill_node() {
        pid=$(cat "$WORK/node$1.pid")
        kill -KILL "$pid"
        await_for 10 is_gone "$pid"
}

# pause_node, resume_node N: it doesn't answer, and doesn't notice.
pause_node() {
        kill -STOP "$(cat "$WORK/node$1.pid")"
}

resume_node() {
        kill -CONT "$(cat "$WORK/node$1.pid")"
}

# Not even a thread of it is left that could hold its port.
is_gone() {
        ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/task"/*/status
}

ENDPOINTS=http://127.0.0.1:2179,http://127.0.0.1:2279,http://127.0.0.1:2379

# ctl ARGUMENT...: etcdctl, as nobody who is restricted.
ctl() {
        ETCDCTL_ENDPOINTS=$ENDPOINTS etcdctl "$@"
}

is_healthy() {
        ctl endpoint health >"$WORK/health" 2>&1
}

# leader: which node it is.
leader() {
        ctl endpoint status --write-out=json 2>/dev/null | jq -r '.[] | select(.Status.leader == .Status.header.member_id) | .Endpoint' | sed 's/.*:2\(.\)79$/\1/'
}

# key NAME [VALUE]: reads or writes one of the group.
key() {
        if [ $# -eq 1 ]; then
                ctl get --print-value-only "/deploy-migrate/$GROUP/$1"
        else
                ctl put "/deploy-migrate/$GROUP/$1" "$2" >/dev/null
        fi
}

# keys PREFIX: their names, in one line.
keys() {
        ctl get --prefix --keys-only "/deploy-migrate/$GROUP/$1" | grep . | sed "s|^/deploy-migrate/$GROUP/||" | paste -s -d ' '
}

# ---- Hosts ----

# host NAME [SETTING...]: its root is $WORK/hosts/NAME; what it says there comes before what all have.
host() {
        name=$1
        shift
        HOST_ROOT=$WORK/hosts/$name
        mkdir -p "$HOST_ROOT/etc/deploy-migrate"
        printf '%s\n' "ENDPOINTS=$ENDPOINTS" "GROUP=$GROUP" "HOST=$name" TTL=6 WAIT=0 POLL=1 "$@" >"$HOST_ROOT/etc/deploy-migrate/fleet.conf"
        printf '#!/bin/sh\nexec "%s/turn-etcd" "$@"\n' "$DEPLOY_MIGRATE_FLEET" >"$HOST_ROOT/etc/deploy-migrate/turn"
        chmod 755 "$HOST_ROOT/etc/deploy-migrate/turn"
}

# of NAME COMMAND...: runs it as the runner starts a turn.
of() (
        become "$@"
)

# become NAME COMMAND...: the same in place of this shell.
become() {
        name=$1
        shift
        exec env -i PATH="$PATH" LANG=C.UTF-8 HOME=/root DPKG_ROOT="$WORK/hosts/$name" DEPLOY_MIGRATE_TEST="$WORK" \
                DEPLOY_MIGRATE_TEST_HOST="$WORK" "$@"
}

# start_turn NAME PACKAGE FROM TO [ONCE-ID]: in the background, with a pipe in place of the runner.
start_turn() {
        name=$1
        shift
        HOST_ROOT=$WORK/hosts/$name
        rm -f "$HOST_ROOT/in"
        mkfifo "$HOST_ROOT/in"
        : >"$HOST_ROOT/out"
        : >"$HOST_ROOT/err"
        become "$name" sleep infinity >"$HOST_ROOT/in" &
        echo $! >"$HOST_ROOT/writer"
        become "$name" "$HOST_ROOT/etc/deploy-migrate/turn" "$@" <"$HOST_ROOT/in" >"$HOST_ROOT/out" 2>"$HOST_ROOT/err" &
        echo $! >"$HOST_ROOT/pid"
}

# await_grant NAME: sets TOKEN, for who wants it.
await_grant() {
        await grep -q '^valid ' "$WORK/hosts/$1/out"
        # shellcheck disable=SC2034 # for the script
        TOKEN=$(sed -n 's/^granted //p' "$WORK/hosts/$1/out")
}

take_turn() {
        start_turn "$@"
        await_grant "$1"
}

# end_turn NAME [LINE]: as the runner ends it; sets status.
end_turn() {
        [ -z "${2-}" ] || printf '%s\n' "$2" >"$WORK/hosts/$1/in"
        kill -KILL "$(cat "$WORK/hosts/$1/writer")"
        await_end "$1"
}

# await_end NAME: sets status.
await_end() {
        await is_gone "$(cat "$WORK/hosts/$1/pid")"
        status=0
        wait "$(cat "$WORK/hosts/$1/pid")" || status=$?
}

# refused STATUS TEXT NAME ARGUMENT...: it isn't granted, for this reason.
refused() {
        wanted=$1 text=$2
        shift 2
        name=$1
        start_turn "$@"
        await_end "$name"
        [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted of a turn of $name"
        [ ! -s "$WORK/hosts/$name/out" ] || fail "$name was told: $(cat "$WORK/hosts/$name/out")"
        tail -n 1 "$WORK/hosts/$name/err" | grep -qF -e "$text" || fail "the reason isn't '$text', but: $(cat "$WORK/hosts/$name/err")"
}

# ---- The program: DEPLOY_MIGRATE ----

# ship NAME [MIGRATE]: the package sample was upgraded from 1.0 to 1.1 on this host, whose root this makes. Its migration runs these
# commands; MANIFEST is its manifest.
ship() {
        HOST_ROOT=$WORK/hosts/$1
        folder=$HOST_ROOT/usr/lib/deploy-migrate/sample/v1.1.0
        mkdir -p "$HOST_ROOT/etc/deploy-migrate" "$HOST_ROOT/var/lib/dpkg/updates" "$HOST_ROOT/var/lib/sample" "$folder"
        printf 'Package: sample\nStatus: install ok installed\nArchitecture: all\nVersion: 1.1\nDescription: x\n\n' \
                >"$HOST_ROOT/var/lib/dpkg/status"
        cat >"$folder/001_x" <<END
#!/bin/sh
case \$1 in
check) test -e "\$DPKG_ROOT/var/lib/sample/done" ;;
migrate) ${2:-:} && echo "\$DEPLOY_MIGRATE_TOKEN" >"\$DPKG_ROOT/var/lib/sample/done" ;;
esac
END
        chmod 755 "$folder/001_x"
        echo "${MANIFEST:-{\}}" >"$folder/001_x.json"
        run_on "$1" baseline sample 1.0 >/dev/null
}

# run_on NAME ARGUMENT...: the program on this host.
run_on() (
        name=$1
        shift
        export DEPLOY_MIGRATE_TEST_HOST="$WORK"
        exec "$DEPLOY_MIGRATE" --root "$WORK/hosts/$name" "$@"
)

# migrates NAME: all went well.
migrates() {
        status=0
        run_on "$1" run sample >"$OUT" 2>"$ERR" || status=$?
        [ "$status" -eq 0 ] || fail "exit status $status of a run on $1"
        [ -s "$WORK/hosts/$1/var/lib/sample/done" ] || fail "nothing was done on $1"
}

# denied NAME TURN TEXT: it is postponed, for this reason.
denied() {
        status=0
        run_on "$1" run --json sample >"$OUT" 2>"$ERR" || status=$?
        [ "$status" -eq 1 ] || fail "exit status $status of a run on $1"
        got=$(jq -r '.packages[0] | .result + " " + .migrations[0].turn' "$OUT")
        [ "$got" = "postponed $2" ] || fail "on $1 it is '$got', not 'postponed $2'"
        jq -r '.packages[0].migrations[0].error' "$OUT" | grep -qF -e "$3" || fail "the reason isn't '$3', but: $(cat "$OUT")"
        [ ! -e "$WORK/hosts/$1/var/lib/sample/done" ] || fail "it was done on $1"
}

# fleet STATUS NAME ARGUMENT...: the command deploy-migrate-fleet on this host.
fleet() {
        wanted=$1 on=$2 status=0
        shift 2
        of "$on" "$DEPLOY_MIGRATE_FLEET/deploy-migrate-fleet" "$@" >"$OUT" 2>"$ERR" || status=$?
        [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: deploy-migrate-fleet $*"
}

# ---- In a test ----

assert_key() {
        got=$(key "$1")
        [ "$got" = "$2" ] || fail "$1 is '$got', not '$2'"
}

assert_keys() {
        got=$(keys "$1")
        [ "$got" = "$2" ] || fail "below $1 there are '$got', not '$2'"
}
