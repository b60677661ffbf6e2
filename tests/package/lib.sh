# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests of the packages share: the machines of tests/boot, which are never switched on. All that is done in them is
# done in a chroot, and nothing of what a test does is kept.

. "${0%/*}/../boot/lib.sh"
. "${0%/*}/../boot/packages.sh"

# What builds packages, but build-essential, which is large and of no use for packages without programs.
# shellcheck disable=SC2034 # for the library
machine_packages=apt,debhelper,dpkg-dev,etcd-client,init-system-helpers,libjson-c5,make

prepare_image() {
        make_base >"$WORK/log" 2>&1 || bail_out "the root file system can't be made"
}

in_new_machine() {
        mkdir "$ROOT" "$WORK/upper" "$WORK/upper/changes" "$WORK/upper/work"
        mount -t overlay -o "lowerdir=$BASE,upperdir=$WORK/upper/changes,workdir=$WORK/upper/work" overlay "$ROOT"
        publish "$DEPLOY_MIGRATE_DEBS"/*.deb
        "$@"
}

clean_up() {
        ! mountpoint -q "$ROOT" || umount --lazy "$ROOT"
        rmdir "$ROOT"
        rm -rf "$WORK/debs"/* "$WORK/upper" "$OUT" "$ERR" "$WORK/note"
} 2>/dev/null

# All files of the system but what apt and dpkg note for themselves.
list_files() {
        chrooted find / -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log \
                -o -path /srv -o -path /tmp -o -path /proc -o -path /sys -o -path /dev \) -prune -o \
                -printf '%p %y %m %u %g %l\n' | sort
}

# assert_leaves_nothing COMMAND...: no file is there that wasn't before, and none is gone.
assert_leaves_nothing() {
        list_files >"$WORK/before"
        "$@"
        list_files >"$WORK/after"
        diff "$WORK/before" "$WORK/after" || fail "it left something behind, or took something away"
}
