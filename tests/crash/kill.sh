#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kill -9 at every system call of commit, undo and recovery: see kill.py.

. "${0%/*}/lib.sh"

need_root
need_commands python3 cc losetup mkfs.ext4 setfattr
need_mounts
make_work

cc -O2 -D_GNU_SOURCE -o "$WORK/kill-at" "${0%/*}/kill-at.c" || exit 1
exec python3 -B "${0%/*}/kill.py" "$WORK" "$WORK/kill-at"
