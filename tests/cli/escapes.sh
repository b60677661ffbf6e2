#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attempts to get out of a migration's world, in check, migrate and preview, on the root file system and below --root. The table of them,
# with the answer to each, is tests/escapes/table.c.

. "${0%/*}/lib.sh"
need_root

ESCAPES=$(cd "${0%/*}/../escapes" && pwd)
ESCAPE=$BUILD/tests/escapes/escape
MARK=escape-left-behind # the name of the daemons

[ -x "$ESCAPE" ] || skip_all 'tests/escapes/escape is not built'
/usr/bin/python3 -c '' 2>/dev/null || skip_all 'python3 is missing'
# With IPC and a host name of its own, so that nothing happens to the machine.
if [ -z "${DEPLOY_MIGRATE_TEST_ESCAPES:-}" ]; then
        unshare --mount --ipc --uts true 2>/dev/null || skip_all "can't make name spaces"
        export DEPLOY_MIGRATE_TEST_ESCAPES=1
        exec unshare --mount --ipc --uts "$0"
fi

# ---- The system ----

# A root directory with the system's /usr and device files, and a tree in it. The program is put where a package has it.
make_bed() {
        BED=$WORK/bed TREE=
        mkdir -p "$BED"
        mount -t tmpfs -o mode=755 tmpfs "$BED"
        mkdir -p "$BED/usr" "$BED/etc" "$BED/var/lib" "$BED/var/tmp" "$BED/tmp" "$BED/run" "$BED/dev/shm" "$BED/dev/pts" "$BED/proc" \
                "$BED/sys" "$BED/srv/tree/etc" "$BED/srv/tree/usr" "$BED/srv/tree/var/tmp" "$BED/srv/tree/tmp" "$BED/srv/tree/run" "$BED/mnt"
        chmod 1777 "$BED/tmp" "$BED/var/tmp" "$BED/srv/tree/tmp" "$BED/srv/tree/var/tmp"
        ln -s ../run "$BED/var/run"
        ln -s ../run "$BED/srv/tree/var/run"
        for link in bin sbin lib lib64; do
                [ ! -e "/$link" ] || ln -s "usr/$link" "$BED/$link"
        done
        copy_usr
        for file in passwd group ld.so.cache; do
                [ ! -e "/etc/$file" ] || cp "/etc/$file" "$BED/etc/"
        done
        cp /etc/passwd "$BED/srv/tree/etc/"
        cp -a "$BED/etc/passwd" "$WORK/passwd"
        copy_dev
        for disk in "$BED/var/disk" "$BED/srv/tree/var/disk"; do
                mkdir "$disk"
                mount -t tmpfs tmpfs "$disk"
        done
        start_outside
}

# /usr/lib/deploy-migrate is in it: an overlay, since all else is the system's.
copy_usr() {
        mkdir "$BED/mnt/upper" "$BED/mnt/work"
        mount -t overlay -o "lowerdir=/usr,upperdir=$BED/mnt/upper,workdir=$BED/mnt/work" overlay "$BED/usr" || skip "there's no overlay of /usr"
        mkdir -p "$BED/usr/libexec/escape/.libs"
        cp "$DEPLOY_MIGRATE" "$BED/usr/libexec/escape/"
        cp -a "$BUILD"/.libs/libdeploymigrate.so* "$BED/usr/libexec/escape/.libs/" 2>/dev/null || :
}

copy_dev() {
        (cd /dev && find . -xdev \( -type c -o -type b \) ! -path './pts/*' -print0 | tar --null -cf - -T -) | tar -C "$BED/dev" -xf -
        mount --rbind /dev/pts "$BED/dev/pts"
        ln -s /proc/self/fd "$BED/dev/fd"
}

start_outside() {
        : >"$WORK/heard"
        /usr/bin/python3 "$ESCAPES/outside" "$BED" "$WORK/heard" 9>&- 8>&- &
        OUTSIDE=$!
        helper $OUTSIDE
        await test -e "$BED/etc/ready"
        NICE=$(priority)
}

# ship ID [MANIFEST]: a migration of the package, in the system or the tree.
ship_escape() {
        file=$BED$TREE/usr/lib/deploy-migrate/sample/v$1
        mkdir -p "${file%/*}"
        cp "$ESCAPE" "$file"
        echo "${2:-{\"writes\": [\"/srv/data\"]\}}" >"$file.json"
}

# The package's database says 1.1, the history 1.0.
upgrade_bed() {
        mkdir -p "$BED$TREE/var/lib/dpkg/updates"
        printf 'Package: sample\nStatus: install ok installed\nArchitecture: all\nVersion: 1.1\nDescription: a sample\n\n' \
                >"$BED$TREE/var/lib/dpkg/status"
        in_bed 0 baseline sample 1.0
}

# in_bed STATUS ARGUMENT...: runs the program on it. The bed is the root of its name space, not only of the process.
in_bed() {
        wanted=$1
        shift
        # shellcheck disable=SC2016 # for the inner shell
        execute "$wanted" timeout 120 unshare --mount sh -ec '
                mount -t proc proc "$1/proc"
                mount --rbind /sys "$1/sys"
                cd "$1"
                pivot_root . mnt
                umount --lazy /mnt
                shift
                exec env LD_LIBRARY_PATH=/usr/libexec/escape/.libs /usr/libexec/escape/deploy-migrate "$@"' sh \
                "$BED" ${TREE:+--root "$TREE"} "$@"
        cat "$OUT" "$ERR" >>"$WORK/said"
}

# ---- Results ----

priority() {
        cut -d ' ' -f 19 "/proc/$OUTSIDE/stat"
}

# assert_said TIMES: as many phases have made all of their attempts, each with the expected answer.
assert_said() {
        ! grep WRONG "$WORK/said" || fail 'these answers are wrong'
        said=$(grep -c 'attempts were answered as expected' "$WORK/said") || :
        [ "$said" -eq "$1" ] || fail "$said phases were made, instead of $1: $(cat "$WORK/said")"
        : >"$WORK/said"
}

# Nothing of what was tried has had an effect.
assert_untouched() {
        cmp "$BED/etc/passwd" "$WORK/passwd" || fail '/etc/passwd was changed'
        [ "$(stat -c '%a %u %Y' "$BED/etc/passwd")" = "$(stat -c '%a %u %Y' "$WORK/passwd")" ] || fail '/etc/passwd has other attributes'
        left=$(cd "$BED" && find . -xdev \( -name own -o -name 'escape[d-]*' -o -name whiteout -o -name immutable -o -name 'root-*' \) -print)
        [ -z "$left" ] || fail "there is now: $left"
        kill -0 "$OUTSIDE" || fail 'a process outside was killed'
        [ "$(priority)" = "$NICE" ] || fail 'a process outside has another priority'
        ! grep -lsa "$MARK" /proc/[0-9]*/cmdline || fail 'a daemon is left'
        [ -z "$(ipcs -m | grep 0x00657363)" ] || fail 'shared memory is left'
        [ "$(hostname)" != escaped ] || fail 'the host has another name'
}

assert_unheard() {
        [ ! -s "$WORK/heard" ] || fail "it was reached by: $(sort -u "$WORK/heard")"
}

# ---- The tests ----

# Nobody answers for systemd, which is asked for mounts and services on the root file system, and isn't there if this directory isn't.
unboot_bed() {
        [ -n "$TREE" ] || {
                rmdir "$BED/run/systemd/system"
                sed -i '/^booted/d' "$BED/etc/outside"
        }
}

# Two migrations: what the first one leaves in private places, the second one doesn't see.
escape() {
        make_bed
        TREE=$1
        ship_escape 1.1.0/001_first
        ship_escape 1.1.0/002_second
        upgrade_bed
        unboot_bed
        in_bed 0 preview -v sample
        assert_said 6
        assert_untouched
        assert_unheard
        in_bed 0 run -v sample
        assert_said 6
        assert_untouched
        assert_unheard
}

test_on_the_root_file_system() {
        escape ''
}

test_below_a_root() {
        escape /srv/tree
}

# reach_out TREE ID MANIFEST PHASES: first the preview of a migration that reaches out, in which only so many of its phases are run.
reach_out() {
        make_bed
        TREE=$1
        ship_escape "$2" "$3"
        upgrade_bed
        unboot_bed
        in_bed 0 preview -v sample
        assert_said "$4"
        assert_unheard
        in_bed 0 preview -v --reach-out sample
        assert_said 3
        in_bed 0 run -v sample
        assert_said 3
        assert_untouched
}

connect() {
        reach_out "$1" 1.1.0/001_connect '{"writes": ["/srv/data"], "connect": ["/run/app/daemon.sock", "/run/systemd/private", "/var/lib/app/daemon.sock"]}' 0
        heard=$(sort "$WORK/heard" | uniq -c | tr -s ' \n' ' ')
        [ "$heard" = " 6 $TREE/run/app/daemon.sock 6 $TREE/run/systemd/private 6 $TREE/var/lib/app/daemon.sock " ] || fail "heard: $heard"
}

test_connect_on_the_root_file_system() {
        connect ''
}

test_connect_below_a_root() {
        connect /srv/tree
}

network() {
        reach_out "$1" 1.1.0/001_network '{"writes": ["/srv/data"], "network": true}' 1
        ! grep -v -e '^port$' -e '^abstract$' "$WORK/heard" || fail 'that was reached'
        [ "$(grep -c port "$WORK/heard")" -eq 2 ] || fail "the port was reached in other phases than migrate: $(cat "$WORK/heard")"
}

test_network_on_the_root_file_system() {
        network ''
}

test_network_below_a_root() {
        network /srv/tree
}

run_tests
