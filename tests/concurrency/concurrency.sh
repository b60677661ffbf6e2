#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All that can happen at once, again and again, with processes killed at random: see concurrency.py.
#
# Environment: SECONDS_OF_ROUNDS, how long, 60 by default; SEED, 1 by default.

. "${0%/*}/../crash/lib.sh"

need_root
need_commands python3 mkfs.ext4 dpkg dpkg-deb
need_mounts
make_work
mkdir "$WORK/tmp" "$WORK/work"
TMPDIR=$WORK/tmp PYTHONPATH=${0%/*}/../crash exec python3 -B "${0%/*}/concurrency.py" "$WORK/work" \
        "${SECONDS_OF_ROUNDS:-60}" "${SEED:-1}"
