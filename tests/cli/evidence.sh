#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Evidence that can't be read isn't absent. For each place in which a version, a history or a migration is looked for, and each way in which
# it can't be read: the run says so, names the file and the ways out, and changes nothing; the next run, when all is well again, migrates.

. "${0%/*}/lib.sh"
need_root

MODULE=usr/lib/deploy-migrate/sample
STATE=var/lib/deploy-migrate

# ship [history]: version 1.2-1 is installed, and 1.0-1 was before, according to the logs or to the history.
ship() {
        rm -rf "$ROOT" "$WORK/good"
        mkdir "$ROOT"
        migration sample 1.1.0/001_x
        write /etc/deploy-migrate/sample/v1.1.0/001_x.json '{}'
        package sample 1.2-1
        cp "$WORK/stanzas/sample" "$ROOT/var/lib/dpkg/updates/0000"
        write /var/log/dpkg.log '2026-03-01 10:00:00 startup archives unpack'
        write /var/log/dpkg.log.1 '2026-02-01 10:00:00 upgrade sample:all 1.0-1 1.2-1'
        write /var/log/dpkg.log.2 '2026-01-01 10:00:00 upgrade other:all 1 2'
        gzip "$ROOT/var/log/dpkg.log.2"
        mkdir -p "$ROOT/var/lib/sample" "$ROOT/var/cache" "$ROOT/tmp"
        [ $# -eq 0 ] || expect 0 baseline sample 1.0-1
        rm -rf "$ROOT/run"
        cp -a "$ROOT" "$WORK/good"
}

# fail_at CALLS ERRNO PATH [PATTERN]: runs, with these system calls on that path, or that name or directory, failing.
fail_at() {
        command -v strace >/dev/null || skip 'strace is missing'
        status=0
        ASAN_OPTIONS=detect_leaks=0 strace -o "$WORK/trace" -P "$ROOT/$3" -P "$3" ${4+-P "$4"} -e "trace=$1" -e "inject=$1:error=$2" \
                "$DEPLOY_MIGRATE" --root "$ROOT" run --json sample >"$OUT" 2>"$ERR" </dev/null || status=$?
        grep -qF INJECTED "$WORK/trace" || fail "$2 at $3 was never tried"
        [ "$status" -eq 3 ] || fail "exit status $status instead of 3"
}

# damage KIND PATH: makes it unreadable, and runs.
damage() {
        case $1 in
        EACCES | EMFILE | ENOMEM)
                # A file is opened by its name, in a directory that was opened before.
                [ -d "$ROOT/$2" ] && pattern=$ROOT/${2%/*} || pattern=${2##*/}
                fail_at openat,openat2,open "$1" "$2" "$pattern"
                ;;
        EIO) fail_at read,pread64,getdents64 EIO "$2" ;;
        cut) truncate -s $(($(stat -c %s "$ROOT/$2") / 2)) "$ROOT/$2" ;;
        emptied) : >"$ROOT/$2" ;;
        garbage) printf '\001\377garbage\n\000more' >"$ROOT/$2" ;;
        directory) rm "$ROOT/$2" && mkdir "$ROOT/$2" ;;
        file) rm -r "${ROOT:?}/$2" && echo >"$ROOT/$2" ;;
        loop) rm -r "${ROOT:?}/$2" && ln -s "$(basename "$2")" "$ROOT/$2" ;;
        nowhere) rm -r "${ROOT:?}/$2" && ln -s mnt/none "$ROOT/$2" ;;
        absent) rm -r "${ROOT:?}/$2" ;;
        esac
        case $1 in
        E*) ;;
        *) expect 3 run --json sample ;;
        esac
}

# assert_error FILE: nothing but locks and the files that were damaged differs from before.
assert_error() {
        assert_json '.packages[0].result' error
        assert_json ".packages[0].error | contains(\"$1\")" true
        assert_json '.packages[0].error | contains("; ")' true
        assert_calls
}

# refuses PATH KIND...: the package isn't migrated with that file damaged, and is when it is as before.
refuses() {
        path=$1
        shift
        for kind; do
                rm -rf "$ROOT"
                cp -a "$WORK/good" "$ROOT"
                (damage "$kind" "$path") || fail "$path, $kind"
                (assert_error "$ROOT/$path") || fail "$path, $kind: $(cat "$OUT" "$ERR")"
                rm -rf "${ROOT:?}/$path" "$ROOT/run"
                cp -a "$WORK/good/$path" "$ROOT/$path"
                diff -r --no-dereference "$WORK/good" "$ROOT" || fail "$path, $kind: something was written"
                expect 0 run sample
                (assert_ran 1.1.0/001_x) || fail "$path, $kind: not migrated afterwards"
        done
}

test_the_log() {
        ship
        for rotation in '' .1 .2.gz; do
                refuses var/log/dpkg.log$rotation EACCES EMFILE ENOMEM EIO cut garbage directory loop nowhere
        done
        refuses var/log EACCES EMFILE ENOMEM EIO file loop nowhere
}

test_the_package_database() {
        ship
        refuses var/lib/dpkg/updates/0000 EACCES EMFILE ENOMEM EIO cut garbage directory loop nowhere emptied
        refuses var/lib/dpkg/updates EACCES EMFILE ENOMEM EIO file loop
        rm "$WORK/good/var/lib/dpkg/updates/0000"
        refuses var/lib/dpkg/status EACCES EMFILE ENOMEM EIO cut garbage directory loop nowhere absent emptied
}

test_the_history() {
        ship history
        refuses $STATE/sample/history.jsonl EACCES EMFILE ENOMEM EIO garbage directory loop nowhere
        refuses $STATE/sample EACCES EMFILE ENOMEM file loop nowhere
        refuses $STATE EACCES EMFILE ENOMEM file loop nowhere
}

test_the_migrations() {
        ship history
        refuses $MODULE EACCES EMFILE ENOMEM EIO file loop nowhere
        refuses $MODULE/v1.1.0 EACCES EMFILE ENOMEM EIO file loop nowhere
        refuses etc/deploy-migrate/sample EACCES EMFILE ENOMEM EIO file loop nowhere
        refuses etc/deploy-migrate/sample/v1.1.0/001_x.json EACCES EMFILE ENOMEM EIO cut garbage directory loop nowhere emptied
}

# The run was killed before it archived a transaction. What undo needs is in its stage.
test_the_log_of_a_stage() {
        ship history
        expect 0 run sample
        calls >/dev/null
        mv "$ROOT/$STATE/sample/transactions"/* "$ROOT/$STATE/sample/stage"
        rm -rf "$WORK/good"
        cp -a "$ROOT/$STATE/sample/stage" "$WORK/good"
        for code in EMFILE ENOMEM EIO; do
                damage $code $STATE/sample/stage/redo.jsonl
                assert_error "$ROOT/$STATE/sample/stage/redo.jsonl"
                diff -r "$WORK/good" "$ROOT/$STATE/sample/stage" || fail "$code: the stage was changed"
        done
        expect 0 run sample
        expect 0 undo sample
        assert_missing /var/lib/sample/1.1.0-001_x
}

# All that may be missing without being an error.
test_what_is_not_there() {
        ship
        rm -r "$ROOT"/var/log/dpkg.log* "$ROOT/var/lib/dpkg/updates" "${ROOT:?}/etc"
        expect 0 run --json sample
        assert_json '.packages[0] | .from_source + " " + .result' 'installed nothing-to-do'
        rm -r "$ROOT/var/log" "${ROOT:?}/$STATE" "${ROOT:?}/$MODULE"
        expect 0 run sample
        assert_missing /$STATE
        assert_calls
}

# The directories that say which packages there are.
test_the_list_of_packages() {
        ship history
        for path in usr/lib/deploy-migrate $STATE; do
                for kind in file loop nowhere; do
                        rm -rf "$ROOT"
                        cp -a "$WORK/good" "$ROOT"
                        damage $kind $path
                        expect 3 run
                        assert_err "$ROOT/$path"
                        assert_calls
                done
        done
}

# dpkg was killed while it unpacked another version.
test_files_that_dpkg_left() {
        ship history
        write /$MODULE/v1.1.0/002_y.dpkg-new
        write /$MODULE/v2.0.0/001_z.dpkg-tmp
        write /$MODULE/version.dpkg-new
        expect 0 run sample
        assert_ran 1.1.0/001_x
        expect 0 status sample
        assert_no_err
}

# As dpkg says while it configures the package; afterwards only the log would know.
test_the_configured_version() {
        ship
        rm -r "$WORK/good/var/log" "$WORK/good/var/lib/dpkg/updates/0000"
        database=$WORK/good/var/lib/dpkg/status
        sed -i 's/^Status:.*/Status: install ok unpacked/; s/^Version:.*/&\nConfig-Version: 1.0-1/' "$database"
        for text in 'Config-Version: ' 'Config-Version: 1.0 1' 'Config-Version: %' 'Config-Ver'; do
                rm -rf "$ROOT"
                cp -a "$WORK/good" "$ROOT"
                sed -i "s/^Config-Version:.*/$text/" "$ROOT/var/lib/dpkg/status"
                expect 3 run --json sample
                assert_error "$ROOT/var/lib/dpkg/status"
                assert_missing /$STATE
                cp "$database" "$ROOT/var/lib/dpkg/status"
                expect 0 run sample
                assert_ran 1.1.0/001_x
        done
}

# Neither a damaged database nor files that are still there are a purge.
test_a_package_that_vanished_from_the_database() {
        ship history
        expect 0 run sample
        calls >/dev/null
        rm "$ROOT/var/lib/dpkg/updates/0000"
        rm -r "$WORK/good"
        cp -a "$ROOT" "$WORK/good"
        for text in '' 'Package: sample' 'Package: other'; do
                echo "$text" >"$ROOT/var/lib/dpkg/status"
                for command in run status plan; do
                        expect 3 $command --json
                        assert_error "$ROOT/var/lib/dpkg/status"
                done
        done
        mv "$ROOT/$MODULE" "$WORK/module"
        expect 3 run --json
        assert_error "$ROOT/$STATE/sample"
        mv "$WORK/module" "$ROOT/$MODULE"
        package sample 1.2-1 'purge ok not-installed'
        expect 0 run sample

        cp -a "$WORK/good/var/lib/dpkg/status" "$ROOT/var/lib/dpkg/status"
        diff -r "$WORK/good/var" "$ROOT/var" || fail 'something was changed'
        expect 0 undo sample
}

run_tests
