#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# test: tries migrations on their fixtures, among them those that new makes.

. "${0%/*}/lib.sh"
need_root
need_mounts

# try NAME CHECK MIGRATE [MANIFEST]: makes the migration 1.2.0/001_NAME.sh with the fixture of new.
try() {
        set_up_source
        in_source 0 new "$1"
        cat >"$migrations/v1.2.0/001_$1.sh" <<END
#!/bin/sh
set -eu
config=\${DPKG_ROOT-}/etc/\$DEPLOY_MIGRATE_PACKAGE/config
case \$1 in
check) $2 ;;
migrate) $3 ;;
esac
END
        echo "${4:-{\}}" >"$migrations/v1.2.0/001_$1.json"
}

CHECK="exec grep -q '^new_key=' \"\$config\""
MIGRATE="sed -i 's/^old_key=/new_key=/' \"\$config\""

# assert_finds STATUS FAULT: test ends like this, and says so.
assert_finds() {
        in_source 1 test migrations
        assert_out FAILED
        assert_out "$1"
        assert_out "0 passed, 1 failed"
}

# Once the examples in its comments are code, it does what the fixture asks for.
test_what_new_makes() {
        set_up_source
        for language in sh python; do
                in_source 0 new "x_$language" --lang $language
        done
        in_source 1 test migrations
        assert_out "check isn't written yet"
        sed -i -e '/^ *fail /d' -e '/FILL IN/,/^}/s/^        #     /        /' "$migrations"/v1.2.0/001_x_sh.sh
        sed -i -e '/^ *raise /d' -e '/FILL IN/,/^$/s/^    #     /    /' "$migrations"/v1.2.0/002_x_python.py
        in_source 0 lint migrations
        [ ! -s "$OUT" ] || fail "lint has found something"
        in_source 0 test migrations
        assert_out '2 passed, 0 failed'
}

test_a_good_one_passes() {
        try good "$CHECK" "$MIGRATE"
        fingerprint >"$WORK/before"
        in_source 0 test migrations
        assert_out 'passed  1.2.0/001_good.sh example'
        assert_out '1 passed, 0 failed'
        in_source 0 test migrations 1.2.0/001_good.sh --json
        assert_json '.cases[0] | .id + " " + .case + " " + .result' '1.2.0/001_good.sh example passed'
        in_source 0 test --tap migrations
        assert_out 'ok 1 - 1.2.0/001_good.sh example'
        assert_out '1..1'
        fingerprint >"$WORK/after"
        cmp -s "$WORK/before" "$WORK/after" || fail "the sources were changed"
        [ -z "$(find "$WORK" -maxdepth 1 -name 'deploy-migrate.*')" ] || fail "something is left in TMPDIR"
        in_source 2 test migrations 9.9.9/001_none
}

AS_NOBODY="setpriv --reuid=nobody --regid=nogroup --clear-groups"

# passes COMMAND...: test passes, run by this command.
passes() {
        "$@" env TMPDIR="$WORK/tmp" "$DEPLOY_MIGRATE" test "$migrations" >"$OUT" 2>"$ERR" || fail "exit status $?"
        assert_out '1 passed, 0 failed'
        [ -z "$(ls -A "$WORK/tmp")" ] || fail "something is left in TMPDIR"
}

# in_chroot COMMAND...: where no user has a user name space, as in that of sbuild.
in_chroot() {
        mkdir "$WORK/chroot"
        # shellcheck disable=SC2016 # for the inner shell
        unshare --mount sh -ec 'mount --rbind / "$1" && exec chroot "$@"' sh "$WORK/chroot" "$@"
}

# What can't be proved somewhere is said, and the rest is.
test_users_and_containers() {
        try user "$CHECK" "$MIGRATE"
        chmod 711 "$WORK" "$ROOT"
        chown -R nobody "$source"
        mkdir -m 1777 "$WORK/tmp"
        # shellcheck disable=SC2086 # a command
        passes $AS_NOBODY
        ! grep -q 'not tried' "$OUT" || fail "a user can't try all"
        passes unshare --user --map-root-user
        ! grep -q 'not tried' "$OUT" || fail "root in a name space can't try all"
        passes setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin
        assert_out "not tried: that it works in a transaction, and touches nothing else: mounts can't be made here"
        assert_out "not tried: undo"
        assert_out "not tried: that it is killed and run again"
        # shellcheck disable=SC2086
        passes in_chroot $AS_NOBODY
        assert_out "not tried: that it works in a transaction"
        assert_out "not tried: that files have the right owners"
}

test_check_that_always_finds_the_effect() {
        try zero 'exit 0' "$MIGRATE"
        assert_finds "says that the effect is there before migrate was run"
}

test_check_that_never_finds_the_effect() {
        try one 'exit 1' "$MIGRATE"
        assert_finds "run on before/: 1.2.0/001_one.sh failed"
}

test_undeclared_files() {
        try undeclared "$CHECK" "$MIGRATE; mkdir -p \${DPKG_ROOT-}/etc; : >\${DPKG_ROOT-}/etc/other"
        assert_finds "other"
}

test_a_lost_mode() {
        try mode "$CHECK" "sed 's/^old_key=/new_key=/' \"\$config\" >\"\$config.new\"; mv \"\$config.new\" \"\$config\""
        chmod 640 "$migrations"/tests/1.2.0/001_mode.sh/example/*/etc/sample/config
        assert_finds "/etc/sample/config: mode 0644 instead of 0640"
}

test_a_lost_comment() {
        try comment "$CHECK" "sed -i -e '/^#/d' -e 's/^old_key=/new_key=/' \"\$config\""
        sed -i '1i # keep me' "$migrations"/tests/1.2.0/001_comment.sh/example/*/etc/sample/config
        assert_finds '-# keep me'
}

test_the_clock_and_the_order_of_directories() {
        try clock "$CHECK" "$MIGRATE; date +%s%N >>\"\$config\""
        in_source 1 test --record example migrations
        assert_out "does it depend on the clock"
        rm -rf "$migrations"
        try order "$CHECK" "$MIGRATE; find \"\${config%/*}\" -name 'part.*' -printf '%f\n' >>\"\$config\""
        for part in 1 2 3 4 5; do
                : >"$migrations"/tests/1.2.0/001_order.sh/example/before/etc/sample/part.$part
        done
        in_source 1 test --record example migrations
        assert_out "or on the order of files in a directory"
}

test_one_that_cannot_be_repeated_after_a_kill() {
        try killed "[ \"\$(tail -n 1 \"\$config\")\" = end ]" \
                "echo begin >>\"\$config\"; sleep 0.5; echo end >>\"\$config\"" '{"writes": "*"}'
        printf 'old_key=value\nbegin\nend\n' >"$migrations"/tests/1.2.0/001_killed.sh/example/after/etc/sample/config
        assert_finds "and run again"
        assert_out "not tried: undo"
}

# What is undone of an upgrade, if one of its migrations has changed the system directly.
test_an_undo_that_is_not_exact() {
        try undo "$CHECK" "$MIGRATE" '{"network": true}'
        in_source 0 test migrations
        ! grep -q 'not tried' "$OUT" || fail "its files can be undone"
        in_source 0 new direct --version 1.3.0
        echo '{"writes": "*"}' >"$migrations"/v1.3.0/001_direct.json
        cat >"$migrations"/v1.3.0/001_direct.sh <<'END'
#!/bin/sh
file=${DPKG_ROOT-}/etc/direct
case $1 in
check) [ -e "$file" ] ;;
migrate) echo new >"$file" ;;
esac
END
        mkdir "$migrations"/tests/upgrade
        mv "$migrations"/tests/1.2.0/001_undo.sh/example "$migrations"/tests/upgrade/1.1.0
        rm -r "$migrations"/tests/1.[23].0
        in_source 0 test --record upgrade/1.1.0 migrations
        assert_out 'not tried: undo, since 1.3.0/001_direct.sh runs directly on the system; of the whole it would leave:'
        assert_out '/etc/direct: '
        assert_out '1 passed, 0 failed'
}

test_an_upgrade_through_all_versions() {
        try first "$CHECK" "$MIGRATE"
        in_source 0 new second --version 1.3.0
        rm -rf "$migrations"/tests
        cat >"$migrations"/v1.3.0/001_second.sh <<'END'
#!/bin/sh
config=${DPKG_ROOT-}/etc/$DEPLOY_MIGRATE_PACKAGE/config
case $1 in
check) exec grep -q '^newest_key=' "$config" ;;
migrate) sed -i 's/^new_key=/newest_key=/' "$config" ;;
esac
END
        for tree in before after; do
                mkdir -p "$migrations"/tests/upgrade/1.1.0/$tree/etc/sample
        done
        echo old_key=1 >"$migrations"/tests/upgrade/1.1.0/before/etc/sample/config
        echo newest_key=1 >"$migrations"/tests/upgrade/1.1.0/after/etc/sample/config
        in_source 0 test migrations
        assert_out 'passed  upgrade/1.1.0'
}

test_recording() {
        try recorded "$CHECK" "$MIGRATE"
        rm -r "$migrations"/tests/1.2.0/001_recorded.sh/example/after
        assert_finds "--record example writes it"
        in_source 0 test --record example migrations
        [ "$(find "$migrations/tests" -path '*after*' -type f)" = \
                "$migrations/tests/1.2.0/001_recorded.sh/example/after/etc/sample/config" ] || fail "recorded something else"
        in_source 0 test migrations
}

test_data_that_no_two_runs_write_alike() {
        try alike "$CHECK" "$MIGRATE; head -c 9 /dev/urandom >>\"\$config\""
        fixture=$migrations/tests/1.2.0/001_alike.sh/example
        assert_finds "etc/sample/config"
        # What is left to compare is compared.
        printf '#!/bin/sh\nsed -i 2,\\$d "$DPKG_ROOT/etc/sample/config"\n' >"$fixture/normalize"
        chmod 755 "$fixture/normalize"
        head -n 1 "$fixture/after/etc/sample/config" >"$WORK/first" && cp "$WORK/first" "$fixture/after/etc/sample/config"
        in_source 0 test migrations
        echo new_key=other >"$fixture/after/etc/sample/config"
        assert_finds "-new_key=other"
        printf '#!/bin/sh\nexit 3\n' >"$fixture/normalize"
        in_source 3 test migrations
        assert_err "example/normalize ended with status 3"
}

test_trees_that_a_program_prepares() {
        try prepared "$CHECK" "$MIGRATE"
        fixture=$migrations/tests/1.2.0/001_prepared.sh/example
        printf '#!/bin/sh\nset -eu\ncd "$DPKG_ROOT/etc/sample"\nchown 12:34 config\nprintf "%%s\\n" "# $1" >>other\n' >"$fixture/prepare"
        chmod 755 "$fixture/prepare"
        in_source 1 test migrations
        assert_out '+# before'
        sed -i 's/# $1/# both/' "$fixture/prepare"
        in_source 0 test migrations
        [ ! -e "$fixture/before/etc/sample/other" ] || fail "the fixture was changed"
        printf '#!/bin/sh\nexit 3\n' >"$fixture/prepare"
        in_source 3 test migrations
        assert_err "example/prepare ended with status 3"
}

test_fixtures_that_are_wrong() {
        set_up_source
        in_source 0 new x
        mkdir "$migrations"/tests/plain/example -p
        in_source 2 test migrations
        assert_err "migrations/tests/plain/example: a directory of fixtures is tests/VERSION/FILE/CASE"
        rm -r "$migrations"/tests
        in_source 2 test migrations
        assert_err "has no fixture for this"
        in_source 3 test nowhere
}

run_tests
