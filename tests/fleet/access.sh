#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An etcd with TLS, client certificates and users, set up by the commands of deploy-migrate-fleet(8): who gets in, and what else is closed.

. "${0%/*}/lib.sh"
need_fleet openssl:openssl
nodes=
SCHEME=https

PAGE=$(cd "${0%/*}/../../doc" && pwd)/deploy-migrate-fleet.8
ENDPOINTS=https://127.0.0.1:2179

# certificate NAME [EXTENSION]: of this CommonName.
certificate() {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
        echo "subjectAltName=${2:-DNS:$1}" >"$1.ext"
        openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
} >/dev/null 2>&1

start_secured() {
        cd "$WORK" || return
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 2 -keyout ca.key -out ca.pem >/dev/null 2>&1
        certificate server IP:127.0.0.1
        for name in root web1 stranger; do
                certificate $name
        done
        export ETCDCTL_CACERT="$WORK/ca.pem" ETCDCTL_CERT="$WORK/root.pem" ETCDCTL_KEY="$WORK/root.key"
        start_node 1 --initial-cluster node1=http://127.0.0.1:2180 --initial-cluster-state new --client-cert-auth --trusted-ca-file ca.pem \
                --cert-file server.pem --key-file server.key
        await is_healthy
        ctl user add root --no-password
        ctl user grant-role root root || ctl role add root && ctl user grant-role root root
        awk '/^\.Ss/ { inside = /A USER OF ETCD/ } inside && /^\.Ed/ { exit } inside && shown { print } inside && /^\.Bd/ { shown = 1 }' "$PAGE" \
                >"$WORK/commands"
        [ "$(wc -l <"$WORK/commands")" -eq 5 ] || fail 'the page has other commands'
        ETCDCTL_ENDPOINTS=$ENDPOINTS sh -ex "$WORK/commands"
        ctl user add fleet:secret
        ctl user grant-role fleet fleet
}

# secured NAME CERTIFICATE [SETTING...]
secured() {
        name=$1 certificate=$2
        shift 2
        host "$name" CACERT=/etc/ca.pem "CERT=/etc/$certificate.pem" "KEY=/etc/$certificate.key" "$@"
        cp "$WORK/ca.pem" "$WORK/$certificate.pem" "$WORK/$certificate.key" "$HOST_ROOT/etc"
        echo secret >"$HOST_ROOT/etc/password"
        echo wrong >"$HOST_ROOT/etc/wrong-password"
        chmod 600 "$HOST_ROOT/etc/password" "$HOST_ROOT/etc/wrong-password"
}

passes() {
        take_turn "$1" sample 1.0 2.0
        end_turn "$1" completed
        [ "$status" -eq 0 ] || fail "exit status $status: $(cat "$WORK/hosts/$1/err")"
        assert_keys passed/ "passed/sample@2.0/$1"
}

test_access() {
        start_secured
        secured web1 web1
        passes web1

        GROUP=other
        secured a stranger USER=fleet PASSWORD_FILE=/etc/password
        passes a
        end_turn_and_command

        chmod 640 "$HOST_ROOT/etc/password"
        refused 2 "isn't root's alone" a sample 2.0 3.0

        secured b stranger
        refused 2 'permission denied' b sample 1.0 2.0
        secured b stranger USER=fleet PASSWORD_FILE=/etc/wrong-password
        refused 2 'authentication failed' b sample 1.0 2.0
        secured b stranger USER=fleet PASSWORD_FILE=/etc/none
        refused 2 '/etc/none: ' b sample 1.0 2.0
        host b CACERT=/etc/ca.pem
        cp "$WORK/ca.pem" "$HOST_ROOT/etc"
        refused 75 "none of $ENDPOINTS answers" b sample 1.0 2.0
        host b
        refused 75 "none of $ENDPOINTS answers" b sample 1.0 2.0

        # The role is for nothing else.
        ctl put /other x
        for command in 'get /other' 'put /other x' 'get / --prefix' 'role list' 'get /deploy-migrat0'; do
                # shellcheck disable=SC2086 # words
                ! ETCDCTL_CERT=$WORK/web1.pem ETCDCTL_KEY=$WORK/web1.key ctl $command || fail "web1 may '$command'"
        done
}

end_turn_and_command() {
        fleet 0 a limit 3
        fleet 0 a status
        assert_out 'sample 2.0: passed by 1'
}

run_tests
