#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Power cuts during an upgrade and an undo: see power_cut.py.

. "${0%/*}/lib.sh"

need_root
need_commands python3 losetup mkfs.ext4 tune2fs mkfs.xfs mkfs.btrfs setfattr
[ -c /dev/fuse ] || skip_all "there is no /dev/fuse"
need_mounts
make_work

exec python3 -B "${0%/*}/power_cut.py" "$WORK"
