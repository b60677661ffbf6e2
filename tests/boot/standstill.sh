#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What stands still because of a migration, and what brings it back.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

assert_nothing_failed() {
        expect 0 systemctl --failed --plain --no-legend
        [ ! -s "$OUT" ] || fail "failed: $(cat "$OUT")"
}

# ship_service VERSION [COMMANDS]
ship_service() {
        package sample "$1"
        service restart
        [ "$1" != 2.0 ] || format_migration 2.0.0/001_format "${2:-:}"
        ship
}

# Prints what the service says. A connection that systemd closes, as it stops the socket, is no answer.
client() {
        write /usr/libexec/ask <<'END'
#!/usr/bin/python3
import socket
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
client.connect("/run/sample.sock")
answer = client.recv(9).decode().strip()
print(answer)
raise SystemExit(not answer)
END
        chmod 755 "$TREE/usr/libexec/ask"
}

ask() {
        machine /usr/libexec/ask
}

# ship_socket VERSION [COMMANDS [restart]]: the client gets the format.
ship_socket() {
        package sample "$1"
        service_unit sample.service
        write /lib/systemd/system/sample.socket <<'END'
[Socket]
ListenStream=/run/sample.sock

[Install]
WantedBy=sockets.target
END
        write /usr/libexec/sample <<'END'
#!/usr/bin/python3
import socket
server = socket.socket(fileno=3)
while True:
    client = server.accept()[0]
    client.sendall(open("/var/lib/sample/format", "rb").read())
    client.close()
END
        chmod 755 "$TREE/usr/libexec/sample"
        [ "${1%%.*}" -lt 2 ] || format_migration "${1%%.*}.0.0/001_format" "${2:-:}"
        service_scripts "${3:-no-restart}" sample.socket
        client
        maintainer_script preinst <<'END'
[ "$1" != upgrade ] || systemctl stop sample.service
END
        maintainer_script postinst <<'END'
[ -z "$2" ] || /usr/libexec/ask >/var/lib/sample/answer 2>&1 &
END
        ship
}

test_a_socket_waits_for_the_migration_too() {
        ship_socket 1.0
        apt install sample
        [ "$(ask)" = 1 ] || fail "the service doesn't answer"
        # shellcheck disable=SC2016 # for the migration
        ship_socket 2.0 '[ -e /etc/sample-is-ready ] || exit 1'
        apt upgrade
        assert_back_after_retry
}

# Clients don't get through before the migration succeeds, nor do they make it be given up.
assert_back_after_retry() {
        # shellcheck disable=SC2034 # counts
        for client in 1 2 3 4 5; do
                ! ask 2>/dev/null || fail "the service answers on data of another format"
        done
        : >"$ROOT/etc/sample-is-ready"
        expect 0 deploy-migrate retry sample
        [ "$(ask)" = 2 ] || fail "the service doesn't answer after retry"
        assert_history sample '[.[] | select(.event == "gave-up")] | length' 0
        assert_nothing_failed
}

# While the socket is restarted, and the service behind it waits for the migration.
test_clients_wait_for_a_migration_that_succeeds() {
        ship_socket 1.0
        apt install sample
        [ "$(ask)" = 1 ] || fail "the service doesn't answer"
        ship_socket 2.0 'sleep 1' restart
        apt upgrade
        await grep -qs . "$ROOT/var/lib/sample/answer"
        assert_content /var/lib/sample/answer 2
        [ "$(when_started deploy-migrate@sample.service)" -gt "$(when_started sample.socket)" ] || fail "the socket has waited, too"
        assert_unit sample.socket active
}

# ship_connections VERSION [COMMANDS]: a service for each client.
ship_connections() {
        package sample "$1"
        client
        service_unit sample@.service
        write /lib/systemd/system/sample.socket <<'END'
[Socket]
ListenStream=/run/sample.sock
Accept=yes

[Install]
WantedBy=sockets.target
END
        write /lib/systemd/system/sample@.service.d/socket.conf <<'END'
[Service]
ExecStart=
ExecStart=/bin/cat /var/lib/sample/format
StandardOutput=socket
END
        [ "$1" = 1.0 ] || format_migration 2.0.0/001_format "$2"
        service_scripts restart sample.socket
        ship
}

test_services_of_connections_wait_too() {
        ship_connections 1.0
        apt install sample
        [ "$(ask)" = 1 ] || fail "the service doesn't answer"
        # shellcheck disable=SC2016 # for the migration
        ship_connections 2.0 '[ -e /etc/sample-is-ready ] || exit 1'
        apt upgrade
        assert_back_after_retry
}

test_what_was_postponed_is_tried_again() {
        ship_service 1.0
        apt install sample
        # shellcheck disable=SC2016 # for the migration
        ship_service 2.0 '[ -e /etc/sample-is-ready ] || exit 75'
        apt upgrade
        assert_unit sample.service inactive
        assert_unit deploy-migrate@sample.timer active
        : >"$ROOT/etc/sample-is-ready"
        await has_event sample completed
        await unit_is sample.service active
        await unit_is deploy-migrate@sample.timer inactive
        await nothing_is_failed
}

unit_is() {
        [ "$(machine systemctl is-active "$1")" = "$2" ]
}

nothing_is_failed() {
        [ -z "$(machine systemctl --failed --plain --no-legend)" ]
}

# As in an upgrade to the next Debian: a unit of ours has failed half way, and in the end all is well.
test_own_units_do_not_stay_failed() {
        ship_service 1.0
        apt install sample
        bad=$ROOT/usr/lib/deploy-migrate/sample/v2.0.0
        mkdir -p "$bad"
        : >"$bad/half unpacked"
        ship_service 1.1
        apt upgrade
        machine systemctl start deploy-migrate@sample.service || true
        machine systemctl start deploy-migrate.service || true
        rm -r "$bad"
        ship_service 2.0
        apt upgrade
        assert_unit sample.service active
        assert_content /var/lib/sample/format 2
        assert_nothing_failed
}

run_tests
