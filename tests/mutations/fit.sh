#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each mutation still fits the source, and names tests that exist: see mutations.py. make mutations tries them.

here=$(cd "${0%/*}" && pwd)
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 isn't installed" && exit 0; }
exec python3 -B "$here/mutations.py" --look "$here/../.."
