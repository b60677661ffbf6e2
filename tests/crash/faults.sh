#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# System calls and allocations that fail: see faults.py. A sample of them, unless DEPLOY_MIGRATE_FAULTS_STEP is set: 5 tries each fifth system
# call with each errno, and all allocations. ONLY is a pattern of titles: 'undo, *', '*, system calls'.

. "${0%/*}/lib.sh"

need_root
need_commands python3 cc losetup mkfs.ext4 setfattr
need_mounts
make_work

for tool in fail-at kill-at; do
        cc -O2 -D_GNU_SOURCE -o "$WORK/$tool" "${0%/*}/$tool.c" || exit 1
done
cc -O2 -D_GNU_SOURCE -shared -fPIC -o "$WORK/fail-memory.so" "${0%/*}/fail-memory.c" -ldl || exit 1
exec python3 -B "${0%/*}/faults.py" "$WORK" "${DEPLOY_MIGRATE_FAULTS_STEP:-0}"
