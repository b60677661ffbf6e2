#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# File systems on which root may not do everything, or that store no owners, as those of the network and of FUSE can be. What can't be
# committed is refused before migrate runs, and by a preview.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
need_tools bindfs bindfs

# stock OPTION...: /srv/data is a FUSE file system with these options of bindfs.
stock() {
        mkdir -p "$ROOT/srv/data" "$WORK/real"
        echo old >"$WORK/real/file"
        chown 33:33 "$WORK/real" "$WORK/real/file"
        touch -d "$OLD" "$WORK/real"
        bindfs "$@" "$WORK/real" "$ROOT/srv/data" || fail 'bindfs has failed'
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/srv/data/file"' 'echo new >"$DPKG_ROOT/srv/data/file"'
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/srv/data"]}'
        upgraded sample 1.0 1.1
}

unstock() {
        umount "$ROOT/srv/data" || fail "can't unmount"
        rm -r "$WORK/real"
}

# assert_refused WHY
assert_refused() {
        for verb in preview run; do
                expect 1 $verb --json sample
                jq -r '.packages[0].migrations[0].error' "$OUT" | grep -qF "$1" || fail "$verb: $(cat "$OUT")"
        done
        ! calls | grep -q migrate || fail 'migrate was run'
        [ "$(ls -A "$WORK/real")" = file ] || fail "there is $(ls -A "$WORK/real")"
        [ "$(cat "$WORK/real/file")" = old ] || fail 'the file is another one'
}

test_all_rights() {
        stock
        expect 0 preview sample
        [ "$(stat -c %y "$WORK/real" | cut -c 1-10)" = 2001-02-03 ] || fail 'a preview changes the time of the directory'
        expect 0 run sample
        [ "$(cat "$WORK/real/file")" = new ] || fail 'not migrated'
        unstock
}

# As an NFS server with root_squash, which lets root write as nobody, or not at all.
test_squashed() {
        stock --force-user=nobody
        assert_refused "root can't make files in $ROOT/srv/data: they get another owner"
        unstock
}

test_not_writable() {
        stock
        chattr +i "$WORK/real" || fail "can't make a directory immutable"
        assert_refused "root can't make files in $ROOT/srv/data: "
        chattr -i "$WORK/real"
        unstock
}

test_no_owners() {
        stock --chown-deny
        assert_refused "can't give a new file the owner and the attributes of $ROOT/srv/data: "
        unstock
}

# As vfat, exfat and NTFS.
test_no_modes() {
        stock --chmod-ignore --create-with-perms=a+rwx
        assert_refused "the file system of $ROOT/srv/data stores no modes"
        unstock
}

run_tests
