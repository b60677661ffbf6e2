#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks that are full, or that break: see broken_disk.py.

. "${0%/*}/lib.sh"

need_root
need_commands python3 losetup mkfs.ext4 setfattr
[ -c /dev/fuse ] || skip_all "there is no /dev/fuse"
need_mounts
make_work

exec python3 -B "${0%/*}/broken_disk.py" "$WORK"
