#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Migrations that reach out: they have the network, or connect to sockets of the system.

. "${0%/*}/lib.sh"
need_root
command -v python3 >/dev/null || skip_all 'python3 is missing'

# A socket of the tree, on which nothing listens.
make_socket() {
        mkdir -p "$ROOT/run"
        python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$ROOT/run/x.sock"
}

# manifest ID TEXT
manifest() {
        write "/usr/lib/deploy-migrate/sample/v$1.json" "$2"
}

# ship [MANIFEST]: three migrations, of which the second reaches out.
ship() {
        make_socket
        for id in 1.1.0/001_x 1.2.0/001_y 1.3.0/001_z; do
                migration sample $id
        done
        manifest 1.2.0/001_y "${1:-{\"connect\": [\"/run/x.sock\"]\}}"
        mkdir -p "$ROOT/var/lib/sample" "$ROOT/etc/sample"
        upgraded sample 1.0 1.3
        calls >/dev/null
}

check_preview_stops_at() {
        assert_json '.packages[0].migrations | map(.state + ":" + (has("files") | tostring)) | join(" ")' \
                'pending:true pending:false pending:false'
        assert_json ".packages[0] | .result + \" \" + (.error | contains(\"1.2.0/001_y reaches out ($1)\") | tostring)" \
                'pending true'
}

test_preview_does_not_run_one_that_connects() {
        ship
        expect 0 preview --json sample
        check_preview_stops_at /run/x.sock
        assert_calls 1.1.0/001_x:check 1.1.0/001_x:migrate 1.1.0/001_x:check
        expect 0 preview sample
        assert_out "'preview --reach-out' runs it"
}

# Without the network its check can't reach out.
test_preview_runs_the_check_of_one_with_the_network() {
        ship '{"network": true}'
        expect 0 preview --json sample
        check_preview_stops_at network
        assert_calls 1.1.0/001_x:check 1.1.0/001_x:migrate 1.1.0/001_x:check 1.2.0/001_y:check
        touch "$ROOT/var/lib/sample/1.2.0-001_y"
        expect 0 preview --json sample
        assert_json '.packages[0] | .result + " " + (.migrations | map(.state) | join(" "))' 'pending pending satisfied pending'
        assert_json '.packages[0].error' null
}

test_preview_runs_it_if_told_to() {
        for text in '{"connect": ["/run/x.sock"]}' '{"network": true}'; do
                rm -rf "${ROOT:?}/run"
                ship "$text"
                expect 0 preview --reach-out --json sample
                assert_json '.packages[0].migrations | map(.state + ":" + (has("files") | tostring)) | join(" ")' \
                        'pending:true pending:true pending:true'
                assert_json '.packages[0].error' null
                assert_ran 1.1.0/001_x 1.2.0/001_y 1.3.0/001_z
                assert_missing /var/lib/sample/1.2.0-001_y
        done
        expect 2 run --reach-out sample
        expect 2 plan --reach-out sample
}

test_a_direct_one_is_not_run_even_then() {
        ship '{"writes": "*", "connect": ["/run/x.sock"]}'
        expect 0 preview --reach-out --json sample
        assert_json '.packages[0].error | contains("runs directly on the system")' true
        assert_calls 1.1.0/001_x:check 1.1.0/001_x:migrate 1.1.0/001_x:check 1.2.0/001_y:check
        expect 0 preview --json sample
        assert_calls 1.1.0/001_x:check 1.1.0/001_x:migrate 1.1.0/001_x:check
}

# What comes before it is committed, but waits for its start to be archived.
test_it_fails_without_a_sandbox_and_what_was_before_is_kept() {
        ship '{"connect": ["/etc/sample/x.conf"]}'
        write /etc/sample/x.conf ''
        expect 1 run --json sample
        assert_json '.packages[0].migrations | map(.state) | join(" ")' 'applied failed pending'
        assert_json '.packages[0].error | contains("it isn\u0027t a socket")' true
        expect 0 history --files sample
        assert_out 1.1.0-001_x
        ls "$ROOT"/var/lib/deploy-migrate/sample/transactions/*1.1.0-001_x/slots >/dev/null
}

# A server of the system, which writes down the phases that connect to it.
start_server() {
        mkdir -p "$ROOT/run"
        python3 -c 'import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
while True:
    client, _ = server.accept()
    print(client.recv(99).decode(), flush=True)
    client.close()' "$ROOT/run/x.sock" >"$WORK/heard" &
        SERVER=$!
        helper $SERVER
        await test -S "$ROOT/run/x.sock"
}

test_a_live_server() {
        start_server
        call='python3 -c "import os, socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(os.environ[\"DPKG_ROOT\"] + \"/run/x.sock\")
client.send(sys.argv[1].encode())
client.recv(1)"'
        migration sample 1.1.0/001_x "$call \$1 || exit 3; test -e \"\$marker\"" "$call \$1 || exit 3; touch \"\$marker\""
        mkdir -p "$ROOT/var/lib/sample"
        upgraded sample 1.0 1.1
        expect 1 preview sample
        expect 1 run sample
        manifest 1.1.0/001_x '{"connect": ["/run/x.sock"]}'
        expect 0 preview sample
        [ ! -s "$WORK/heard" ] || fail "it was reached: $(cat "$WORK/heard")"
        expect 0 run sample
        [ "$(tr '\n' ' ' <"$WORK/heard")" = 'check migrate check ' ] || fail "it heard: $(cat "$WORK/heard")"
        kill $SERVER # it must not count as a process that a migration has left
}

# What the package says now doesn't matter for what was done.
test_it_is_marked() {
        ship '{"network": true, "connect": ["/run/x.sock"]}'
        marks='[.packages[0].migrations[] | select(.reaches_out == true) | .id] | join(" ")'
        for verb in plan status; do
                expect 0 $verb --json sample
                assert_json "$marks" 1.2.0/001_y
        done
        expect 0 plan sample
        assert_out 'pending, reaches out'
        expect 0 run --json sample
        assert_json "$marks" 1.2.0/001_y
        assert_history sample '[.[] | select(.reaches_out) | .event + ":" + .id + ":" + .reaches_out] | join("; ")' \
                'started:1.2.0/001_y:network, /run/x.sock; applied:1.2.0/001_y:network, /run/x.sock'
        rm "$ROOT/usr/lib/deploy-migrate/sample/v1.2.0/001_y.json"
        expect 0 status sample
        assert_out 'applied, reaches out'
        expect 0 history sample
        assert_out 'reaches out: network, /run/x.sock'
}

test_undo_needs_force_past_it() {
        ship
        expect 0 run sample
        rm -r "${ROOT:?}/usr/lib/deploy-migrate/sample"
        for option in '' --dry-run; do
                expect 1 undo $option sample
                assert_err "1.2.0/001_y reached out (/run/x.sock), and what it did there can't be undone; use --force"
                assert_exists /var/lib/sample/1.3.0-001_z
        done
        expect 0 undo --force sample
        assert_err "1.2.0/001_y reached out (/run/x.sock), and what it did there can't be undone"
        for id in 1.1.0-001_x 1.2.0-001_y 1.3.0-001_z; do
                assert_missing /var/lib/sample/$id
        done
}

test_undo_needs_force_past_one_that_changed_no_file() {
        ship
        migration sample 1.2.0/001_y 'test -e "$DPKG_ROOT/elsewhere"' 'gate'
        start run sample
        await_call 1.1.0/001_x:check
        await_call 1.1.0/001_x:migrate
        await_call 1.1.0/001_x:check
        await_call 1.2.0/001_y:check
        await_call 1.2.0/001_y:migrate
        touch "$ROOT/elsewhere" # as the server would, before the second check sees it
        open_gate
        finish 0
        assert_history sample '[.[] | select(.event == "applied" and .id == "1.2.0/001_y").changes] | join(" ")' 0
        expect 1 undo sample
        assert_err '1.2.0/001_y reached out (/run/x.sock)'
        expect 0 undo --force sample
        assert_missing /var/lib/sample/1.1.0-001_x
}

# It can have had its effects before it failed, also if a later check finds them.
test_undo_needs_force_past_one_that_failed() {
        ship
        migration sample 1.2.0/001_y '' 'exit 3'
        expect 1 run sample
        expect 1 undo sample
        assert_err '1.2.0/001_y reached out (/run/x.sock)'
        touch "$ROOT/var/lib/sample/1.2.0-001_y"
        expect 0 retry sample
        assert_history sample '[.[] | select(.id == "1.2.0/001_y")][-1].event' satisfied
        expect 1 undo sample
        assert_err '1.2.0/001_y reached out (/run/x.sock)'
}

test_undo_does_not_need_force_if_only_its_check_was_run() {
        ship
        touch "$ROOT/var/lib/sample/1.2.0-001_y"
        expect 0 run sample
        expect 0 undo sample
        assert_no_err
        assert_missing /var/lib/sample/1.1.0-001_x
}

test_lint_has_a_notice() {
        ship '{"network": true, "connect": ["/run/x.sock"]}'
        execute 0 "$DEPLOY_MIGRATE" lint "$ROOT/usr/lib/deploy-migrate/sample"
        assert_out '001_y: notice: reaches out (network, /run/x.sock): what it does there is in no transaction'
        execute 0 "$DEPLOY_MIGRATE" lint -q "$ROOT/usr/lib/deploy-migrate/sample"
        ! grep -q 'reaches out' "$OUT" || fail 'a notice is printed with -q'
}

test_package_json_has_defaults() {
        ship
        rm "$ROOT/usr/lib/deploy-migrate/sample/v1.2.0/001_y.json"
        write /usr/lib/deploy-migrate/sample/package.json '{"network": true}'
        manifest 1.3.0/001_z '{"network": false}'
        expect 0 plan --json sample
        assert_json '[.packages[0].migrations[] | select(.reaches_out) | .id] | join(" ")' '1.1.0/001_x 1.2.0/001_y'
}

run_tests
