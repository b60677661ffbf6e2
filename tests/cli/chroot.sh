#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In a chroot whose root is a bind mount, as a build or a container has it: there the kernel tells a file that was opened before unshare(2)
# by a path that isn't the chroot's.

. "${0%/*}/lib.sh"
need_root

# in_chroot COMMAND...: the chroot has all files of the system. Its mounts are gone with the command, so that no cleaning up finds them.
in_chroot() {
        mkdir -p "$WORK/chroot"
        # shellcheck disable=SC2016 # for the inner shell
        unshare --mount sh -ec 'mount --rbind / "$1" && exec chroot "$@"' sh "$WORK/chroot" "$@"
}

ship() {
        migration sample 1.1.0/001_x '[ -e "$DPKG_ROOT/etc/sample/new" ]' 'echo new >"$DPKG_ROOT/etc/sample/new"'
        upgraded sample 1.0 1.1
        mkdir -p "$ROOT/etc/sample"
}

test_run() {
        ship
        in_chroot "$DEPLOY_MIGRATE" --root "$ROOT" run sample
        assert_content /etc/sample/new new
        assert_history sample '.[-1].event' completed
}

# The second one's overlays have the first one's below, in mounts of their own.
test_preview() {
        ship
        migration sample 1.1.0/002_y '[ -e "$DPKG_ROOT/var/lib/y" ]' 'cat "$DPKG_ROOT/etc/sample/new" >"$DPKG_ROOT/var/lib/y"'
        write /usr/lib/deploy-migrate/sample/v1.1.0/002_y.json '{"writes": ["/etc", "/var/lib/y"]}'
        in_chroot "$DEPLOY_MIGRATE" --root "$ROOT" preview sample >"$OUT"
        assert_out /etc/sample/new
        assert_out /var/lib/y
        assert_missing /etc/sample/new
}

# unit PROGRAM: a unit test's own mounts are mounts in a chroot then.
unit() {
        program=$BUILD/tests/unit/$1
        [ -x "$program" ] || skip 'the unit tests are not built'
        in_chroot env -u CK_TAP_LOG_FILE_NAME "$program"
}

test_areas() {
        unit stage/test-area
}

test_stages() {
        unit stage/test-stage
}

test_sandboxes() {
        unit sandbox/test-sandbox
}

run_tests
