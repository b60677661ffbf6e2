#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lint: all findings about a source tree at once, as errors, warnings and notices.

. "${0%/*}/lib.sh"

SOURCE=/source
GOOD='#!/bin/sh'

# ship ID [TEXT [MODE]]: makes a migration in the source tree.
ship() {
        write "$SOURCE/v$1" "${2:-$GOOD}"
        chmod "${3:-755}" "$ROOT$SOURCE/v$1"
}

manifest() {
        write "$SOURCE/v$1.json" "$2"
}

# lint STATUS [ARGUMENT...]: runs in the parent of the source tree, so that paths are short.
lint() {
        wanted=$1
        shift
        (cd "$ROOT" && execute "$wanted" "$DEPLOY_MIGRATE" lint source "$@")
}

# assert_lint FINDING...: exactly these findings; each is the beginning of a line.
assert_lint() {
        n=$(wc -l <"$OUT")
        [ "$n" -eq $# ] || fail "$n findings instead of $#"
        for finding; do
                grep -q "^$finding" "$OUT" || fail "not found: $finding"
        done
        assert_no_err
}

test_no_findings() {
        ship 1.1.0/001_x
        manifest 1.1.0/001_x '{"description": "x", "writes": ["/etc/x"], "since": "1.1-2"}'
        ship 1.1.0/002_x.py 'def check(): return True' 644
        ship 1.2.0-rc.1/001_x "$(printf '\177ELF\002')"
        write $SOURCE/package.json '{"check_scratch": true}'
        write $SOURCE/shared.py 'pass'
        write $SOURCE/v1.1.0/README 'some words'
        lint 0
        assert_lint
        lint 0 --package-version 1.2-1
        assert_lint
        lint 0 --json
        assert_json '.findings | length' 0
}

test_all_findings_at_once() {
        ship 1.1.0/001_x "$GOOD" 644
        manifest 1.1.0/001_x '{"write": [], "network": 1, "writes": ["etc", "/etc/x", "/var", 1], "since": "x y"}'
        ship 1.1.0/002_x
        ship 1.1.0/002_y
        manifest 1.1.0/003_x '{}'
        ship 1.1.0/4_x
        ship 1.1.0/a-b
        ship 1.2/001_x
        ship 1.3.0/001_x 'echo' 600
        ship 1.3.0+build/001_x
        manifest 1.3.0+build/001_x '{'
        write $SOURCE/package.json '{"since": "1.0", "timeout_sec": -1}'
        lint 1
        assert_lint \
                'source/package.json: error: "since" belongs to one migration' \
                'source/package.json: error: "timeout_sec" must be' \
                'source/v1.2: error: starts with "v"' \
                'source: error: v1.3.0 and v1.3.0+build are the same version' \
                'source/v1.1.0/4_x: error: is neither' \
                'source/v1.1.0/a-b: error: is neither' \
                'source/v1.1.0: error: 002_x and 002_y have the same number' \
                'source/v1.1.0/003_x.json: error: there is no migration' \
                "source/v1.1.0/001_x: error: isn't executable; chmod 755 it" \
                'source/v1.1.0/001_x.json: error: unknown key "write"' \
                'source/v1.1.0/001_x.json: error: "network" must be' \
                "source/v1.1.0/001_x.json: error: \"writes\" can't contain \"etc\": it isn't an absolute path" \
                "source/v1.1.0/001_x.json: error: \"writes\" can't contain \"/var\": it contains" \
                'source/v1.1.0/001_x.json: error: "writes" must contain only strings' \
                'source/v1.1.0/001_x.json: error: "since": ' \
                "source/v1.3.0/001_x: error: isn't executable" \
                'source/v1.3.0/001_x: error: has no "#!" line' \
                'source/v1.3.0+build/001_x.json:2: error: '
}

# The errors are exactly what a run refuses: a tree that passes lint is never refused later.
test_a_machine_refuses_the_same() {
        while read -r id mode text; do
                rm -rf "$ROOT$SOURCE" "$ROOT/usr/lib/deploy-migrate/sample" "$ROOT/var/lib/deploy-migrate"
                ship "$id" "$GOOD" "$mode"
                [ -z "$text" ] || manifest "$id" "$text"
                lint 1
                mkdir -p "$ROOT/usr/lib/deploy-migrate"
                cp -Rp "$ROOT$SOURCE" "$ROOT/usr/lib/deploy-migrate/sample"
                package sample 1.1
                expect 3 run --from 1.0 sample
        done <<END
1.1.0/001_x 644
1.1.0/001x 755
1.1/001_x 755
1.1.0/001_x 755 {"x": 1}
1.1.0/001_x 755 {"writes": "/etc"}
1.1.0/001_x 755 {"writes": ["/var/lib/deploy-migrate/x"]}
END
}

test_programs_that_cannot_be_started() {
        ship 1.0.0/001_x 'echo'
        ship 1.0.0/002_x '#!sh'
        ship 1.0.0/003_x '#!'
        ship 1.0.0/004_x "$(printf '#!/bin/sh\r\necho\r')"
        ship 1.0.0/005_x '#! /usr/bin/env python3'
        : >"$ROOT$SOURCE/v1.0.0/006_x"
        chmod 755 "$ROOT$SOURCE/v1.0.0/006_x"
        ln -s 005_x "$ROOT$SOURCE/v1.0.0/007_x"
        lint 1
        assert_lint 'source/v1.0.0/007_x: error: must be a regular file' \
                'source/v1.0.0/001_x: error: has no "#!" line' \
                'source/v1.0.0/002_x: error: the interpreter after "#!" must be an absolute path' \
                'source/v1.0.0/003_x: error: the interpreter after "#!" must be an absolute path' \
                'source/v1.0.0/004_x: error: the "#!" line ends with a carriage return' \
                'source/v1.0.0/006_x: error: has no "#!" line'
}

# debian_source FIELD...: the migrations are in a Debian source tree then, with these lines in the stanza of the package.
debian_source() {
        {
                printf 'Source: x\nBuild-Depends: %s\n\nPackage: sample\n' "${ADDON:-debhelper}"
                printf '%s\n' "$@"
        } | write /debian/control
}

# The heads of what is said about each line; a number stands for the line of 001_x.
assert_script() {
        sed -n 's|^source/v1.0.0/001_x:\([0-9]*\): warning: \([a-z]* [a-z]* [^ ]* *[^ ]*\).*|\1 \2|p' "$OUT" >"$WORK/said"
        diff - "$WORK/said" || fail "other lines have findings"
}

test_exit_statuses_that_are_no_answers() {
        ship 1.0.0/001_x '#!/bin/sh
grep -q x /etc/x || exit 1
case $1 in
check)
        exec grep -q x /etc/x
        grep -q x /etc/x || exit 1
        if ! grep -q x /etc/x; then exit 1; fi
        if cat /etc/x | grep -q x; then exit 1; fi
        grep x /etc/x || [ $? -eq 1 ] || exit 2
        getent passwd x >/dev/null
        getent passwd x >/dev/null || exit 1
        # if grep
        ;;
migrate) grep -q x /etc/x || exit 1 ;;
esac'
        lint 0
        assert_script <<'END'
6 grep ends with 2
7 grep ends with 2
10 getent ends with 2
END
        ship 1.0.0/001_x '#!/bin/sh
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"
check() {
        grep -q x /etc/x && there
}'
        ship 1.0.0/002_y '#!/usr/bin/python3
sys.exit({"check": check}[sys.argv[1]]())'
        lint 0
        assert_lint 'source/v1.0.0/002_y: warning: Python ends with 1 after an exception'
}

test_an_interpreter_that_is_not_there() {
        ship 1.0.0/001_x '#!/usr/bin/no-such-interpreter -x'
        ship 1.0.0/002_y '#!/bin/sh'
        lint 0
        assert_lint "source/v1.0.0/001_x: warning: its interpreter /usr/bin/no-such-interpreter isn't on this machine"
}

test_what_is_not_declared() {
        debian_source 'Depends: jq'
        ship 1.0.0/001_x '#!/bin/sh
config=${DPKG_ROOT-}/etc/$DEPLOY_MIGRATE_PACKAGE/config
other="$root/etc/other"
cat "$other" >"$config"
sed -i s/a/b/ "$config" $other.conf
cp -a "$other" /var/lib/sample/x
rm -rf "/srv/$unknown/x" /var/lib/"$unknown"
echo >>"$other"; grep x $other >/dev/null
key_set "$config" key /etc/another
mv /tmp/x "/usr/lib/x"'
        mkdir -p "$ROOT/source/tests/1.0.0/001_x/plain"
        lint 0
        assert_script <<'END'
5 seems to write to
7 seems to write to
8 seems to write to
END
        printf '\nPackage: another\n' >>"$ROOT/debian/control"
        lint 0
        assert_lint
        echo source >"$ROOT/debian/another.migrations"
        lint 0
        grep -q 'write to /var/lib/sample/x' "$OUT" || fail "it belongs to another package"
        echo source/ >"$ROOT/debian/migrations"
        rm "$ROOT/debian/another.migrations"
        manifest 1.0.0/001_x '{"writes": ["/etc", "/var/lib/sample", "/srv/a"]}'
        lint 0
        assert_lint
}

test_what_a_debian_source_lacks() {
        debian_source 'Depends: libx,'
        ship 1.0.0/001_x '#!/usr/bin/ruby'
        ship 1.0.0/002_y '#!/bin/sh
jq . /etc/x | sqlite3 /etc/y'
        ship 1.0.0/003_z.py 'from ruamel.yaml import YAML' 644
        write /debian/service '[Service]'
        write /debian/x.user.service '[Service]'
        write /debian/x.socket '[Unit]
Requires=deploy-migrate@sample.service'
        mkdir -p "$ROOT/source/tests/1.0.0/002_y/plain" "$ROOT/source/tests/1.0.0/003_z.py/plain"
        lint 0
        assert_lint 'source/v1.0.0/001_x: warning: its interpreter is ruby, which sample' \
                'source/v1.0.0/001_x: warning: has no fixture' \
                'source/v1.0.0/002_y:2: warning: needs jq, which sample' \
                'source/v1.0.0/002_y:2: warning: needs sqlite3, which sample' \
                'source/v1.0.0/003_z.py: warning: its interpreter is python3' \
                'source/v1.0.0/003_z.py:1: warning: needs python3-ruamel.yaml' \
                "debian/service: warning: doesn't wait for"
        ADDON=dh-sequence-deploy-migrate debian_source 'Depends: ${misc:Depends}, jq,' ' sqlite3 (>= 3), ruby3.1 | ruby,' '# comment' \
                ' python3-ruamel.yaml'
        mkdir -p "$ROOT/source/tests/upgrade/0.9.0"
        lint 0
        assert_lint
}

test_migrations_above_the_package_version() {
        ship 1.1.0/001_x
        ship 1.1.0/002_x
        manifest 1.1.0/002_x '{"since": "1.1-3"}'
        ship 1.2.0/001_x
        manifest 1.2.0/001_x '{"since": "1.1-2"}'
        ship 1.2.0/002_x
        lint 0
        lint 1 --package-version 1.1-2
        assert_lint 'source/v1.1.0/002_x: error: is for version 1.1-3, above the package.s own version 1.1-2' \
                'source/v1.2.0/002_x: error: is for version 1.2.0, above'
        lint 1 --package-version 1.2~rc1-1
        assert_lint 'source/v1.2.0/002_x: error: is for version 1.2.0, above'
        lint 0 --package-version 1:1.2-1
        assert_lint
        lint 2 --package-version 1_2
}

test_notices_and_warnings_are_no_errors() {
        ship 1.1.0/001_x
        ship 1.1.0/003_x
        manifest 1.1.0/003_x '{"writes": "*"}'
        ship 1.2.0/004_x
        mkdir "$ROOT$SOURCE/v1.3.0"
        lint 0
        assert_lint 'source/v1.1.0/003_x: notice: the previous number in this version is 001' \
                'source/v1.1.0/003_x: notice: "writes": "\*"' \
                'source/v1.3.0: warning: has no migration in it'
        lint 0 -q
        assert_lint 'source/v1.3.0: warning: '
}

test_an_argument_that_is_no_directory() {
        mkdir "$ROOT$SOURCE"
        lint 1
        assert_lint 'source: error: has no version directory'
        rmdir "$ROOT$SOURCE"
        lint 3
        assert_err 'source: No such file or directory'
        write $SOURCE 'a file'
        lint 3
        assert_err 'source: must be a directory'
        execute 2 "$DEPLOY_MIGRATE" lint
}

# The owner of the files is irrelevant before they are in a package.
test_a_source_tree_of_another_user() {
        skip_unless_root
        ship 1.1.0/001_x
        manifest 1.1.0/001_x '{}'
        chmod -R go+w "$ROOT$SOURCE"
        chown -R 12345:12345 "$ROOT$SOURCE"
        lint 0
        assert_lint
}

test_json() {
        ship 1.1.0/001_x 'echo'
        lint 1 --json
        assert_json '.findings[] | .severity + " " + .path' 'error source/v1.1.0/001_x'
        assert_json '.findings[0].text | startswith("has no")' true
        rm -r "${ROOT:?}$SOURCE"
        lint 3 --json
        assert_json '.error' 'source: No such file or directory'
}

test_formats() {
        ship 1.1.0/001_x "$GOOD" 644
        manifest 1.1.0/001_x '{"wrties": []}'
        lint 1 --format=github
        grep -q '^::error file=source/v1.1.0/001_x::' "$OUT" || fail "no annotation of the file"
        lint 1 --format=json
        assert_json '.findings[0].severity' error
        lint 2 --format=xml
        assert_err "--format takes text|json|github, not 'xml'"
}

# as_git ARGUMENT...: in the source tree.
as_git() {
        git -C "$ROOT$SOURCE" -c user.name=x -c user.email=x@localhost "$@" >/dev/null
}

test_what_became_of_shipped_migrations() {
        command -v git >/dev/null || skip "git isn't installed"
        ship 1.1.0/001_x
        ship 1.1.0/002_y
        ship 1.2.0/001_z
        as_git init -q
        as_git add .
        as_git commit -qm shipped
        ship 1.2.0/001_z '#!/bin/bash'
        ship 1.1.0/003_late
        ship 1.3.0/001_new
        manifest 1.1.0/001_x '{"description": "x"}'
        rm "$ROOT$SOURCE/v1.1.0/002_y"
        as_git add .
        lint 0 --since HEAD
        assert_lint 'source/v1.1.0/003_late: notice: the previous number' \
                'source/v1.1.0/002_y: warning: was shipped, and is gone' \
                'source/v1.1.0/003_late: warning: is new in a version that was shipped' \
                'source/v1.2.0/001_z: warning: was shipped, and changed since'
        lint 2 --since nonsense
        assert_err "git can't compare it with nonsense"
}

run_tests
