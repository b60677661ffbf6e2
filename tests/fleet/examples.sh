#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The turns of a few lines in deploy-migrate-fleet(8), with the text of that page, each granting, refusing and, if it can, losing a turn of the
# program.
#
# Environment: DEPLOY_MIGRATE, the program.

. "${0%/*}/lib.sh"
: "${DEPLOY_MIGRATE:?must be the program to test}"
unwrap_program
need_fleet psql:postgresql curl:curl prometheus:prometheus python3:python3
nodes=

PAGE=$(cd "${0%/*}/../../doc" && pwd)/deploy-migrate-fleet.8

# example TITLE NAME... [-- EXPRESSION...]: makes it the turn of these hosts, with the addresses of the test.
example() {
        awk -v title=".Ss $1" '/^\.S[hs]/ { inside = $0 == title } inside && /^\.Ed/ { exit } inside && shown { print } inside && /^\.Bd/ { shown = 1 }' \
                "$PAGE" | sed 's/\\e/\\/g' >"$WORK/example"
        [ -s "$WORK/example" ] || fail "the page has no '$1'"
        shift
        hosts=
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
                hosts="$hosts $1"
                shift
        done
        shift
        for expression; do
                cp "$WORK/example" "$WORK/before"
                sed -i "$expression" "$WORK/example"
                ! cmp -s "$WORK/before" "$WORK/example" || fail "the example hasn't what '$expression' changes"
        done
        for name in $hosts; do
                ship "$name" "${MIGRATE-}"
                install -m 755 "$WORK/example" "$WORK/hosts/$name/etc/deploy-migrate/turn"
        done
}

token() {
        cat "$WORK/hosts/$1/var/lib/sample/done"
}

# ---- flock ----

test_a_lock_on_a_shared_file_system() {
        mkdir "$WORK/hosts/shared"
        example 'A LOCK ON A SHARED FILE SYSTEM' a b c -- "s|/srv/fleet|$WORK/hosts/shared|" 's/--timeout 300/--timeout 0/'
        MIGRATE='exit 1' example 'A LOCK ON A SHARED FILE SYSTEM' bad -- "s|/srv/fleet|$WORK/hosts/shared|" 's/--timeout 300/--timeout 0/'
        migrates a
        flock --no-fork "$WORK/hosts/shared/lock" sleep 1000 &
        await locked
        denied b not-now 'another host migrates'
        kill $!
        await unlocked
        migrates b
        ! run_on bad run sample
        denied c stopped "$(uname -n): sample 1.1 failed 1.1.0/001_x"
}

locked() {
        ! unlocked
}

unlocked() {
        flock --nonblock "$WORK/hosts/shared/lock" true
}

# ---- PostgreSQL ----

start_postgresql() {
        bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        data=$WORK/hosts/postgresql
        install -d -o postgres "$data" "$data/socket"
        setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/initdb" -D "$data/data" -A trust --no-sync >"$WORK/initdb"
        DEPLOY_MIGRATE_TEST_HOST="$WORK" setpriv --reuid=postgres --regid=postgres --clear-groups \
                "$bin/postgres" -D "$data/data" -k "$data/socket" -c listen_addresses= -c fsync=off >"$data/log" 2>&1 &
        server=$!
        await "$bin/pg_isready" -q -h "$data/socket"
}

test_a_lock_of_postgresql() {
        start_postgresql
        connection="host=$data/socket user=postgres"
        set -- "s|service=fleet|'$connection'|" 's/300s/500ms/' 's/timeout 10/timeout 0.2/'
        example 'A LOCK OF POSTGRESQL' a b -- "$@"
        MIGRATE='sleep 60' example 'A LOCK OF POSTGRESQL' slow -- "$@"
        migrates a
        { echo "SELECT pg_advisory_lock(hashtext('deploy-migrate'));" && sleep 3; } | psql -qAtX "$connection" >"$WORK/held" &
        await test -s "$WORK/held"
        denied b not-now 'canceling statement due to lock timeout'
        wait $!
        migrates b
        [ "$(token b)" -gt "$(token a)" ] || fail "the token $(token b) isn't above $(token a)"
        (denied slow lost "the turn was lost") &
        await test -e "$WORK/hosts/slow/var/lib/deploy-migrate/sample/stage"
        await grep -q started "$WORK/hosts/slow/var/lib/deploy-migrate/sample/history.jsonl"
        kill -QUIT $server
        wait $!
}

# ---- FleetLock ----

# A server of it with one slot, on port 8081.
start_fleetlock() {
        cat >"$WORK/hosts/fleetlock.py" <<'END'
import http.server, json

holders = set()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        params = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["client_params"]
        if self.headers["fleet-lock-protocol"] != "true" or params["group"] != "default" or not params["id"]:
            return self.answer(400, "bad_request")
        if self.path == "/v1/pre-reboot":
            if holders - {params["id"]}:
                return self.answer(409, "lock_held")
            holders.add(params["id"])
            return self.answer(200, "")
        holders.discard(params["id"])
        self.answer(200 if self.path == "/v1/steady-state" else 404, "")

    def answer(self, status, kind):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"kind": kind, "value": kind}).encode() if kind else b"")

    def log_message(self, *words):
        pass

http.server.HTTPServer(("127.0.0.1", 8081), Handler).serve_forever()
END
        DEPLOY_MIGRATE_TEST_HOST="$WORK" python3 "$WORK/hosts/fleetlock.py" &
        await fleetlock nobody steady-state
}

# fleetlock ID PATH: another host asks.
fleetlock() {
        curl -sf -H 'fleet-lock-protocol: true' -d "{\"client_params\": {\"id\": \"$1\", \"group\": \"default\"}}" "http://127.0.0.1:8081/v1/$2"
}

test_a_server_of_fleetlock() {
        start_fleetlock
        set -- 's|fleetlock.example.org|127.0.0.1:8081|'
        example 'A SERVER OF FLEETLOCK' a b -- "$@"
        MIGRATE='exit 1' example 'A SERVER OF FLEETLOCK' bad -- "$@"
        migrates a
        fleetlock other pre-reboot
        denied b not-now '409'
        fleetlock other steady-state
        migrates b
        ! run_on bad run sample
        ! fleetlock other pre-reboot || fail 'one that failed has given its place back'
}

# ---- Prometheus ----

test_an_alert_of_prometheus() {
        echo 'groups: []' >"$WORK/hosts/rules.yml"
        printf 'global: {evaluation_interval: 1s}\nrule_files: [%s]\n' "$WORK/hosts/rules.yml" >"$WORK/hosts/prometheus.yml"
        DEPLOY_MIGRATE_TEST_HOST="$WORK" prometheus --config.file="$WORK/hosts/prometheus.yml" --storage.tsdb.path="$WORK/hosts/tsdb" \
                --web.listen-address=127.0.0.1:9090 >"$WORK/hosts/prometheus.log" 2>&1 &
        server=$!
        await curl -sf http://127.0.0.1:9090/-/ready
        example 'AN ALERT OF PROMETHEUS' a b -- 's|prometheus.example.org|127.0.0.1|'
        migrates a
        echo 'groups: [{name: x, rules: [{alert: X, expr: vector(1), labels: {severity: critical}}]}]' >"$WORK/hosts/rules.yml"
        kill -HUP $server
        await fires
        denied b not-now 'a critical alert is firing'
        kill -KILL $server
        denied b not-now 'connect'
}

fires() {
        curl -s 'http://127.0.0.1:9090/api/v1/query?query=ALERTS' | grep -q '"alertstate":"firing"'
}

run_tests
