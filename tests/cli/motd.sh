#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The message at login: none, unless an administrator has something to do.

. "${0%/*}/lib.sh"
need_root

ZEROES=00000000000000000000000000000000
MOTD=$(cd "${0%/*}/../../units" && pwd)/95-deploy-migrate

# login [COMMANDS]: runs the script as pam_motd does; with commands in place of the program.
login() {
        write /bin/deploy-migrate <<END
#!/bin/sh
${1:-LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}" exec "$DEPLOY_MIGRATE" --root "$ROOT" "\$@"}
END
        chmod 755 "$ROOT/bin/deploy-migrate"
        mkdir -p "$ROOT/etc/update-motd.d"
        cp "$MOTD" "$ROOT/etc/update-motd.d"
        execute 0 env -i PATH="$ROOT/bin:/usr/sbin:/usr/bin:/sbin:/bin" run-parts --lsbsysinit "$ROOT/etc/update-motd.d"
        assert_no_err
}

# assert_login LINE...
assert_login() {
        login
        for line; do
                echo "$line"
        done | diff - "$OUT" || fail "the message differs"
}

ship() {
        for package in alpha beta gamma; do
                migration $package 1.1.0/001_first "$@"
                upgraded $package 1.0-1 1.1-1
        done
}

test_nothing_to_report() {
        assert_login
        ship
        expect 0 run
        assert_login
}

test_a_line_for_pending_packages() {
        ship
        assert_login 'deploy-migrate: data still to be migrated: alpha, beta, gamma' "  see 'deploy-migrate status'"
        expect 0 run alpha gamma
        assert_login "deploy-migrate: data still to be migrated: beta; see 'deploy-migrate status'"
}

test_a_line_for_failed_packages() {
        ship 'exit 1' 'exit 1'
        expect 1 run beta gamma
        assert_login 'deploy-migrate: data could not be migrated: beta, gamma' "  see 'deploy-migrate status'" \
                "deploy-migrate: data still to be migrated: alpha; see 'deploy-migrate status'"
        expect 1 run beta
        expect 1 run beta
        touch "$ROOT/usr/lib/deploy-migrate/alpha/v1.1.0/nonsense"
        migration gamma 1.1.0/001_first
        expect 0 run gamma
        assert_login 'deploy-migrate: data could not be migrated: alpha, beta' "  see 'deploy-migrate status'"
}

test_a_line_for_a_consent() {
        ship
        write /usr/lib/deploy-migrate/beta/v1.1.0/001_first.json '{"consent": "It takes hours."}'
        assert_login 'deploy-migrate: waits for your consent to be migrated: beta' \
                "  see 'deploy-migrate status'; give it with 'deploy-migrate accept'" \
                'deploy-migrate: data still to be migrated: alpha, gamma' "  see 'deploy-migrate status'"
        expect 1 run
        expect 0 accept beta
        assert_login "deploy-migrate: data still to be migrated: beta; see 'deploy-migrate status'"
}

test_a_line_for_a_downgrade() {
        ship
        expect 0 run
        package beta 1.0-1
        assert_login "deploy-migrate: older than its data: beta" "  see 'deploy-migrate status'; the way back is 'deploy-migrate undo'"
}

test_a_line_for_what_runs() {
        ship
        migration beta 1.1.0/001_first '' 'echo "3/10" >&3; gate; echo done >"$marker"'
        expect 0 run alpha gamma
        calls >/dev/null
        start preview beta
        await tells '^deploy-migrate: a preview is running: beta ([0-9]* s, 30%)'
        open_gate
        finish 0
        calls >/dev/null
        start run beta
        await tells '^deploy-migrate: data is being migrated: beta ([0-9]* s, 30%)'
        open_gate
        finish 0
}

# tells PATTERN: the files of the other process are $OUT and $ERR.
tells() (
        OUT=$WORK/out2 ERR=$WORK/err2
        login
        grep -q "$1" "$OUT"
)

test_many_packages_take_few_lines() {
        for n in 1 2 3 4 5 6 7 8 9 10 11; do
                migration "package-number-$n" 1.1.0/001_first
                package "package-number-$n" 1.1-1
                write "/var/lib/deploy-migrate/package-number-$n/history.jsonl" "{\"time\":\"2026-01-01T00:00:00.000000Z\",\"boot\":\"$ZEROES\",\"run\":\"$ZEROES\",\"event\":\"baseline\",\"version\":\"1.0-1\",\"source\":\"installed\"}"
        done
        login
        grep -q ' 3 more$' "$OUT" || fail "it doesn't count the others"
        ! grep -q '.\{81\}' "$OUT" || fail 'it is wider than 80 columns'
}

test_no_login_fails_or_waits() {
        ship
        for trouble in 'exit 3' 'exit 127' "kill -SEGV \$\$" 'echo half; exit 3' 'trap "" TERM; sleep 4321 & wait; wait'; do
                login "$trouble"
                [ ! -s "$OUT" ] || fail "it prints something: $trouble"
        done
        rm "$ROOT/bin/deploy-migrate"
        execute 0 env -i PATH="$ROOT/bin" "$MOTD"
        assert_no_err
        [ ! -s "$OUT" ] || fail "it prints something without the program"
}

run_tests
