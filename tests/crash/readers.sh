#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who reads files while an upgrade or an undo replaces them sees each of them at any time, as a whole: see readers.py.

. "${0%/*}/lib.sh"

need_root
need_commands python3
need_mounts
make_work
export TMPDIR="$WORK"

FILES=1000

# ship COMMAND: a migration that makes files of b out of files of a by this command, in their directory.
ship() {
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_letters.sh <<END
#!/bin/sh
set -eu
cd "\$DPKG_ROOT/var/lib/sample/files"
letters() {
        seq 1500 | tr -d '\n' | tr 0-9 "\$1"
}
case \$1 in
check)
        [ "\$(head -c 1 999)" = b ]
        ;;
migrate)
        $1
        ;;
esac
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_letters.sh"
        mkdir -p "$ROOT/var/lib/sample/files"
        seq 1500 | tr -d '\n' | tr 0-9 aaaaaaaaaa >"$WORK/a"
        for number in $(seq 0 $((FILES - 1))); do
                cp "$WORK/a" "$ROOT/var/lib/sample/files/$number"
        done
        upgraded sample 1.0 1.1
}

# As long as the fifo is open for writing, they read.
start_readers() {
        mkfifo "$WORK/go"
        for reader in 1 2; do
                python3 -B "${0%/*}/readers.py" "$ROOT/var/lib/sample/files" $FILES a b \
                        <"$WORK/go" >"$WORK/reader-$reader" &
                helper $!
        done
        exec 7>"$WORK/go"
}

# await_readers CONTENT: until both have read it.
await_readers() {
        for reader in 1 2; do
                await grep -qx "$1" "$WORK/reader-$reader"
        done
}

stop_readers() {
        exec 7>&-
        for reader in $(cat "$WORK/helpers"); do
                wait "$reader" || fail "a reader saw what it must not see"
        done
}

read_during_upgrades() {
        ship "$1"
        start_readers
        await_readers a
        expect 0 run
        await_readers b
        expect 0 undo sample
        stop_readers
}

test_files_that_are_written() {
        # shellcheck disable=SC2016
        read_during_upgrades 'letters bbbbbbbbbb | tee * >/dev/null'
}

test_files_that_are_renamed() {
        # shellcheck disable=SC2016
        read_during_upgrades 'for file in *; do letters bbbbbbbbbb >.new; mv .new "$file"; done'
}

test_files_in_a_directory_that_is_replaced() {
        # shellcheck disable=SC2016
        read_during_upgrades 'cd ..; cp -R files new; cd new; letters bbbbbbbbbb | tee * >/dev/null; cd ..
                rm -r files; mv new files'
}

run_tests
