# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the crash tests share: they run as root, in a mount name space of their own, on a tmpfs. What they mount and
# their loop devices end with the name space.
#
# Environment: DEPLOY_MIGRATE, the program to test; DEPLOY_MIGRATE_LIBEXECDIR, where run-python-migration is.

. "${0%/*}/../cli/lib.sh"

need_commands() {
        for command; do
                command -v "$command" >/dev/null || skip_all "$command isn't installed"
        done
}

# A tmpfs over a directory that nobody needs here: there's nothing to remove when we end, however we do.
make_work() {
        WORK=/media
        mount -t tmpfs -o mode=700 tmpfs "$WORK" || exit 1
}
