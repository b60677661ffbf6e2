# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests in a booted machine share: a Debian with systemd as PID 1, dpkg, apt and journald, in a container. A script
# sources this file and packages.sh, defines functions named test_*, and ends with run_tests. Each function is one line of
# TAP: it runs in a shell of its own, with set -e, on a machine of its own, which is on and has deploy-migrate installed.
# A script that wants its machine in another state defines prepare, which runs once, on a machine with nothing installed; one that
# wants more of systemd-nspawn sets machine_options, and machine_user to -U if the users in it are others outside. /usr of a machine is an
# overlay, unless the script sets one_file_system.
#
# Environment: DEPLOY_MIGRATE_DEBS, the directory with the packages to test, as packaging/build-deb makes it; DEPLOY_MIGRATE_SUITE, the
# Debian that they were built for, unless it is the one of this machine; DEPLOY_MIGRATE_CACHE, where the root file system that all
# machines are copied from is kept; DEPLOY_MIGRATE_TESTS, the directory above, for a script that isn't beside this file.

. "${DEPLOY_MIGRATE_TESTS:-${0%/*}/..}/tap.sh"
. "${DEPLOY_MIGRATE_TESTS:-${0%/*}/..}/boot/base.sh"

: "${DEPLOY_MIGRATE_DEBS:?must be the directory with the packages to test, from packaging/build-deb}"
export LC_ALL=C TERM=dumb
umask 022

# What the machine has before anything is installed: nothing can be had from the network in it.
machine_packages=systemd,systemd-sysv,dbus,apt,libjson-c5,procps,python3

# ---- The runner ----

run_tests() {
        need_machines
        WORK=$(mktemp -d) || exit 1
        name_machine deploy-migrate-test-$$
        ROOT=$WORK/root OUT=$WORK/out ERR=$WORK/err
        export DEPLOY_MIGRATE_TEST="$WORK"
        trap 'clean_up; umount --lazy "$WORK"; rmdir "$WORK"' EXIT
        trap 'exit 1' HUP INT TERM

        mount -t tmpfs -o mode=755 tmpfs "$WORK" || bail_out "no file system can be made in memory"
        mkdir "$WORK/debs"
        prepare_image
        run_all
}

run_test() {
        in_background in_new_machine "test_$1"
        report "$status" "$1"
        clean_up
}

# Sets status. A trap runs while the shell waits, but not while it runs something else.
in_background() {
        (
                set -e
                "$@"
        ) >"$WORK/log" 2>&1 </dev/null &
        wait $!
        status=$?
}

in_new_machine() {
        copy_image
        boot
        start_journal
        "$@"
}

# Sets IMAGE, of which each test gets a copy.
prepare_image() {
        make_base >"$WORK/log" 2>&1 || bail_out "the root file system can't be made"
        IMAGE=$WORK/image
        if command -v prepare >/dev/null || [ -n "${one_file_system:-}" ]; then
                in_background make_image
        else
                IMAGE=${DEPLOY_MIGRATE_TEST_DISK:-$WORK}/image-$(echo "$BASE" | cat - "$DEPLOY_MIGRATE_DEBS"/*.deb | sha256sum | cut -c -12)
                in_background share_image
        fi
        [ "$status" -eq 0 ] || bail_out "the machine can't be prepared"
        clean_up
}

# One for all scripts that only want deploy-migrate to be installed. The machine doesn't get the descriptor of the lock.
share_image() {
        exec 7>"$IMAGE.lock"
        flock 7
        [ -d "$IMAGE" ] || make_image 7>&-
}

# The copy of the machine when it is off, and what is above /usr of the Debian.
make_image() {
        copy_machine "$BASE" "$BASE/usr"
        boot
        if command -v prepare >/dev/null; then
                prepare
        else
                publish "$DEPLOY_MIGRATE_DEBS"/*.deb
                apt install deploy-migrate
        fi
        power_off
        rm -rf "$IMAGE.new"
        mkdir "$IMAGE.new"
        [ -n "${one_file_system:-}" ] || {
                umount "$ROOT/usr"
                mv "$WORK/usr/changes" "$IMAGE.new/usr"
        }
        mv "$ROOT" "$IMAGE.new/root"
        mv "$IMAGE.new" "$IMAGE"
}

copy_image() {
        copy_machine "$IMAGE/root" "$IMAGE/usr:$BASE/usr"
}

# copy_machine FROM LAYERS: $ROOT, with these directories as its /usr, if that isn't in FROM.
copy_machine() {
        if [ -n "${one_file_system:-}" ]; then
                cp -a --reflink=auto "$1" "$ROOT"
        else
                copy_without_usr "$1" "$ROOT"
                mount_usr "$ROOT" "$WORK/usr" "$2"
        fi
}

bail_out() {
        print_diagnostics | cut -c -600 | sed 's/^/# /'
        echo "Bail out! $*"
        exit 1
}

# Ends the machine and all that the test has started here.
clean_up() {
        cut_power
        # shellcheck disable=SC2013 # words
        for pid in $(grep -lsaF "DEPLOY_MIGRATE_TEST=$WORK" /proc/[0-9]*/environ | cut -d / -f 3); do
                [ "$pid" -eq $$ ] || kill -KILL "$pid"
        done
        ! mountpoint -q "$ROOT/usr" || umount --lazy "$ROOT/usr"
        rm -rf "$ROOT" "$WORK/usr" "$WORK/debs"/* "$WORK"/[a-c]*.log "$OUT" "$ERR" "$WORK/note" "$WORK/since"
} 2>/dev/null

print_diagnostics() {
        print_output
        [ ! -d "$ROOT/var/log/journal" ] || journal --boot=all -o short-monotonic | tail -n 50 | sed 's/^/journal: /'
} 2>&1

# Goes on where nobody else sees what is mounted.
need_machines() {
        [ "$(id -u)" -eq 0 ] || skip_all "must run as root"
        for tool in mmdebstrap:mmdebstrap systemd-nspawn:systemd-container jq:jq; do
                command -v "${tool%:*}" >/dev/null || missing="${missing-} ${tool#*:}"
        done
        [ -z "${missing-}" ] || {
                echo "Bail out! packages are missing: apt-get install$missing"
                exit 1
        }
        [ -z "${DEPLOY_MIGRATE_TEST_MOUNTS:-}" ] || return 0
        unshare --mount --pid --fork true 2>/dev/null || skip_all "a container can't be made here: name spaces are not permitted"
        export DEPLOY_MIGRATE_TEST_MOUNTS=1
        exec unshare --mount "$0"
}

# No first boot, no timers of other packages, a journal that outlives a power cut, and apt with our repository only.
furnish() {
        mkdir -p "$1/var/log/journal" "$1/srv/repository" &&
                : >"$1/srv/repository/Packages" &&
                echo 'deb [trusted=yes] file:/srv/repository ./' >"$1/etc/apt/sources.list" &&
                echo machine >"$1/etc/hostname" &&
                systemd-machine-id-setup --root="$1" &&
                systemctl --root="$1" mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
}

# ---- The machine ----

# name_machine NAME: sets MACHINE, and CGROUP to the group that its container will be in.
name_machine() {
        MACHINE=$1
        CGROUP=/sys/fs/cgroup/unified/$MACHINE
        [ -d "${CGROUP%/*}" ] || CGROUP=/sys/fs/cgroup/$MACHINE
}

# power_on: PID 1 runs and can be talked to. No child of the test, which may wait for its own.
power_on() {
        (
                # shellcheck disable=SC2086 # a list of words
                nspawn ${machine_options-} --boot >>"$WORK/console.log" 2>&1 &
                echo $! >"$WORK/nspawn"
        )
        await find_init
}

# nspawn ARGUMENT...: becomes a container of the machine's root, in a cgroup of its own: systemd in a container removes whatever other
# groups there are in the one where it was started.
nspawn() {
        mkdir "$CGROUP"
        exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$CGROUP" \
                systemd-nspawn --quiet -D "$ROOT" --machine="$MACHINE" --register=no --keep-unit --private-network \
                --link-journal=no --console=pipe "$@"
}

# It is empty when the last process of the container has been reaped, which can take a moment.
remove_cgroup() {
        [ ! -d "$CGROUP" ] || find "$CGROUP" -depth -type d -exec rmdir {} +
} 2>/dev/null

# Its PID 1 is the child of systemd-nspawn whose manager has opened its socket.
find_init() {
        read -r nspawn <"$WORK/nspawn"
        # shellcheck disable=SC2013 # words
        for init in $(cat "/proc/$nspawn/task/$nspawn/children"); do
                if [ -S "/proc/$init/root/run/systemd/private" ] && grep -q '^NSpid:.*[[:space:]]1$' "/proc/$init/status"; then
                        echo "$init" >"$WORK/init"
                        return 0
                fi
        done
        return 1
} 2>/dev/null

# boot: the same, and all that starts at boot has started, or failed.
boot() {
        power_on
        machine systemctl is-system-running --wait || true
}

is_on() {
        [ -s "$WORK/init" ] && read -r init <"$WORK/init" && [ -e "/proc/$init/exe" ]
}

is_off() {
        [ ! -s "$WORK/nspawn" ] || { read -r nspawn <"$WORK/nspawn" && [ ! -e "/proc/$nspawn/exe" ]; }
}

# power_off: as logind does it in the end. It isn't asked, since from systemd 257 on it refuses even root while apt works.
power_off() {
        machine systemctl --no-block --job-mode=replace-irreversibly start poweroff.target || true # it may be gone before it answers
        await_for 100 is_off
        await remove_cgroup
        rm "$WORK/nspawn" "$WORK/init"
}

# With PID 1 goes all that runs in the machine. What systemd-nspawn would have removed has to go too, else it refuses to start again.
cut_power() {
        for file in "$WORK/nspawn" "$WORK/init"; do
                [ ! -s "$file" ] || kill -KILL "$(cat "$file")" || true
        done
        [ ! -e "$WORK/nspawn" ] || await is_off
        await remove_cgroup
        rm -f "$WORK/nspawn" "$WORK/init"
        umount --lazy "/run/systemd/nspawn/unix-export/$MACHINE" || true
        (cd /run/systemd/nspawn && rm -rf "propagate/$MACHINE" "unix-export/$MACHINE" "locks/$(stat -c inode-%d:%i "$ROOT")")
} 2>/dev/null

reboot() {
        power_off
        boot
}

# machine COMMAND...: runs it in the machine.
machine() {
        read -r init <"$WORK/init"
        timeout 120 nsenter -t "$init" ${machine_user-} -m -u -i -n -p -C -r -w \
                env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# chrooted COMMAND...: runs it in the root of the machine that is off, with no other PID 1 than that of this machine here.
chrooted() {
        is_off || fail "the machine is on"
        timeout 120 chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
                DEBIAN_FRONTEND=noninteractive "$@"
}

# contained COMMAND...: runs it in a container without systemd, made of the machine that is off.
contained() {
        is_off || fail "the machine is on"
        status=0
        (nspawn --as-pid2 --setenv=DEBIAN_FRONTEND=noninteractive timeout 120 "$@") || status=$?
        await remove_cgroup
        return "$status"
}

# expect STATUS COMMAND...: runs it in the machine, with what it says in $OUT and $ERR; in a chroot when the machine is off, or
# in what IN names.
expect() {
        wanted=$1
        shift
        is_on && where=machine || where=chrooted
        status=0
        "${IN:-$where}" "$@" >"$OUT" 2>"$ERR" </dev/null || status=$?
        [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: $*"
}

# ---- In a test ----

assert_no_out() {
        ! grep -F -e "$1" "$OUT" || fail "on standard output: $1"
}

# assert_unit UNIT STATE: active, inactive, failed...
assert_unit() {
        state=$(machine systemctl is-active "$1") || true
        [ "$state" = "$2" ] || fail "$1 is $state, not $2"
}

# ---- The journal ----

# journal ARGUMENT...: that of the machine, on or off, since the test began.
journal() {
        ! is_on || machine journalctl --sync
        # shellcheck disable=SC2046 # no time is no argument
        journalctl -D "$ROOT/var/log/journal" -q --no-pager $(cat "$WORK/since" 2>/dev/null) "$@"
}

# What comes from now on. (With --after-cursor and a match, journalctl leaves out the first entry.)
start_journal() {
        date +--since=@%s.%6N >"$WORK/since"
}

# when MATCH...: the first entry with these fields, in monotonic microseconds.
when() {
        found=$(journal -o json "$@" | head -n 1 | jq -r .__MONOTONIC_TIMESTAMP)
        [ -n "$found" ] || fail "nothing in the journal: $*"
        echo "$found"
}

# when_stopped, when_started UNIT ARGUMENT...: as systemd says.
when_stopped() {
        unit=$1
        shift
        when MESSAGE_ID=9d1aaa27d60140bd96365438aad20286 UNIT="$unit" "$@"
}

when_started() {
        unit=$1
        shift
        when MESSAGE_ID=39f53479d3a045ac8e11786248231fbf UNIT="$unit" "$@"
}

# assert_journal TEXT [ARGUMENT...]: the text is in it.
assert_journal() {
        text=$1
        shift
        journal -o cat "$@" >"$WORK/journal"
        grep -qF -e "$text" "$WORK/journal" || fail "not in the journal: $text, but: $(cat "$WORK/journal")"
}

# ---- Histories ----

# assert_never_started PACKAGE: no migration of it was begun.
assert_never_started() {
        ! has_event "$1" started || fail "migrations of $1 were started: $(cat "$(history_of "$1")")"
}

# has_event PACKAGE EVENT: to wait for it.
has_event() {
        jq -e --arg event "$2" 'select(.event == $event)' "$(history_of "$1")" >/dev/null 2>&1
}
